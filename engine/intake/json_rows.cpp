#include "engine/intake/row_source.h"
#include "engine/record/parse.h"

namespace lastkm::intake {

namespace {
void flatten(const Value& value, const std::string& name, std::vector<std::string>& names,
             std::vector<std::string>& cells) {
  const std::string prefix = name.empty() ? "" : name + "/";
  if (const Object* object = value.if_object()) {
    for (const Member& member : *object) flatten(member.value, prefix + member.name, names, cells);
    return;
  }
  if (const Array* array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i)
      flatten((*array)[i], prefix + std::to_string(i), names, cells);
    return;
  }
  std::string text;
  if (const std::string* held = value.if_string()) text = *held;
  if (const bool* flag = value.if_bool()) text = *flag ? "true" : "false";
  if (const std::int64_t* number = value.if_int()) text = std::to_string(*number);
  names.push_back(name);
  cells.push_back(std::move(text));
}

class JsonRows final : public RowSource {
 public:
  JsonRows(std::unique_ptr<ByteReader> in, Cleaned& cleaned) : in_(std::move(in)), cleaned_(cleaned) {}

  std::optional<RawRow> next() override {
    while (true) {
      const int c = in_->peek();
      if (c < 0) {
        if (in_array_ && !ended_) ++cleaned_["document-truncated"];
        ended_ = true;
        return std::nullopt;
      }
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || (c == ',' && in_array_)) {
        in_->get();
      } else if (c == '[' && rows_ == 0 && !in_array_) {
        in_->get();
        in_array_ = true;
      } else if (c == ']' && in_array_) {
        in_->get();
        in_array_ = false;
        ended_ = true;
      } else {
        return row();
      }
    }
  }

 private:
  RawRow row() {
    RawRow row;
    row.number = ++rows_;
    std::string text;
    const std::string fault = in_->peek() == '{' ? read_object(text) : read_other();
    if (!fault.empty()) {
      row.refused = fault;
      row.why = fault == "too-long"    ? "it has more than 1 MiB"
                : fault == "truncated" ? "the file ends within it"
                                       : "it is no JSON object";
      return row;
    }
    auto value = record::parse(text);
    if (!value) {
      row.refused = "malformed-json";
      row.why = value.error().message;
      return row;
    }
    auto names = std::make_shared<std::vector<std::string>>();
    flatten(*value, "", *names, row.cells);
    row.names = std::move(names);
    return row;
  }

  /// Reads to the end of the object that begins here; in a file of lines at most to the end of the line.
  /// Numbers become texts, so that no digit of them is lost.
  std::string read_object(std::string& text) {
    int depth = 0;
    bool in_string = false, escaped = false, in_number = false, too_long = false;
    while (true) {
      const int c = in_->peek();
      if (c < 0) return too_long ? "too-long" : "truncated";
      if (c == '\n' && !in_array_) return too_long ? "too-long" : "malformed-json";
      in_->get();
      const char byte = static_cast<char>(c);
      if (in_string) {
        if (!escaped && byte == '"') in_string = false;
        escaped = !escaped && byte == '\\';
      } else {
        const bool digit = (byte >= '0' && byte <= '9') || byte == '-';
        const bool goes_on = in_number && (digit || byte == '.' || byte == 'e' || byte == 'E' || byte == '+');
        if ((digit && !in_number) || (in_number && !goes_on)) {
          in_number = !in_number;
          if (!too_long) text.push_back('"');
        }
        if (byte == '"') in_string = true;
        if (byte == '{' || byte == '[') ++depth;
        if (byte == '}' || byte == ']') --depth;
      }
      if (!too_long) text.push_back(byte);
      if (text.size() > kRowBytes && !too_long) {
        too_long = true;
        text = std::string();
      }
      if (depth == 0) return too_long ? "too-long" : "";
    }
  }

  /// Skips what is no object: to the next comma in an array, else to the end of the line.
  std::string read_other() {
    for (int c = in_->peek(); c >= 0 && c != '\n' && !(in_array_ && (c == ',' || c == ']' || c == '{'));
         c = in_->peek())
      in_->get();
    return "malformed-json";
  }

  std::unique_ptr<ByteReader> in_;
  Cleaned& cleaned_;
  std::int64_t rows_ = 0;
  bool in_array_ = false;
  bool ended_ = false;
};
}  // namespace

std::unique_ptr<RowSource> open_json(std::unique_ptr<ByteReader> in, Cleaned& cleaned) {
  return std::make_unique<JsonRows>(std::move(in), cleaned);
}

}  // namespace lastkm::intake

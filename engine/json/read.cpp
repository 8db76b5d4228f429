#include "engine/json/read.h"

#include <charconv>
#include <iterator>
#include <nlohmann/json.hpp>

#include "engine/base/fields.h"

namespace lastkm::json {

namespace {

/// Where the reader stands. The parser says what it has understood only when it has read all of it, and of a
/// number one character more, so the beginnings are noted here.
struct Cursor {
  Place now{1, 0};  ///< the character read last
  Place scalar;     ///< beginning of the text, number or word begun last
  Place structure;  ///< the brace, bracket, comma or colon read last

  void pass(unsigned char c) {
    if (c == '\n') {
      ++now.line;
      now.column = 0;
    } else if ((c & 0xC0U) != 0x80U) {
      ++now.column;
    }
    if (in_text_) {
      in_text_ = escaped_ || c != '"';
      escaped_ = !escaped_ && c == '\\';
      return;
    }
    switch (c) {
      case '{':
      case '}':
      case '[':
      case ']':
      case ',':
      case ':':
        structure = now;
        in_word_ = false;
        return;
      case ' ':
      case '\t':
      case '\n':
      case '\r':
        in_word_ = false;
        return;
      default:
        if (!in_word_) scalar = now;
        in_text_ = c == '"';
        in_word_ = !in_text_;
    }
  }

 private:
  bool in_text_ = false;
  bool escaped_ = false;
  bool in_word_ = false;
};

/// The beginning of what was read, as a message may repeat it: whole characters, none that controls.
std::string shown(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size() && out.size() < 40;) {
    const auto lead = static_cast<unsigned char>(token[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    bool whole = lead < 0x80 || (lead >= 0xC2 && lead < 0xF5);
    for (std::size_t k = 1; k < length; ++k)
      whole = whole && i + k < token.size() && (static_cast<unsigned char>(token[i + k]) & 0xC0U) == 0x80U;
    if (lead < 0x20 || lead == 0x7F) {
      out += ' ';
    } else {
      out += whole ? token.substr(i, length) : std::string_view("?");
    }
    i += whole ? length : 1;
  }
  return out;
}

class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator() = default;
  CountingIterator(const char* at, Cursor* cursor) : at_(at), cursor_(cursor) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    if (cursor_ != nullptr) cursor_->pass(static_cast<unsigned char>(*at_));
    ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }

 private:
  const char* at_ = nullptr;
  Cursor* cursor_ = nullptr;
};

/// Builds a Value from the parser's events and refuses what this system does not take.
class Builder {
 public:
  Builder(const Limits& limits, const Cursor& cursor, std::unordered_map<std::string, Place>* places)
      : limits_(limits), cursor_(cursor), places_(places) {}

  Value root;
  std::string code;  ///< of the first refusal
  std::string why;
  Place wrong;

  using number_integer_t = std::int64_t;
  using number_unsigned_t = std::uint64_t;
  using number_float_t = double;
  using string_t = std::string;
  using binary_t = std::vector<std::uint8_t>;

  bool null() { return add(Value()); }
  bool boolean(bool v) { return add(Value(v)); }
  bool number_integer(std::int64_t v) { return add(Value(v)); }
  bool number_unsigned(std::uint64_t v) {
    if (v > static_cast<std::uint64_t>(INT64_MAX)) return not_an_integer(std::to_string(v));
    return add(Value(static_cast<std::int64_t>(v)));
  }
  bool number_float(double, const std::string& text) {
    if (limits_.floats_as_text) return add(Value(text));
    return not_an_integer(text);
  }
  bool string(std::string& text) {
    if (!good_text(text)) return false;
    return add(Value(std::move(text)));
  }
  bool binary(binary_t&) { return refuse("malformed-json", "binary data has no place here"); }
  bool start_object(std::size_t) { return open(Value(Object{})); }
  bool key(std::string& name) {
    if (!good_text(name)) return false;
    Frame& frame = stack_.back();
    if (frame.value.if_object()->size() >= limits_.members) {
      return refuse("too-many-members",
                    "the object has more than " + std::to_string(limits_.members) + " members");
    }
    if (frame.value.find(name) != nullptr)
      return refuse("duplicate-member", "member '" + shown(name) + "' stands twice");
    frame.name = std::move(name);
    return true;
  }
  bool end_object() { return close(); }
  bool start_array(std::size_t) { return open(Value(Array{})); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t, const std::string& token, const nlohmann::detail::exception& error) {
    if (error.id == kNumberOverflow) return not_an_integer(token);
    at_ = cursor_.now;
    const std::string_view what = error.what();
    const bool encoding = what.find("ill-formed UTF-8") != std::string_view::npos ||
                          what.find("invalid BOM") != std::string_view::npos;
    if (encoding) return refuse("not-utf8", "the text is not UTF-8 without a byte order mark");
    const std::string near = shown(token);
    return refuse("malformed-json",
                  "this is no JSON" + (near.empty() ? std::string() : " near '" + near + "'"));
  }

 private:
  static constexpr int kNumberOverflow = 406;  // of the library: no double is as large

  struct Frame {
    Value value;
    std::string name;  ///< of the member that comes next
    std::size_t pointer_size = 0;
  };

  bool refuse(std::string_view refusal, std::string text) {
    if (code.empty()) {
      code = refusal;
      why = std::move(text);
      wrong = Place{at_.line, std::max(at_.column, 1)};
    }
    return false;
  }

  bool not_an_integer(const std::string& text) {
    at_ = cursor_.scalar;
    return refuse(
        "not-an-integer",
        "'" + text.substr(0, 40) +
            "' is no integer, and all numbers are: in a smaller unit where a whole one is too coarse "
            "(minutes for hours, money in fen, areas in 0.01 m2, coordinates in 1e-7 degrees)");
  }

  bool good_text(const std::string& text) {
    at_ = cursor_.scalar;
    for (const char c : text) {
      if (c == '\0') return refuse("control-character", "U+0000 has no place in a text");
    }
    return true;
  }

  void push_step() {
    if (stack_.empty()) return;
    Frame& frame = stack_.back();
    if (const Array* array = frame.value.if_array()) {
      pointer_ += "/" + std::to_string(array->size());
    } else {
      pointer_ += pointer_step(frame.name);
    }
  }

  void note_place() {
    if (places_ != nullptr) places_->emplace(pointer_, at_);
  }

  bool open(Value value) {
    at_ = cursor_.structure;
    if (stack_.size() >= limits_.depth) {
      return refuse("too-deep", "objects and arrays nest deeper than " + std::to_string(limits_.depth));
    }
    const std::size_t before = pointer_.size();
    if (places_ != nullptr) push_step();
    note_place();
    stack_.push_back(Frame{std::move(value), "", before});
    return true;
  }

  bool close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    pointer_.resize(frame.pointer_size);
    attach(std::move(frame.value));
    return true;
  }

  bool add(Value value) {
    at_ = cursor_.scalar;
    if (places_ != nullptr) {
      const std::size_t before = pointer_.size();
      push_step();
      note_place();
      pointer_.resize(before);
    }
    attach(std::move(value));
    return true;
  }

  void attach(Value value) {
    if (stack_.empty()) {
      root = std::move(value);
      return;
    }
    Frame& frame = stack_.back();
    if (Array* array = frame.value.if_array()) {
      array->push_back(std::move(value));
    } else {
      frame.value.if_object()->add(std::move(frame.name), std::move(value));
    }
  }

  const Limits& limits_;
  const Cursor& cursor_;
  std::unordered_map<std::string, Place>* places_;
  std::vector<Frame> stack_;
  std::string pointer_;
  Place at_;  ///< of what the parser speaks of
};

Result<Value> read_into(std::string_view text, std::string_view file, const Limits& limits,
                        std::unordered_map<std::string, Place>* places) {
  const auto at = [file](Place place) {
    return std::string(file) + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
  };
  if (text.size() > limits.bytes) {
    return Error{ErrorKind::bad_input, "too-large",
                 at({}) + ": larger than the " + std::to_string(limits.bytes) + " bytes that are allowed",
                 at({})};
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    return Error{ErrorKind::bad_input, "not-utf8",
                 at({}) + ": the text begins with a byte order mark; save it without", at({})};
  }
  // The library takes a NUL for the end of the text, and says nothing of what follows.
  const std::string_view readable = text.substr(0, text.find('\0'));
  Cursor cursor;
  Builder builder(limits, cursor, places);
  bool good = false;
  try {
    good = nlohmann::json::sax_parse(CountingIterator(readable.data(), &cursor),
                                     CountingIterator(readable.data() + readable.size(), nullptr), &builder,
                                     nlohmann::json::input_format_t::json, true, false);
  } catch (const nlohmann::json::exception& error) {
    builder.code = "malformed-json";
    builder.why = error.what();
    builder.wrong = Place{cursor.now.line, std::max(cursor.now.column, 1)};
  }
  if (good && readable.size() < text.size()) {
    good = false;
    builder.code = "control-character";
    builder.why = "U+0000 has no place in a text";
    builder.wrong = Place{cursor.now.line, cursor.now.column + 1};
  }
  if (!good) {
    return Error{ErrorKind::bad_input, builder.code, at(builder.wrong) + ": " + builder.why,
                 at(builder.wrong)};
  }
  return std::move(builder.root);
}

}  // namespace

std::string Text::where(std::string_view file, std::string_view pointer) const {
  std::string at(pointer);
  while (true) {
    if (const auto found = places.find(at); found != places.end()) {
      return std::string(file) + ":" + std::to_string(found->second.line) + ":" +
             std::to_string(found->second.column);
    }
    const std::size_t slash = at.rfind('/');
    if (slash == std::string::npos) return std::string(file) + ":1:1";
    at.resize(slash);
  }
}

Result<Text> read(std::string_view text, std::string_view file, const Limits& limits) {
  Text out;
  auto root = read_into(text, file, limits, &out.places);
  if (!root) return root.error();
  out.root = std::move(*root);
  return out;
}

Result<Value> read_value(std::string_view text, std::string_view file, const Limits& limits) {
  return read_into(text, file, limits, nullptr);
}

}  // namespace lastkm::json

#include <pugixml.hpp>

#include "engine/intake/row_source.h"

namespace lastkm::intake {

namespace {
constexpr std::string_view kOpen = "<request";
constexpr std::string_view kClose = "</request>";
constexpr int kDepth = 4;

void flatten(const pugi::xml_node& node, const std::string& name, int depth, std::vector<std::string>& names,
             std::vector<std::string>& cells) {
  bool leaf = true;
  int index = 0;
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() != pugi::node_element) continue;
    leaf = false;
    if (depth == kDepth) continue;
    // Below the fields themselves the same name repeats: notes/0/note.
    const std::string step =
        depth == 0 ? child.name() : name + "/" + std::to_string(index++) + "/" + child.name();
    flatten(child, step, depth + 1, names, cells);
  }
  if (!leaf || depth == 0) return;
  names.push_back(name);
  cells.emplace_back(node.text().get());
}

class XmlRows final : public RowSource {
 public:
  XmlRows(std::unique_ptr<ByteReader> in, Cleaned& cleaned) : in_(std::move(in)) {
    const std::string_view ahead = in_->ahead();
    const std::size_t first = ahead.find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos && ahead[first] != '<') ++cleaned["damaged-document"];
  }

  std::optional<RawRow> next() override {
    if (!find_open()) return std::nullopt;
    RawRow row;
    row.number = ++rows_;
    std::string text(kOpen);
    std::string end;
    bool too_long = false;
    while (end != kClose) {
      const int c = in_->get();
      if (c < 0)
        return refused(std::move(row), too_long ? "too-long" : "truncated", "the file ends within it");
      if (!too_long) text.push_back(static_cast<char>(c));
      end.push_back(static_cast<char>(c));
      if (end.size() > kClose.size()) end.erase(0, 1);
      // <request/> holds nothing and ends where it begins.
      if (!too_long && c == '>' && text.size() >= 2 && text[text.size() - 2] == '/' &&
          text.find('<', 1) == std::string::npos)
        break;
      if (text.size() > kRowBytes) {
        too_long = true;
        text = std::string();
      }
    }
    if (too_long) return refused(std::move(row), "too-long", "it has more than 1 MiB");
    pugi::xml_document document;
    const auto parsed =
        document.load_buffer(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
    if (!parsed) return refused(std::move(row), "malformed-xml", parsed.description());
    auto names = std::make_shared<std::vector<std::string>>();
    flatten(document.document_element(), "", 0, *names, row.cells);
    row.names = std::move(names);
    return row;
  }

 private:
  static RawRow refused(RawRow row, std::string code, std::string why) {
    row.refused = std::move(code);
    row.why = std::move(why);
    return row;
  }

  /// Moves behind the next "<request" that is an element of this name, outside comments.
  bool find_open() {
    std::string seen;
    bool comment = false;
    for (int c = in_->get(); c >= 0; c = in_->get()) {
      seen.push_back(static_cast<char>(c));
      if (seen.size() > kOpen.size()) seen.erase(0, 1);
      if (comment) {
        comment = !seen.ends_with("-->");
      } else if (seen.ends_with("<!--")) {
        comment = true;
      } else if (seen == kOpen) {
        const int after = in_->peek();
        if (after == '>' || after == '/' || after == ' ' || after == '\t' || after == '\r' || after == '\n')
          return true;
      }
    }
    return false;
  }

  std::unique_ptr<ByteReader> in_;
  std::int64_t rows_ = 0;
};
}  // namespace

std::unique_ptr<RowSource> open_xml(std::unique_ptr<ByteReader> in, Cleaned& cleaned) {
  return std::make_unique<XmlRows>(std::move(in), cleaned);
}

}  // namespace lastkm::intake

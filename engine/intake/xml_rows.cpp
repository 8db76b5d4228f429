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
    bool too_long = false;
    while (true) {
      const int c = in_->get();
      if (c < 0)
        return refused(std::move(row), too_long ? "too-long" : "truncated", "the file ends within it");
      text.push_back(static_cast<char>(c));
      if (c == '>' && (text.ends_with(kClose) || (!too_long && is_empty_element(text)))) break;
      if (text.size() <= kRowBytes) continue;
      // Only what is needed to see its end is kept of a row that is too long.
      too_long = true;
      text.erase(0, text.size() - kClose.size());
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
  /// <request/> holds nothing and ends where it begins.
  static bool is_empty_element(std::string_view text) {
    return text.ends_with("/>") && text.find('<', 1) == std::string_view::npos;
  }

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

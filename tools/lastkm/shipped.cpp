#include "tools/lastkm/shipped.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "engine/json/read.h"
#include "tools/lastkm/findings.h"

namespace lastkm::tool {

namespace fs = std::filesystem;

int publishing_rank(const Value& document) {
  constexpr std::array<std::string_view, 6> kOrder{"places",   "bodies",   "catalogue",
                                                   "calendar", "register", "workflow"};
  const auto at = std::find(kOrder.begin(), kOrder.end(), document.text("kind"));
  return static_cast<int>(at - kOrder.begin());
}

Result<std::vector<std::string>> shipped_files() {
  std::error_code failure;
  const fs::path program = fs::read_symlink("/proc/self/exe", failure);
  std::vector<fs::path> roots;
  for (fs::path up = program.parent_path(); !up.empty() && up != up.root_path(); up = up.parent_path()) {
    roots.push_back(up / "share" / "lastkm");
    roots.push_back(up);
  }
  for (const fs::path& root : roots) {
    if (!fs::is_directory(root / "schemas" / "workflows", failure)) continue;
    std::vector<std::string> files;
    for (const char* folder : {".cache/directory", "schemas/directory", "schemas/workflows"}) {
      if (!fs::is_directory(root / folder, failure)) continue;
      const std::vector<std::string> inside = documents_in((root / folder).string());
      files.insert(files.end(), inside.begin(), inside.end());
    }
    if (!files.empty()) return files;
  }
  return Error{ErrorKind::not_found, "nothing-shipped",
               "The shipped documents (schemas/) are neither beside the program nor above it; give files or "
               "folders instead.",
               program.string()};
}

std::vector<std::string> documents_in(const std::string& path) {
  std::error_code failure;
  if (!fs::is_directory(path, failure)) return {path};
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(path, failure)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".json") && !name.ends_with(".schema.json")) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

namespace {

struct Item {
  std::string file, bytes;
  json::Text text;
};

Result<std::vector<Item>> read_items(const std::vector<std::string>& files) {
  std::vector<Item> items;
  for (const std::string& file : files) {
    std::ifstream in(file, std::ios::binary);
    if (!in)
      return Error{ErrorKind::not_found, "no-such-file", "There is no file " + file + " that can be read.",
                   file};
    std::string bytes(std::istreambuf_iterator<char>(in), {});
    auto text = json::read(bytes, file);
    if (!text) return text.error();
    items.push_back({file, std::move(bytes), std::move(*text)});
  }
  std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
    return publishing_rank(a.text.root) < publishing_rank(b.text.root);
  });
  return items;
}

/// Which of the documents cannot be published, and where in its file: all findings of the first that has any;
/// else what keeps one from following those before it. nullopt: the documents are not to blame.
std::optional<Error> fault_in(const runtime::Engine& engine, const std::vector<Item>& items) {
  for (const Item& item : items) {
    Array findings = findings_in(item.bytes, item.file, nullptr);
    std::erase_if(findings, [](const Value& one) { return one.text("severity") != "error"; });
    if (!findings.empty()) return error_of(item.file, findings);
  }
  auto context = engine.published();
  for (const Item& item : items) {
    const Value& content = item.text.root;
    record::Document document;
    document.ordinal = DirectoryOrdinal(context->ordinal.value + 1);
    document.kind = content.text("kind");
    document.id = content.text("id");
    document.version = content.number("version", 1);
    document.content = content;
    auto next = directory::with_document(context, document);
    if (!next) {
      Error error = next.error();
      error.path = item.text.where(item.file, error.path);
      error.message = error.path + ": " + error.message;
      return error;
    }
    context = std::move(*next);
  }
  return std::nullopt;
}

}  // namespace

Result<Published> publish_files(runtime::Engine& engine, const std::vector<std::string>& files) {
  const auto items = read_items(files);
  if (!items) return items.error();
  std::vector<Value> contents;
  for (const Item& item : *items) contents.push_back(item.text.root);
  auto published = engine.publish(contents);
  if (!published) return fault_in(engine, *items).value_or(published.error());
  Published out;
  for (const record::Document& document : engine.documents()) out.last = std::max(out.last, document.ordinal);
  out.documents = std::move(*published);
  for (record::Document& document : out.documents) document.content = Value();
  return out;
}

Result<Published> publish_shipped(runtime::Engine& engine) {
  const auto files = shipped_files();
  if (!files) return files.error();
  return publish_files(engine, *files);
}

}  // namespace lastkm::tool

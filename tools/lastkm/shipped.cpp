#include "tools/lastkm/shipped.h"

#include <algorithm>
#include <array>
#include <filesystem>

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
      for (const auto& entry : fs::directory_iterator(root / folder, failure)) {
        const std::string name = entry.path().filename().string();
        if (name.ends_with(".json") && !name.ends_with(".schema.json"))
          files.push_back(entry.path().string());
      }
    }
    std::sort(files.begin(), files.end());
    if (!files.empty()) return files;
  }
  return Error{ErrorKind::not_found, "nothing-shipped",
               "The shipped documents (schemas/) are neither beside the program nor above it; give files or "
               "folders instead.",
               program.string()};
}

}  // namespace lastkm::tool

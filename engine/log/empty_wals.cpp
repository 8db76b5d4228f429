#include "engine/log/empty_wals.h"

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <map>

namespace lastkm::log {

void remove_empty_wals(const std::string& folder) {
  namespace fs = std::filesystem;
  std::map<std::uint64_t, fs::path> wals;  // by number
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end; entry.increment(failed)) {
    if (entry->path().extension() != ".log") continue;
    const std::string name = entry->path().stem().string();
    std::uint64_t number = 0;
    const auto [stop, wrong] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (wrong == std::errc{} && stop == name.data() + name.size()) wals.emplace(number, entry->path());
  }
  if (failed || wals.empty()) return;
  wals.erase(std::prev(wals.end()));
  for (const auto& [number, path] : wals) {
    std::error_code ignored;
    if (fs::file_size(path, ignored) == 0 && !ignored) fs::remove(path, ignored);
  }
}

}  // namespace lastkm::log

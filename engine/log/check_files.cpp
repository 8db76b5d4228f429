#include "engine/log/check_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

namespace lastkm::log {

namespace {

namespace fs = std::filesystem;

/// Files that nobody opens but who writes.
constexpr std::array<std::string_view, 4> kOfWriter{"LOCK", "attempts", "keys", "owner"};

Status check_file(const std::string& path, const std::string& name, Use use) {
  const bool of_writer = std::find(kOfWriter.begin(), kOfWriter.end(), name) != kOfWriter.end();
  if (of_writer && use == Use::read) return done();
  // All others are written once, and replaced by new ones.
  return check_permission(path, of_writer || name == "acknowledged" ? use : Use::read);
}

}  // namespace

Status check_files(std::initializer_list<std::string> folders, Use use) {
  for (const std::string& folder : folders) {
    if (auto may = check_permission(folder, use); !may) return may;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(folder, failed)) {
      std::error_code gone;
      const fs::file_type is = entry.symlink_status(gone).type();
      const bool folder_behind_link = is == fs::file_type::symlink && fs::is_directory(entry.path(), gone);
      if (is == fs::file_type::regular) {
        const fs::path& path = entry.path();
        if (auto may = check_file(path.string(), path.filename().string(), use); !may) return may;
      }
      // A writer beside may delete a file between the listing and the look at it.
      if (is == fs::file_type::regular || is == fs::file_type::directory || is == fs::file_type::socket ||
          is == fs::file_type::not_found || folder_behind_link) {
        continue;
      }
      const std::string path = entry.path().string();
      return Error{
          ErrorKind::integrity, "foreign-file",
          path + (is == fs::file_type::symlink ? " is a link" : " is no plain file") +
              "; nothing of the folder is opened: put the file itself there, or restore it from a backup",
          path};
    }
  }
  return done();
}

}  // namespace lastkm::log

#include "engine/log/check_files.h"

#include <filesystem>

namespace lastkm::log {

Status check_files(std::initializer_list<std::string> folders) {
  namespace fs = std::filesystem;
  for (const std::string& folder : folders) {
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(folder, failed)) {
      std::error_code gone;
      const fs::file_type is = entry.symlink_status(gone).type();
      const bool folder_behind_link = is == fs::file_type::symlink && fs::is_directory(entry.path(), gone);
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

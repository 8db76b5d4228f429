#include "engine/runtime/scratch_folder.h"

#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace lastkm::runtime {

namespace fs = std::filesystem;

Result<ScratchFolder> ScratchFolder::make(std::string_view purpose, const std::string& under) {
  std::error_code failed;
  const fs::path root = under.empty() ? fs::temp_directory_path(failed) : fs::path(under);
  if (!failed) fs::create_directories(root, failed);
  std::string path = (root / ("lastkm-" + std::string(purpose) + "-XXXXXX")).string();
  if (!failed && ::mkdtemp(path.data()) == nullptr) failed.assign(errno, std::generic_category());
  if (!failed) return ScratchFolder(std::move(path));
  std::string message = "Cannot make a folder for temporary files";
  message += under.empty() ? ": " + failed.message() + "; set TMPDIR to a folder that can be written."
                           : " in " + under + ": " + failed.message() + ".";
  return Error{ErrorKind::refused, "cannot-write", std::move(message), root.string()};
}

ScratchFolder::ScratchFolder(ScratchFolder&& other) noexcept : path_(other.keep()) {}

ScratchFolder::~ScratchFolder() {
  if (path_.empty()) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string ScratchFolder::keep() {
  return std::exchange(path_, std::string());
}

}  // namespace lastkm::runtime

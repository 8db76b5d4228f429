// A folder for temporary files, in the one place that decides where these lie and what is said where none can
// be made.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace lastkm::runtime {

/// A new folder, removed with all that is in it when this goes.
class ScratchFolder {
 public:
  /// Its name begins with "lastkm-PURPOSE-". It lies in `under`, which is made where it is missing; without
  /// one in the system's folder for temporary files (TMPDIR). refused "cannot-write".
  [[nodiscard]] static Result<ScratchFolder> make(std::string_view purpose, const std::string& under = "");
  ScratchFolder(ScratchFolder&& other) noexcept;
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ~ScratchFolder();

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Its own, which no other has.
  [[nodiscard]] std::string name() const { return path_.substr(path_.rfind('/') + 1); }
  [[nodiscard]] std::string at(std::string_view name) const { return path_ + "/" + std::string(name); }
  /// From here on the folder stays; returns its path.
  [[nodiscard]] std::string keep();

 private:
  explicit ScratchFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;  ///< empty: nothing to remove
};

}  // namespace lastkm::runtime

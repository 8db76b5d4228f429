#include "tools/lastkm/input.h"

#include <filesystem>

namespace lastkm::tool {

Result<Input> Input::open(Session& session, const std::string& name) {
  Input input;
  input.given_ = &session.in();
  if (name == "-") return input;
  const std::string path = session.path(name);
  if (auto may = session.may_read(path); !may) return may.error();
  std::error_code failed;
  if (std::filesystem::is_directory(path, failed))
    return Error{ErrorKind::bad_input, "not-a-file", path + " is a folder; give a file, or - for the input.",
                 path};
  input.file_ = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*input.file_)
    return Error{ErrorKind::not_found, "no-such-file", "There is no file " + path + " that can be read.",
                 path};
  const auto size = std::filesystem::file_size(path, failed);
  if (!failed) input.size_ = static_cast<std::int64_t>(size);
  return input;
}

std::int64_t Input::at() {
  if (size_ == 0) return 0;
  const auto where = file_->tellg();
  return where < 0 ? size_ : static_cast<std::int64_t>(where);
}

}  // namespace lastkm::tool

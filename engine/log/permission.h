// What the system lets this user do with the files of a data folder: asked before anything is opened, for
// what cannot be read looks as if it were missing or damaged.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/result.h"

namespace lastkm::log {

enum class Use : std::uint8_t { read, write };

/// refused "permission-denied", with the user and the owner in words, where this user may not read the file
/// or folder, or may not write it and `use` asks for that. What is not there is no such error.
[[nodiscard]] Status check_permission(const std::string& path, Use use);

}  // namespace lastkm::log

// Errors as values. An Error has a kind (what the caller can do about it; tools map it to an exit code or an
// HTTP status in one place), a stable code that programs may compare, and a sentence that says what, where
// and what to do.
#pragma once

#include <cstdlib>
#include <string>
#include <utility>
#include <variant>

namespace lastkm {

enum class ErrorKind {
  refused,           ///< a rule said no; asking again changes nothing
  bad_input,         ///< usage, or a document that cannot be read
  not_found,         ///< no such case, document, body, file
  version_conflict,  ///< the expected version is stale; read again
  folder_in_use,     ///< another process owns the data folder
  integrity,         ///< corruption, rollback, foreign data: writes have stopped
  unknown_outcome,   ///< may or may not have happened; ask again with the same key
  difference,        ///< a check found a difference or a fault
};

struct Error {
  ErrorKind kind = ErrorKind::bad_input;
  std::string code;     ///< kebab-case, stable: "log-rollback", "bad-data"
  std::string message;  ///< what was wrong, where, and what to do
  std::string path;     ///< JSON pointer or file:line:column; empty where none applies
};

/// A T or an Error. Dropping one draws a warning. Keeps the names of std::expected, so that the change later
/// is one file.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(const T& value) : held_(std::in_place_index<0>, value) {}
  Result(T&& value) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool has_value() const { return held_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  /// Precondition: has_value(). A broken precondition ends the process.
  T& value() & { return *checked(); }
  const T& value() const& { return *const_cast<Result*>(this)->checked(); }
  T&& value() && { return std::move(*checked()); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return checked(); }
  const T* operator->() const { return const_cast<Result*>(this)->checked(); }

  /// Precondition: !has_value().
  const Error& error() const {
    const Error* error = std::get_if<1>(&held_);
    if (error == nullptr) std::abort();
    return *error;
  }

 private:
  T* checked() {
    T* value = std::get_if<0>(&held_);
    if (value == nullptr) std::abort();
    return value;
  }
  std::variant<T, Error> held_;
};

struct Done {};
/// The outcome of something that is done for its effect.
using Status = Result<Done>;
inline Status done() {
  return Status(Done{});
}

/// A visitor made of lambdas.
template <class... F>
struct overloaded : F... {
  using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;

}  // namespace lastkm

// Reads the members of a document one by one and collects all that is wrong with them, each with a stable
// code, a JSON pointer (RFC 6901) and a sentence. Used by the readers of directory documents. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/value.h"

namespace lastkm {

struct Fault {
  std::string code;     ///< "missing-member", "wrong-type", "unknown-member", "bad-code" …
  std::string pointer;  ///< JSON pointer of what is wrong, or of the object that lacks something
  std::string text;     ///< a sentence
};
using Faults = std::vector<Fault>;

/// RFC 6901: a member's name as one step of a JSON pointer, "/" and the name escaped.
[[nodiscard]] std::string pointer_step(std::string_view member);
/// `pointer` with one more step.
[[nodiscard]] std::string child(std::string_view pointer, std::string_view member);
[[nodiscard]] std::string child(std::string_view pointer, std::size_t index);

/// [A-Za-z0-9][A-Za-z0-9_.:/@-]{0,63}
[[nodiscard]] bool is_code(std::string_view text);
inline constexpr std::string_view kCodeForm =
    "a letter or digit first, then letters, digits and _.:/@-; at most 64";

/// One object of a document. Ask for each member that it may have, then call end(): what was never asked for
/// is unknown. `value` and `faults` outlive this.
class Fields {
 public:
  enum class Need : std::uint8_t { required, optional };

  /// A fault where `value` is no object; then every member is absent without further faults.
  Fields(const Value& value, std::string pointer, Faults& faults);

  [[nodiscard]] const std::string& pointer() const { return pointer_; }
  [[nodiscard]] std::string at(std::string_view name) const { return child(pointer_, name); }
  /// The member as it stands; nullptr where it is absent. null counts as absent where it is optional.
  const Value* value(std::string_view name, Need need = Need::required);
  /// Text of at least one character; empty where absent or wrong.
  std::string text(std::string_view name, Need need = Need::required);
  /// A text that is_code(); `form` says in words what is wanted, where a narrower form is checked later.
  std::string code(std::string_view name, Need need = Need::required, std::string_view form = kCodeForm);
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max,
                                      Need need = Need::required);
  bool flag(std::string_view name, bool otherwise, Need need = Need::optional);
  const Array* list(std::string_view name, Need need = Need::required);
  /// A list of different codes.
  std::vector<std::string> codes(std::string_view name, Need need = Need::required,
                                 std::string_view form = kCodeForm);

  void fault(std::string_view name, std::string code, std::string text);
  /// Members that nobody asked for are faults.
  void end();

 private:
  const Object* object_ = nullptr;
  std::string pointer_;
  Faults& faults_;
  std::vector<std::string> asked_;
};

}  // namespace lastkm

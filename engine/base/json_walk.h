// Where the parts of a JSON text lie in it, without taking their values: for texts that are known to be JSON,
// or are looked at only to be compared.
#pragma once

#include <string_view>

namespace lastkm {

/// Goes over the text once. Where it is no JSON, parts may be cut anywhere, but never beyond its end.
class JsonWalk {
 public:
  explicit JsonWalk(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  /// Passes the byte where it is the next one behind white space.
  bool pass(char wanted);
  /// Passes a member's name, as it is written without its quotes, and the colon behind it; false: there is
  /// none.
  bool name(std::string_view& out);
  /// Passes a value; its text.
  std::string_view value();
  /// Goes into an object, to the value of this member; false where there is none.
  bool enter(std::string_view wanted);
  /// Passes an object, and calls visit(name, text of the value) for each member; whether it had an end.
  template <class Visit>
  bool members(const Visit& visit) {
    if (!pass('{')) return false;
    if (pass('}')) return true;
    do {
      std::string_view of;
      if (!name(of)) return false;
      visit(of, value());
    } while (pass(','));
    return pass('}');
  }
  /// Whether nothing but white space is left.
  [[nodiscard]] bool done();

 private:
  void skip_space();
  void skip_string();
  void skip_nested();

  const char* at_;
  const char* end_;
};

}  // namespace lastkm

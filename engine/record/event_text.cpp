#include "engine/record/event_text.h"

#include <cstring>

namespace lastkm::record {

namespace {

/// Walks over JSON that is known to be well-formed; where it is not, it stops at the end.
class Walk {
 public:
  explicit Walk(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  /// Passes the byte where it is the next one.
  bool pass(char wanted) {
    skip_space();
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }
  /// Passes a member's name and the colon behind it; the name as it is written, without its quotes.
  std::string_view name() {
    const std::string_view text = value();
    return pass(':') && text.size() >= 2 ? text.substr(1, text.size() - 2) : std::string_view();
  }
  /// Passes a value; its text.
  std::string_view value() {
    skip_space();
    const char* const from = at_;
    if (at_ == end_) return {};
    if (*at_ == '"') {
      skip_string();
    } else if (*at_ == '{' || *at_ == '[') {
      skip_nested();
    } else {
      while (at_ != end_ && *at_ != ',' && *at_ != '}' && *at_ != ']') ++at_;
    }
    return {from, static_cast<std::size_t>(at_ - from)};
  }
  /// Goes into the object and to the value of this member.
  bool enter(std::string_view wanted) {
    if (!pass('{')) return false;
    while (at_ != end_) {
      if (name() == wanted) return true;
      (void)value();
      if (!pass(',')) return false;
    }
    return false;
  }

 private:
  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  void skip_string() {
    ++at_;
    while (at_ != end_) {
      const void* const quote = std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_));
      if (quote == nullptr) {
        at_ = end_;
        return;
      }
      const char* const found = static_cast<const char*>(quote);
      const char* escapes = found;
      while (escapes != at_ && escapes[-1] == '\\') --escapes;
      at_ = found + 1;
      if ((found - escapes) % 2 == 0) return;
    }
  }
  void skip_nested() {
    int depth = 0;
    while (at_ != end_) {
      switch (*at_) {
        case '"':
          skip_string();
          continue;
        case '{':
        case '[':
          ++depth;
          break;
        case '}':
        case ']':
          --depth;
          break;
        default:
          break;
      }
      ++at_;
      if (depth == 0) return;
    }
  }

  const char* at_;
  const char* end_;
};

}  // namespace

Result<std::vector<std::string_view>> event_texts(std::string_view bytes) {
  std::vector<std::string_view> texts;
  Walk walk(bytes);
  if (!walk.enter("data") || !walk.enter("events") || !walk.pass('[')) {
    return Error{ErrorKind::integrity, "undecodable", "the decision has no proper member 'events'",
                 "/events"};
  }
  if (walk.pass(']')) return texts;
  do {
    texts.push_back(walk.value());
  } while (walk.pass(','));
  if (walk.pass(']')) return texts;
  return Error{ErrorKind::integrity, "undecodable", "the events of the decision do not end", "/events"};
}

}  // namespace lastkm::record

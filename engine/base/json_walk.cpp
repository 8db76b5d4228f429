#include "engine/base/json_walk.h"

#include <cstring>

namespace lastkm {

bool JsonWalk::pass(char wanted) {
  skip_space();
  if (at_ == end_ || *at_ != wanted) return false;
  ++at_;
  return true;
}

bool JsonWalk::name(std::string_view& out) {
  const std::string_view text = value();
  if (text.size() < 2 || text.front() != '"' || !pass(':')) return false;
  out = text.substr(1, text.size() - 2);
  return true;
}

std::string_view JsonWalk::value() {
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

bool JsonWalk::enter(std::string_view wanted) {
  if (!pass('{')) return false;
  std::string_view of;
  do {
    if (!name(of)) return false;
    if (of == wanted) return true;
    (void)value();
  } while (pass(','));
  return false;
}

bool JsonWalk::done() {
  skip_space();
  return at_ == end_;
}

void JsonWalk::skip_space() {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
}

void JsonWalk::skip_string() {
  ++at_;
  while (at_ != end_) {
    const void* const quote = std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_));
    if (quote == nullptr) break;
    const char* const found = static_cast<const char*>(quote);
    const char* escapes = found;
    while (escapes != at_ && escapes[-1] == '\\') --escapes;
    at_ = found + 1;
    if ((found - escapes) % 2 == 0) return;
  }
  at_ = end_;
}

void JsonWalk::skip_nested() {
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

}  // namespace lastkm

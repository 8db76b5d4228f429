// The hot way into a record: its members one after the other, in the order in which encode() writes them.
// Every step answers whether the next member is the one that is asked for and of its type; a single no means
// that the record is read the other way (envelope.h), which takes members in any order and says what is
// wrong. Included by sources of this folder alone.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/base/value.h"
#include "engine/record/command.h"

namespace lastkm::record {

/// The element as a Value; false, with the reason in `why`, where it cannot be one.
[[nodiscard]] bool convert(const simdjson::dom::element& element, Value& out, std::string& why);
/// The record's root. It lives until the thread reads the next record; not SUCCESS where parse() would fail
/// too.
[[nodiscard]] simdjson::error_code read_root(std::string_view bytes, simdjson::dom::element& root);

class Ordered {
 public:
  explicit Ordered(const simdjson::dom::object& object) : at_(object.begin()), end_(object.end()) {}

  /// Moves on where the next member has this name.
  template <std::size_t size>
  bool next(const char (&name)[size], simdjson::dom::element& out) {
    if (!is_next(name)) return false;
    out = at_.value();
    ++at_;
    return true;
  }
  [[nodiscard]] bool done() { return !(at_ != end_); }

  template <std::size_t size>
  bool object(const char (&name)[size], simdjson::dom::object& out) {
    simdjson::dom::element found;
    return next(name, found) && found.get(out) == simdjson::SUCCESS;
  }
  template <std::size_t size>
  bool array(const char (&name)[size], simdjson::dom::array& out) {
    simdjson::dom::element found;
    return next(name, found) && found.get(out) == simdjson::SUCCESS;
  }
  template <std::size_t size>
  bool view(const char (&name)[size], std::string_view& out) {
    simdjson::dom::element found;
    return next(name, found) && found.get(out) == simdjson::SUCCESS;
  }
  template <std::size_t size>
  bool text(const char (&name)[size], std::string& out) {
    std::string_view seen;
    if (!view(name, seen)) return false;
    out.assign(seen);
    return true;
  }
  template <std::size_t size>
  bool number(const char (&name)[size], std::int64_t& out) {
    simdjson::dom::element found;
    return next(name, found) && found.get(out) == simdjson::SUCCESS;
  }
  template <std::size_t size>
  bool number(const char (&name)[size], std::int32_t& out) {
    std::int64_t wide = 0;
    if (!number(name, wide) || wide < std::numeric_limits<std::int32_t>::min() ||
        wide > std::numeric_limits<std::int32_t>::max())
      return false;
    out = static_cast<std::int32_t>(wide);
    return true;
  }
  template <class Tag, std::size_t size>
  bool number(const char (&name)[size], StrongId<Tag, std::int64_t>& out) {
    return number(name, out.value);
  }
  template <std::size_t size>
  bool number(const char (&name)[size], LaneId& out) {
    return number(name, out.value);
  }
  template <std::size_t size>
  bool time(const char (&name)[size], Instant& out) {
    std::string_view seen;
    if (!view(name, seen)) return false;
    const auto at = parse_instant(seen);
    if (at) out = *at;
    return at.has_value();
  }
  template <std::size_t size>
  bool value(const char (&name)[size], Value& out) {
    simdjson::dom::element found;
    std::string why;
    return next(name, found) && convert(found, out, why);
  }

  // Members that may be absent: false only where one is there and is not of its type.
  template <std::size_t size>
  bool maybe_text(const char (&name)[size], std::string& out) {
    return !is_next(name) || text(name, out);
  }
  template <std::size_t size>
  bool maybe_value(const char (&name)[size], Value& out) {
    return !is_next(name) || value(name, out);
  }
  template <std::size_t size>
  bool maybe_flag(const char (&name)[size], bool& out) {
    simdjson::dom::element found;
    return !next(name, found) || found.get(out) == simdjson::SUCCESS;
  }
  template <std::size_t size>
  [[nodiscard]] bool is_next(const char (&name)[size]) {
    if (!(at_ != end_)) return false;
    const std::string_view key = at_.key();
    constexpr std::size_t bytes = size - 1;  // known here: comparing takes no call
    return key.size() == bytes && std::memcmp(key.data(), name, bytes) == 0;
  }

 private:
  simdjson::dom::object::iterator at_;
  simdjson::dom::object::iterator end_;
};

/// The envelope of a record of this type; `data` is what it holds.
[[nodiscard]] inline bool read_envelope(std::string_view bytes, std::string_view type,
                                        simdjson::dom::object& data, std::string& id, std::string& subject,
                                        Instant& time) {
  simdjson::dom::element root;
  simdjson::dom::object object;
  if (read_root(bytes, root) != simdjson::SUCCESS || root.get(object) != simdjson::SUCCESS) return false;
  Ordered members(object);
  std::string_view content, source, version, seen;
  return members.object("data", data) && members.view("datacontenttype", content) && members.text("id", id) &&
         members.view("source", source) && members.view("specversion", version) && version == "1.0" &&
         members.text("subject", subject) && members.time("time", time) && members.view("type", seen) &&
         seen == type && members.done();
}

[[nodiscard]] inline bool read_actor(Ordered& of, Actor& out) {
  simdjson::dom::object object;
  if (!of.object("actor", object)) return false;
  Ordered members(object);
  return members.text("body", out.body.value) && members.maybe_text("on_behalf_of", out.on_behalf_of) &&
         members.maybe_text("person", out.person) && members.text("role", out.role) && members.done();
}

}  // namespace lastkm::record

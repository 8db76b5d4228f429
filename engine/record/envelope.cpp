#include "engine/record/envelope.h"

#include "engine/record/canonical.h"
#include "engine/record/parse.h"

namespace lastkm::record {

void begin_record(Writer& out) {
  out.put(R"({"data":)");
}

void append_time(Writer& out, Instant time) {
  char* at = out.room(kUtcBytes + 2);
  *at++ = '"';
  at = write_utc(at, time);
  *at++ = '"';
  out.wrote(at);
}

std::string end_record(Writer& out, std::string_view type, std::string_view source, std::string_view id,
                       std::string_view subject, Instant time) {
  // Member names in canonical order.
  out.put(R"(,"datacontenttype":"application/json","id":)");
  append_string(out, id);
  out.put(R"(,"source":)");
  append_string(out, source);
  out.put(R"(,"specversion":"1.0","subject":)");
  append_string(out, subject);
  out.put(R"(,"time":)");
  append_time(out, time);
  out.put(R"(,"type":")");
  out.put(type);
  out.put(R"("})");
  return out.take();
}

std::string wrap(std::string_view type, std::string_view source, std::string_view id,
                 std::string_view subject, Instant time, Object data) {
  Writer out(kRecordBytes);
  begin_record(out);
  append_canonical(out, Value(std::move(data)));
  return end_record(out, type, source, id, subject, time);
}

Result<Value> unwrap(std::string_view bytes, std::string_view type) {
  auto value = parse(bytes);
  if (!value) return value;
  if (value->text("specversion") != "1.0" || value->find("data") == nullptr) {
    return Error{ErrorKind::integrity, "undecodable", "the record is no CloudEvent 1.0 with data", ""};
  }
  if (value->text("type") != type) {
    return Error{ErrorKind::integrity, "unknown-type",
                 "the record is of type '" + std::string(value->text("type")) + "', this program reads '" +
                     std::string(type) + "' here; a newer program may be needed",
                 ""};
  }
  return value;
}

std::string own_type(std::string_view bytes) {
  const auto value = parse(bytes);
  const std::string_view type = value ? value->text("type") : std::string_view();
  return type.starts_with("org.lastkm.") ? std::string(type) : std::string();
}

void Members::fail(std::string_view name) {
  if (wrong_.empty()) wrong_ = name;
}

Error Members::error() const {
  return Error{ErrorKind::integrity, "undecodable", "the " + what_ + " has no proper member '" + wrong_ + "'",
               "/" + wrong_};
}

std::string Members::text(std::string_view name) {
  const Value* member = object_.find(name);
  if (member == nullptr) return {};
  const std::string* text = member->if_string();
  if (text == nullptr) {
    fail(name);
    return {};
  }
  return *text;
}

std::string Members::demand_text(std::string_view name) {
  const Value* member = object_.find(name);
  if (member == nullptr || member->if_string() == nullptr) {
    fail(name);
    return {};
  }
  return *member->if_string();
}

std::int64_t Members::demand_number(std::string_view name) {
  const Value* member = object_.find(name);
  if (member == nullptr || member->if_int() == nullptr) {
    fail(name);
    return 0;
  }
  return *member->if_int();
}

std::int64_t Members::number(std::string_view name, std::int64_t otherwise) {
  return object_.find(name) == nullptr ? otherwise : demand_number(name);
}

bool Members::flag(std::string_view name) {
  const Value* member = object_.find(name);
  if (member == nullptr) return false;
  if (member->if_bool() == nullptr) {
    fail(name);
    return false;
  }
  return *member->if_bool();
}

Instant Members::demand_time(std::string_view name) {
  auto instant = parse_instant(demand_text(name));
  if (!instant) {
    fail(name);
    return {};
  }
  return *instant;
}

Value Members::copy(std::string_view name) const {
  const Value* member = object_.find(name);
  return member == nullptr ? Value() : *member;
}

}  // namespace lastkm::record

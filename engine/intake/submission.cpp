#include "engine/intake/submission.h"

#include "engine/base/fields.h"
#include "engine/intake/check_data.h"
#include "engine/intake/text.h"

namespace lastkm::intake {

namespace {
/// Reads members one by one; the first fault is kept, and a member that nobody asked for is a fault.
class Reader {
 public:
  Reader(const Value& value, std::string base) : value_(value), base_(std::move(base)) {
    if (value.if_object() == nullptr)
      fail("", "wrong-type: an object is expected, this is of type " + std::string(value.kind()));
  }

  const Value* member(std::string_view name) {
    known_.emplace(name);
    const Value* found = value_.find(name);
    return found == nullptr || found->is_null() ? nullptr : found;
  }

  std::string text(std::string_view name, bool (*good)(std::string_view), std::string_view expected,
                   bool needed = false) {
    const Value* found = member(name);
    if (found == nullptr) {
      if (needed) fail("", "missing-member: '" + std::string(name) + "' is needed");
      return {};
    }
    const std::string* text = found->if_string();
    if (text == nullptr) {
      fail(name, "wrong-type: text is expected, this is of type " + std::string(found->kind()));
      return {};
    }
    if (!good(*text)) {
      fail(name, "bad-text: " + std::string(expected) + " is expected");
      return {};
    }
    return *text;
  }

  std::optional<Instant> time(std::string_view name) {
    const Value* found = member(name);
    if (found == nullptr) return std::nullopt;
    auto at = parse_instant(found->if_string() == nullptr ? std::string_view()
                                                          : std::string_view(*found->if_string()));
    if (!at) {
      fail(name, "bad-time: an RFC 3339 time with a zone is expected, such as 2026-05-20T09:30:00+08:00");
      return std::nullopt;
    }
    if (!is_within_years(*at)) fail(name, std::string(kOutOfYears));
    return *at;
  }

  void fail(std::string_view name, std::string text) {
    if (!error_) error_ = bad_data(name.empty() ? base_ : base_ + pointer_step(name), std::move(text));
  }
  void fail(const Error& error) {
    if (!error_) error_ = error;
  }

  std::optional<Error> end() {
    if (const Object* object = value_.if_object()) {
      for (const Member& member : *object) {
        // What somebody typed as a name need not be one.
        const bool is_name = is_code(member.name);
        if (!known_.contains(member.name))
          fail(is_name ? std::string_view(member.name) : "", "unknown-member: no such member is taken here");
      }
    }
    return error_;
  }

 private:
  const Value& value_;
  std::string base_;
  std::set<std::string, std::less<>> known_;
  std::optional<Error> error_;
};

constexpr std::string_view kCode = "a code of 1 to 64 letters, digits and _.:/@-, a letter or digit first,";
constexpr std::string_view kIdentifier = "1 to 128 visible ASCII characters";
/// The one command that asks nothing of a case: it only lets time pass, and nobody acts in it.
constexpr std::string_view kOnlyTime = "AdvanceClock";

/// Forms send lines that end in CR LF; they are stored as those that end in LF.
void end_lines_alike(Value& value) {
  if (const std::string* text = value.if_string(); text != nullptr && text->find('\r') != std::string::npos) {
    std::string alike;
    alike.reserve(text->size());
    for (std::size_t at = 0; at < text->size(); ++at) {
      const bool before_lf = (*text)[at] == '\r' && at + 1 < text->size() && (*text)[at + 1] == '\n';
      if (!before_lf) alike += (*text)[at];
    }
    value = Value(std::move(alike));
  } else if (Array* array = value.if_array()) {
    for (Value& item : *array) end_lines_alike(item);
  } else if (Object* object = value.if_object()) {
    std::vector<std::string> names;
    for (const Member& member : *object) names.push_back(member.name);
    for (const std::string& name : names) end_lines_alike(*object->find(name));
  }
}

record::Actor read_actor(const Value& value, Reader& line) {
  Reader members(value, "/actor");
  record::Actor actor;
  actor.body = BodyId(members.text("body", is_code, kCode, true));
  actor.role = members.text("role", is_code, kCode, true);
  actor.person = members.text("person", is_identifier, kIdentifier);
  actor.on_behalf_of = members.text("on_behalf_of", is_identifier, kIdentifier);
  if (const auto error = members.end()) line.fail(*error);
  return actor;
}
}  // namespace

Result<Submission> read_submission(const Value& value) {
  Reader line(value, "");
  Submission out;
  out.name = line.text("command", is_code, kCode, true);
  out.case_id = line.text("case", is_code, kCode);
  if (const Value* external = line.member("external")) {
    Reader members(*external, "/external");
    out.channel = members.text("channel", is_identifier, kIdentifier, true);
    out.reference = members.text("reference", is_identifier, kIdentifier, true);
    if (const auto error = members.end()) line.fail(*error);
  }
  if (const Value* actor = line.member("actor")) {
    out.actor = read_actor(*actor, line);
  } else if (out.name != kOnlyTime) {
    line.fail("", "missing-member: 'actor' is needed");
  }
  if (const Value* version = line.member("expected_version")) {
    const std::int64_t* number = version->if_int();
    if (number == nullptr || *number < 0 || *number > kIntegerMost) {
      line.fail("expected_version",
                "wrong-type: an integer from 0 to " + std::to_string(kIntegerMost) + " is expected");
    } else {
      out.expected_version = *number;
    }
  }
  out.idempotency_key = line.text("idempotency_key", is_identifier, kIdentifier);
  out.correlation = line.text("correlation", is_identifier, kIdentifier);
  out.trace = line.text("trace", is_identifier, kIdentifier);
  out.occurred_at = line.time("occurred_at");
  out.at = line.time("at");
  out.data = Value(Object{});
  if (const Value* data = line.member("data")) {
    out.data = *data;
    end_lines_alike(out.data);
    if (Status checked = check_data(out.data, "/data"); !checked) line.fail(checked.error());
  }
  if (const auto error = line.end()) return *error;
  return out;
}

std::optional<Instant> newest_of_rows(std::span<const Submission> submissions, Instant at_most) {
  std::optional<Instant> newest;
  const auto take = [&newest, at_most](Instant at) {
    if (at <= at_most && newest < at) newest = at;
  };
  for (const Submission& row : submissions) {
    if (!row.historical) continue;
    if (row.occurred_at) take(*row.occurred_at);
    if (const auto closed = parse_instant(row.data.text("closed_at"))) take(*closed);
  }
  return newest;
}

std::optional<Instant> moved_to(Instant now, const Submission& submission,
                                std::optional<Instant> newest_row) {
  const bool by_rows = submission.historical && (newest_row || now.ms != 0);
  const std::optional<Instant> named = by_rows ? newest_row : submission.occurred_at;
  return named > now ? named : std::nullopt;
}

}  // namespace lastkm::intake

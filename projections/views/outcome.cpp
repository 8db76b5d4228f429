#include "projections/views/outcome.h"

#include <utility>

#include "projections/views/open_clocks.h"
#include "projections/views/places.h"

namespace lastkm::projections {

namespace {
constexpr std::string_view kContactClock = "first_contact";

Value to_value(const Exclusion& exclusion) {
  return Object{{"code", exclusion.code},
                {"approver", exclusion.approver},
                {"at", format_utc(exclusion.at)},
                {"body", exclusion.body}};
}

Value to_value(const CallbackOutcome& callback) {
  return Object{{"at", format_utc(callback.at)},
                {"lead", callback.lead},
                {"reached", callback.reached},
                {"denied_contact", callback.denied_contact},
                {"solved", callback.solved},
                {"satisfied", callback.satisfied},
                {"by", callback.by}};
}

std::string approver_of(const record::Event& event) {
  return std::string(event.data.text("approver", event.actor.body.value));
}

/// The reason's own code where it is an exclusion's, as in a termination for X-ABUSE.
std::optional<std::string> code_in(const record::Event& event) {
  const std::string_view reason = event.data.text("reason");
  if (!reason.starts_with("X-")) return std::nullopt;
  return std::string(reason);
}

/// Reads members of a row that this program wrote; the first that is damaged is kept.
class Reader {
 public:
  Instant time(const Value& value, std::string_view name) {
    auto at = parse_instant(value.text(name));
    if (at) return *at;
    if (!error_) error_ = at.error();
    return Instant{};
  }
  std::optional<Instant> maybe_time(const Value& value, std::string_view name) {
    if (value.find(name) == nullptr) return std::nullopt;
    return time(value, name);
  }
  Exclusion exclusion(const Value& value) {
    return Exclusion{std::string(value.text("code")), std::string(value.text("approver")), time(value, "at"),
                     std::string(value.text("body"))};
  }
  std::optional<Exclusion> maybe_exclusion(const Value& value, std::string_view name) {
    const Value* member = value.find(name);
    if (member == nullptr) return std::nullopt;
    return exclusion(*member);
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  std::optional<Error> error_;
};
}  // namespace

Result<Outcome> Outcome::from(const Value& value) {
  Reader read;
  Outcome outcome;
  outcome.place = value.text("place");
  outcome.lead = value.text("lead");
  outcome.opened_by = value.text("opened_by");
  outcome.anonymous = value.flag("anonymous");
  outcome.contact_due = read.maybe_time(value, "contact_due");
  if (value.find("contacted") != nullptr) outcome.contacted = value.flag("contacted");
  if (const Value* callback = value.find("callback")) {
    outcome.callback = CallbackOutcome{read.time(*callback, "at"),
                                       std::string(callback->text("lead")),
                                       callback->flag("reached"),
                                       callback->flag("denied_contact"),
                                       std::string(callback->text("solved")),
                                       std::string(callback->text("satisfied")),
                                       std::string(callback->text("by"))};
  }
  outcome.closed_at = read.maybe_time(value, "closed_at");
  outcome.closed_lead = value.text("closed_lead");
  if (const Value* returned = value.find("returned");
      returned != nullptr && returned->if_array() != nullptr) {
    for (const Value& item : *returned->if_array()) outcome.returned.push_back(read.exclusion(item));
  }
  outcome.excluded = read.maybe_exclusion(value, "excluded");
  outcome.parked = read.maybe_exclusion(value, "parked");
  if (read.error()) return *read.error();
  return outcome;
}

Value Outcome::to_value() const {
  Object row{{"place", place},
             {"lead", lead},
             {"opened_by", opened_by},
             {"anonymous", anonymous},
             {"closed_lead", closed_lead}};
  if (contact_due) row.set("contact_due", format_utc(*contact_due));
  if (contacted) row.set("contacted", *contacted);
  if (callback) row.set("callback", projections::to_value(*callback));
  if (closed_at) row.set("closed_at", format_utc(*closed_at));
  if (excluded) row.set("excluded", projections::to_value(*excluded));
  if (parked) row.set("parked", projections::to_value(*parked));
  Array bodies;
  for (const Exclusion& body : returned) bodies.push_back(projections::to_value(body));
  if (!bodies.empty()) row.set("returned", std::move(bodies));
  return row;
}

Status Outcome::apply(const record::Event& event, Instant recorded_at) {
  const std::string& type = event.type;
  const auto exclusion = [&](std::string_view code) {
    return Exclusion{std::string(code), approver_of(event), event.occurred_at, lead};
  };
  if (const auto to = changed_member(event, "place")) place = *to;
  if (type == "CaseRegistered") {
    opened_by = event.actor.body.value;
    anonymous = event.data.flag("anonymous");
  } else if (type == "CaseDispatched" || type == "DisputeRuled" || type == "CaseEscalated") {
    lead = event.data.text("lead", lead);
  } else if (type == "FirstContactMade") {
    // In time is told by record time against the exclusive due time; who was contacted without a limit is in
    // time.
    contacted = !contact_due || recorded_at < *contact_due;
  } else if (type == "ReturnAccepted") {
    returned.push_back(exclusion("X-RETURN"));
    lead.clear();
  } else if (type == "CaseAnswered") {
    excluded = exclusion("X-CONSULT");
  } else if (type == "CaseRedirected") {
    excluded = exclusion(code_in(event).value_or("X-OTHERLAW"));
  } else if (type == "CasesMerged") {
    excluded = exclusion("X-MERGED");
  } else if (type == "CaseUnmerged") {
    excluded.reset();
  } else if (type == "CaseTerminated") {
    if (const auto code = code_in(event)) excluded = exclusion(*code);
  } else if (type == "CaseParked") {
    parked = exclusion("X-PARKED");
  } else if (type == "CaseUnparked") {
    parked.reset();
  } else if (type == "CaseClosed") {
    closed_at = event.occurred_at;
    closed_lead = lead;
  } else if (type == "CaseReopened") {
    closed_at.reset();
    closed_lead.clear();
  } else if (type == "CallbackRecorded" && !(callback && callback->reached)) {
    callback = CallbackOutcome{event.occurred_at,
                               lead,
                               event.data.flag("reached"),
                               !event.data.flag("contacted", true),
                               std::string(event.data.text("solved")),
                               std::string(event.data.text("satisfied")),
                               event.actor.body.value};
  }
  const Array* changes = event.clocks.if_array();
  if (changes == nullptr) return done();
  for (const Value& change : *changes) {
    if (change.text("clock") != kContactClock) continue;
    // Started anew: another lead has to make contact.
    if (change.text("change") == "started") contacted.reset();
    const std::string_view text = change.text("due");
    if (text.empty()) continue;
    auto due = parse_instant(text);
    if (!due) return due.error();
    contact_due = *due;
  }
  return done();
}

}  // namespace lastkm::projections

#include "projections/views/outcome.h"

#include <span>
#include <utility>

#include "projections/views/open_clocks.h"
#include "projections/views/places.h"

namespace lastkm::projections {

namespace {
constexpr std::string_view kContactClock = "first_contact";

std::string approver_of(const record::Event& event) {
  return std::string(event.data.text("approver", event.actor.body.value));
}

/// The reason's own code where it is an exclusion's, as in a termination for X-ABUSE.
std::optional<std::string> code_in(const record::Event& event) {
  const std::string_view reason = event.data.text("reason");
  if (!reason.starts_with("X-")) return std::nullopt;
  return std::string(reason);
}

}  // namespace

Status Outcome::apply(const record::Event& event, Instant recorded_at) {
  const std::string& type = event.type;
  const auto exclusion = [&](std::string_view code) {
    return Exclusion{std::string(code), approver_of(event), event.occurred_at, lead};
  };
  const auto exclude = [&](std::string_view code) {
    for (const Exclusion& one : excluded) {
      if (one.code == code) return;
    }
    excluded.push_back(exclusion(code));
  };
  const auto include = [&](std::string_view code) {
    std::erase_if(excluded, [code](const Exclusion& one) { return one.code == code; });
  };
  if (const auto to = changed_member(event, "place")) place = *to;
  if (type == "CaseRegistered") {
    opened_by = event.actor.body.value;
    anonymous = event.data.flag("anonymous");
    workflow = workflow_of(event);
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
    exclude("X-CONSULT");
  } else if (type == "CaseRedirected") {
    exclude(code_in(event).value_or("X-OTHERLAW"));
  } else if (type == "CasesMerged") {
    exclude("X-MERGED");
  } else if (type == "CaseUnmerged") {
    include("X-MERGED");
  } else if (type == "CaseTerminated") {
    if (const auto code = code_in(event)) exclude(*code);
  } else if (type == "CaseParked") {
    exclude("X-PARKED");
  } else if (type == "CaseUnparked") {
    include("X-PARKED");
  } else if (type == "CaseClosed") {
    // An import tells when its source closed it.
    const auto told = parse_instant(event.data.text("closed_at"));
    closed_at = told ? *told : event.occurred_at;
    closed_lead = lead;
  } else if (type == "CaseReopened") {
    closed_at.reset();
    closed_lead.clear();
  } else if (type == "CallbackRecorded") {
    const CallbackOutcome callback{event.occurred_at,
                                   lead,
                                   event.data.flag("reached"),
                                   contacted.value_or(false),
                                   !event.data.flag("contacted", true),
                                   std::string(event.data.text("solved")),
                                   std::string(event.data.text("satisfied")),
                                   event.actor.body.value};
    if (!(first && first->reached)) first = callback;
    if (callback.reached || !(last && last->reached)) last = callback;
  }
  const Array* changes = event.clocks.if_array();
  if (changes == nullptr) return done();
  for (const Value& change : *changes) {
    if (change.text("clock") != kContactClock) continue;
    // Started anew: another lead has to make contact.
    if (change.text("change") == "started") contacted.reset();
    // What is suspended is not late, however long it stands still.
    if (change.text("change") == "suspended") contact_due.reset();
    const std::string_view text = change.text("due");
    if (text.empty()) continue;
    auto due = parse_instant(text);
    if (!due) return due.error();
    contact_due = *due;
  }
  return done();
}

namespace {
Score::Answer answer_of(const Outcome& outcome, const std::optional<CallbackOutcome>& callback) {
  if (!callback) return {false, outcome.contacted.value_or(false), false, {}, {}};
  return {callback->reached, callback->contacted, callback->denied_contact, callback->solved,
          callback->satisfied};
}

Score score_of(const Outcome& outcome) {
  Score score;
  score.workflow = outcome.workflow;
  score.first = answer_of(outcome, outcome.first);
  score.last = answer_of(outcome, outcome.last);
  for (const Exclusion& one : outcome.excluded) score.excluded.emplace_back(one.code, one.approver);
  if (outcome.anonymous) score.excluded.emplace_back("X-ANON", outcome.opened_by);
  if (outcome.first && !outcome.first->reached) score.excluded.emplace_back("X-UNREACH", outcome.first->by);
  return score;
}

std::shared_ptr<const Score> unscored(const Outcome& outcome, std::span<const Exclusion> exclusions) {
  Score score;
  score.workflow = outcome.workflow;
  score.unscored = true;
  for (const Exclusion& one : exclusions) score.excluded.emplace_back(one.code, one.approver);
  return std::make_shared<const Score>(std::move(score));
}
}  // namespace

std::vector<Brought> brought_by(const Outcome& outcome) {
  std::vector<Brought> all;
  const std::string community(community_of(outcome.place));
  const auto bring = [&](RatesBasis basis, Instant at, const std::string& body,
                         const std::shared_ptr<const Score>& score) {
    all.push_back({RatesBy::month, basis, month_of(at), at, score});
    all.push_back({RatesBy::body, basis, body, at, score});
    all.push_back({RatesBy::community, basis, community, at, score});
  };
  if (!outcome.first && !outcome.closed_at && outcome.excluded.empty() && outcome.returned.empty())
    return all;
  const auto score = std::make_shared<const Score>(score_of(outcome));
  for (const RatesBasis basis : {RatesBasis::callback, RatesBasis::close}) {
    const bool by_call = basis == RatesBasis::callback;
    if (by_call && outcome.first) {
      bring(basis, outcome.first->at, outcome.first->lead, score);
    } else if (!by_call && outcome.closed_at) {
      bring(basis, *outcome.closed_at, outcome.closed_lead, score);
    } else if (!outcome.excluded.empty()) {
      // Never scored: it is among what was excluded, where and when that was said.
      const auto excluded = unscored(outcome, outcome.excluded);
      bring(basis, outcome.excluded.back().at, outcome.excluded.back().body, excluded);
    }
    // A returned order leaves the base of the body that returned it; the case counts once more, for its next
    // lead.
    for (const Exclusion& one : outcome.returned) {
      all.push_back({RatesBy::body, basis, one.body, one.at, unscored(outcome, {&one, 1})});
    }
  }
  return all;
}

std::string rates_prefix(RatesBy by, RatesBasis basis) {
  static constexpr std::string_view names[] = {"month", "body", "community"};
  return std::string(basis == RatesBasis::callback ? "callback/" : "close/") +
         std::string(names[static_cast<std::size_t>(by)]) + "/";
}

std::string Score::text() const {
  std::string text;
  const auto part = [&text](std::string_view value) {
    for (const char c : key_part(value)) {
      if (c == '|') {
        text += "%7C";
      } else {
        text += c;
      }
    }
    text += '|';
  };
  const auto flags = [&part](bool a, bool b = false, bool c = false) {
    part(std::string(1, static_cast<char>('0' + (a ? 1 : 0) + (b ? 2 : 0) + (c ? 4 : 0))));
  };
  part(workflow);
  flags(unscored);
  for (const Answer* answer : {&first, &last}) {
    flags(answer->reached, answer->denied_contact, answer->contacted);
    part(answer->solved);
    part(answer->satisfied);
  }
  for (const auto& [code, approver] : excluded) {
    part(code);
    part(approver);
  }
  return text;
}

std::optional<Score> Score::from(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t bar = text.find('|');
    if (bar == std::string_view::npos) return std::nullopt;
    parts.push_back(plain_part(text.substr(0, bar)));
    text.remove_prefix(bar + 1);
  }
  if (parts.size() < 8 || parts.size() % 2 != 0) return std::nullopt;
  const auto bits = [&parts](std::size_t i) { return parts[i].empty() ? 0 : parts[i].front() - '0'; };
  Score score;
  score.workflow = parts[0];
  score.unscored = (bits(1) & 1) != 0;
  for (const std::size_t i : {2U, 5U}) {
    Answer& answer = i == 2 ? score.first : score.last;
    answer = {(bits(i) & 1) != 0, (bits(i) & 4) != 0, (bits(i) & 2) != 0, parts[i + 1], parts[i + 2]};
  }
  for (std::size_t i = 8; i < parts.size(); i += 2) score.excluded.emplace_back(parts[i], parts[i + 1]);
  return score;
}

}  // namespace lastkm::projections

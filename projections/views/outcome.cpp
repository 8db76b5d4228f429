#include "projections/views/outcome.h"

#include <algorithm>
#include <span>
#include <utility>

#include "engine/base/packed.h"
#include "projections/checkpoint.h"
#include "projections/views/case_row.h"
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
  const std::string_view type = event.type;
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
  follow_closing(closed_at, event);
  if (type == "CaseRegistered") {
    opened_by = event.actor.body.value;
    anonymous = event.data.flag("anonymous");
    contact_expected = !event.data.flag("imported");
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
    closed_lead = lead;
  } else if (type == "CaseReopened") {
    closed_lead.clear();
  } else if (type == "CallbackRecorded") {
    take({event.occurred_at, lead, event.data.flag("reached"), contacted.value_or(false),
          !event.data.flag("contacted", true), std::string(event.data.text("solved")),
          std::string(event.data.text("satisfied")), event.actor.body.value});
  }
  const Array* changes = event.clocks.if_array();
  if (changes == nullptr) return done();
  for (const Value& change : *changes) {
    if (change.text("clock") != kContactClock) continue;
    // Started anew: another lead has to make contact.
    if (change.text("change") == "started") {
      contacted.reset();
      contact_expected = true;
    }
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

void Outcome::take(CallbackOutcome callback) {
  const auto about_it = [&callback](const CallbackOutcome& one) { return one.lead == callback.lead; };
  const auto reached = std::ranges::find_if(
      callbacks, [&](const CallbackOutcome& one) { return one.reached && about_it(one); });
  if (reached == callbacks.end()) {
    std::erase_if(callbacks, about_it);
  } else if (callback.reached) {
    callbacks.erase(std::remove_if(reached + 1, callbacks.end(), about_it), callbacks.end());
  } else {
    return;
  }
  callbacks.push_back(std::move(callback));
}

namespace {
/// The first and the last call-back that reached the caller; while none did, the last attempt.
struct Called {
  const CallbackOutcome* first = nullptr;
  const CallbackOutcome* last = nullptr;
};
template <class Which>
Called called(const Outcome& outcome, Which which) {
  Called found;
  for (const CallbackOutcome& one : outcome.callbacks) {
    if (!which(one)) continue;
    if (found.first == nullptr || !found.first->reached) found.first = &one;
    if (one.reached || found.last == nullptr || !found.last->reached) found.last = &one;
  }
  return found;
}
Called called(const Outcome& outcome) {
  return called(outcome, [](const CallbackOutcome& /*one*/) { return true; });
}
Called called_about(const Outcome& outcome, const std::string& lead) {
  return called(outcome, [&lead](const CallbackOutcome& one) { return one.lead == lead; });
}

Score::Answer answer_of(const Outcome& outcome, const CallbackOutcome* callback) {
  if (callback == nullptr) return {false, outcome.contacted.value_or(false), false, {}, {}};
  return {callback->reached, callback->contacted, callback->denied_contact, callback->solved,
          callback->satisfied};
}

std::shared_ptr<const Score> score_of(const Outcome& outcome, const Called& calls) {
  Score score;
  score.workflow = outcome.workflow;
  score.contact_unknown = !outcome.contact_expected && !outcome.contacted;
  score.first = answer_of(outcome, calls.first);
  score.last = answer_of(outcome, calls.last);
  for (const Exclusion& one : outcome.excluded) score.excluded.emplace_back(one.code, one.approver);
  if (outcome.anonymous) score.excluded.emplace_back("X-ANON", outcome.opened_by);
  if (calls.first != nullptr && !calls.first->reached) {
    score.excluded.emplace_back("X-UNREACH", calls.first->by);
  }
  return std::make_shared<const Score>(std::move(score));
}

/// As the layouts 3 to 5 kept it.
struct OutcomeOf5 {
  Outcome now;
  std::optional<CallbackOutcome> first, last;

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.now.place, self.now.lead, self.now.opened_by, self.now.workflow, self.now.anonymous,
         self.now.contact_due, self.now.contacted, self.first, self.last, self.now.closed_at,
         self.now.closed_lead, self.now.returned, self.now.excluded);
  }
};

std::shared_ptr<const Score> unscored(const Outcome& outcome, std::span<const Exclusion> exclusions) {
  Score score;
  score.workflow = outcome.workflow;
  score.unscored = true;
  for (const Exclusion& one : exclusions) score.excluded.emplace_back(one.code, one.approver);
  return std::make_shared<const Score>(std::move(score));
}
}  // namespace

Result<Outcome> outcome_of(std::int32_t layout, std::string_view key, std::string_view row) {
  if (layout > 5) return row_of<Outcome>("rates", key, row);
  auto older = row_of<OutcomeOf5>("rates", key, row);
  if (!older) return older.error();
  // The sums before count every order in response; so the cases in them do, until both are made anew.
  older->now.contact_expected = true;
  for (std::optional<CallbackOutcome>* one : {&older->first, &older->last}) {
    if (*one) older->now.callbacks.push_back(std::move(**one));
  }
  older->now.by_first_of_all = true;
  return std::move(older->now);
}

std::vector<Brought> brought_by(const Outcome& outcome) {
  std::vector<Brought> all;
  const std::string community(community_of(outcome.place));
  const auto bring = [&](RatesBasis basis, Instant at, const std::string& body,
                         const std::shared_ptr<const Score>& score) {
    all.push_back({RatesBy::month, basis, month_of(at), at, score});
    all.push_back({RatesBy::body, basis, body, at, score});
    all.push_back({RatesBy::community, basis, community, at, score});
  };
  for (const RatesBasis basis : {RatesBasis::callback, RatesBasis::close}) {
    const bool by_call = basis == RatesBasis::callback;
    if (by_call && !outcome.callbacks.empty()) {
      const Called calls = called(outcome);
      bring(basis, calls.first->at, calls.first->lead, score_of(outcome, calls));
    } else if (!by_call && outcome.closed_at) {
      // What the caller said of another body's work is not the one's that closed.
      bring(basis, *outcome.closed_at, outcome.closed_lead,
            score_of(outcome,
                     outcome.by_first_of_all ? called(outcome) : called_about(outcome, outcome.closed_lead)));
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
  flags(unscored, contact_unknown);
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
  score.contact_unknown = (bits(1) & 2) != 0;
  for (const std::size_t i : {2U, 5U}) {
    Answer& answer = i == 2 ? score.first : score.last;
    answer = {(bits(i) & 1) != 0, (bits(i) & 4) != 0, (bits(i) & 2) != 0, parts[i + 1], parts[i + 2]};
  }
  for (std::size_t i = 8; i < parts.size(); i += 2) score.excluded.emplace_back(parts[i], parts[i + 1]);
  return score;
}

}  // namespace lastkm::projections

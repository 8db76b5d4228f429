// What somebody does next for a case, from its stage, and how long that takes.
#include <algorithm>
#include <array>

#include "tools/lastkm/play.h"

namespace lastkm::tool {

namespace {

constexpr std::int32_t kOffset = 480;

bool is_running(const cases::CaseState& state, std::string_view clock) {
  const cases::Clock* found = state.find_clock(clock);
  return found != nullptr && found->state == cases::ClockState::running;
}

}  // namespace

intake::Submission Play::by(std::string_view body, const char* role, const char* command, Object data) const {
  intake::Submission submission;
  submission.name = command;
  submission.client = kDemoClient;
  submission.actor = {BodyId(std::string(body)), role, "p-demo", ""};
  submission.data = Value(std::move(data));
  return submission;
}

Value Play::photos(std::int64_t n) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  Array out;
  for (std::int64_t i = 0; i < n; ++i) {
    std::string digest;
    for (int k = 0; k < 64; ++k) digest += kDigits[random_.next() % kDigits.size()];
    out.emplace_back(Object{{"sha256", digest}, {"mime", "image/jpeg"}});
  }
  return out;
}

/// From 1 (at once) to 10 (hardly ever): a habit of the body, the same in every demonstration.
std::int64_t Play::slowness(std::string_view body) const {
  std::uint64_t mixed = 1469598103934665603U;
  for (const char c : body) mixed = (mixed ^ static_cast<unsigned char>(c)) * 1099511628211U;
  constexpr std::array<std::int64_t, 10> kHabits{1, 1, 1, 1, 1, 2, 2, 2, 4, 10};
  return kHabits[(mixed >> 32U) % kHabits.size()];
}

Instant Play::in_office(Instant at) {
  const Date day = local_date(at, kOffset);
  const std::int64_t minute = (at.ms - start_of(day, kOffset).ms) / kMsPerMinute;
  if (weekday(day) < 5 && minute >= 9 * 60 && minute < 17 * 60) return at;
  const Date next = minute < 9 * 60 ? day : day + 1;
  const Date working = weekday(next) < 5 ? next : next + (7 - weekday(next));
  return start_of(working, kOffset) + (9 * 60 + random_.between(0, 90)) * kMsPerMinute;
}

Instant Play::when(const cases::CaseState& state, Instant now) {
  const bool critical = state.urgency == "CRITICAL";
  const bool urgent = state.urgency == "URGENT";
  const std::int64_t habit = slowness(state.lead);
  const auto minutes = [&](std::int64_t low, std::int64_t high) {
    return now + random_.between(low, high) * kMsPerMinute;
  };
  const std::string& stage = state.stage;
  if (stage == "REGISTERED") return minutes(2, critical ? 4 : 25);
  if (stage == "ACCEPTED" || stage == "REOPENED") return minutes(1, critical ? 4 : 45);
  if (stage == "DISPATCHED") {
    return critical ? minutes(2, 8) : urgent ? minutes(3, 25 * habit) : in_office(minutes(10, 60 * habit));
  }
  if (stage == "SIGNED") {
    return critical ? minutes(2, 15) : urgent ? minutes(5, 40 * habit) : in_office(minutes(20, 120 * habit));
  }
  if (stage == "IN_PROGRESS" || stage == "DELIBERATING") {
    if (state.evidence == 0 && state.urgency != "NORMAL") return minutes(15, 45 * habit);
    return in_office(minutes(2 * 60, 14 * 60 * habit));
  }
  if (stage == "RETURN_PENDING")
    return critical ? minutes(1, 8) : urgent ? minutes(3, 25) : in_office(minutes(20, 180));
  if (stage == "PARKED") return in_office(minutes(4 * 24 * 60, 9 * 24 * 60));
  if (stage == "CALLBACK" && state.callbacks > 0) return minutes(1, 30);
  return in_office(minutes(30, 10 * 60));
}

std::string Play::choose_lead(const cases::CaseState& state) {
  const auto context = engine_->context(LaneId(0));
  const directory::Category* category = context->find_category(state.category);
  std::vector<std::string> candidates;
  const auto consider = [&](const std::vector<std::string>& kinds, bool also_who_returned = false) {
    for (const std::string& kind : kinds) {
      const directory::Body* body = context->body_for(kind, state.place);
      if (body == nullptr || body->id.value == state.respondent) continue;
      const bool handles = std::find(body->roles.begin(), body->roles.end(), "HANDLER") != body->roles.end();
      const auto& back = state.returned_by;
      if (handles && (also_who_returned || std::find(back.begin(), back.end(), body->id.value) == back.end()))
        candidates.push_back(body->id.value);
    }
  };
  if (category != nullptr) consider(category->responsible);
  if (candidates.empty() && category != nullptr && !category->taken_back) consider(category->co_handlers);
  if (candidates.empty() && (category == nullptr || !category->taken_back))
    consider({"COMMUNITY_PARTY", "RC", "STREET"});
  // A duty that departments have taken back is one of theirs, whoever has returned it.
  if (candidates.empty() && category != nullptr) consider(category->responsible, true);
  return candidates.empty() ? hotline_ : random_.pick(candidates);
}

std::optional<intake::Submission> Play::step(const cases::CaseState& state, Instant at) {
  const std::string& stage = state.stage;
  if (stage == "DISPATCHED" || stage == "SIGNED") return step_of_lead(state, at);
  if (stage == "IN_PROGRESS" || stage == "DELIBERATING") return step_in_progress(state, at);
  if (stage == "CALLBACK") return step_at_call_back(state);
  return step_of_hotline(state, at);
}

std::optional<intake::Submission> Play::step_of_hotline(const cases::CaseState& state, Instant) {
  const auto agent = [&](const char* command, Object data = {}) {
    return by(hotline_, "AGENT", command, std::move(data));
  };
  const auto dispatcher = [&](const char* command, Object data = {}) {
    return by(hotline_, "DISPATCHER", command, std::move(data));
  };
  const std::string& stage = state.stage;
  if (stage == "REGISTERED") {
    if (state.type == "ENQUIRY" && random_.percent(70)) {
      return agent("AnswerCase", {{"text", "已当场答复政策依据和办理渠道。"},
                                  {"knowledge_ref", "KB-" + std::to_string(random_.between(100, 999))}});
    }
    if (random_.percent(3)) return agent("RedirectCase", {{"reason", "OTHER_CHANNEL"}});
    return agent("AcceptCase", {{"category", state.category},
                                {"type", state.type},
                                {"urgency", state.urgency},
                                {"place", state.place}});
  }
  if (stage == "ACCEPTED" || stage == "REOPENED") {
    const std::string lead = choose_lead(state);
    Object data{{"lead", lead}};
    const auto context = engine_->context(LaneId(0));
    const directory::Category* category = context->find_category(state.category);
    if (category != nullptr && !category->co_handlers.empty() && random_.percent(35)) {
      const directory::Body* helper = context->body_for(random_.pick(category->co_handlers), state.place);
      if (helper != nullptr && helper->id.value != lead)
        data.set("co_handlers", Array{Object{{"body", helper->id.value}}});
    }
    return dispatcher("DispatchCase", std::move(data));
  }
  if (stage == "RETURN_PENDING") {
    if (state.returns >= 2) return dispatcher("OpenDispute", {{"reason", "SECOND_RETURN"}});
    if (random_.percent(60)) return dispatcher("AcceptReturn");
    return dispatcher("RefuseReturn", {{"reason", "OWN_DUTY"}});
  }
  if (stage == "DISPUTED") return by(hotline_, "ARBITRATOR", "RuleDispute", {{"lead", choose_lead(state)}});
  if (stage == "PARKED") return by(hotline_, "SUPERVISOR", "UnparkCase", {{"n", 5}, {"unit", "WD"}});
  if (stage == "FEEDBACK") {
    if (random_.percent(7)) return agent("RejectFeedback", {{"reason", "NOT_ENOUGH"}});
    return agent("AcceptFeedback");
  }
  if (stage == "VERIFYING") {
    const auto context = engine_->context(LaneId(0));
    for (const char* kind : {"GRID_WORKER", "GRID", "STREET"}) {
      const directory::Body* body = context->body_for(kind, state.place);
      if (body == nullptr || body->id.value == state.lead) continue;
      return by(body->id.value, "VERIFIER", "Verify", {{"ok", !random_.percent(8)}, {"evidence", photos(1)}});
    }
  }
  return std::nullopt;
}

std::optional<intake::Submission> Play::step_of_lead(const cases::CaseState& state, Instant at) {
  const std::string& lead = state.lead;
  const auto& back = state.returned_by;
  const bool may_return =
      !state.ruled && is_running(state, "return") && std::find(back.begin(), back.end(), lead) == back.end();
  if (may_return && random_.percent(state.returns > 0 ? 35 : 7)) {
    return by(lead, "HANDLER", "RequestReturn",
              {{"reason", "R-JUR-01"},
               {"legal_basis", "不属于本单位法定职责。"},
               {"proposed_body", choose_lead(state)}});
  }
  if (state.stage == "DISPATCHED") return by(lead, "HANDLER", "SignCase");
  if (state.urgency == "NORMAL" && random_.percent(4)) {
    const std::string review =
        format_date(local_date(at, kOffset) + static_cast<std::int32_t>(random_.between(10, 90)));
    return by(hotline_, "SUPERVISOR", "ParkCase",
              {{"reason", random_.percent(50) ? "P-ENG" : "P-SEASON"},
               {"approver", "p-director"},
               {"review_on", review},
               {"evidence", photos(1)}});
  }
  if (state.anonymous)
    return by(lead, "HANDLER", "MakeFirstContact", {{"channel", "skipped"}, {"reason", "anonymous"}});
  return by(lead, "HANDLER", "MakeFirstContact", {{"channel", "phone"}});
}

std::optional<intake::Submission> Play::step_in_progress(const cases::CaseState& state, Instant) {
  const auto context = engine_->context(LaneId(0));
  const std::string& lead = state.lead;
  if (state.whistle) {
    for (const std::string& body : state.whistle->bodies) {
      const auto& answered = state.whistle->answered;
      if (std::find(answered.begin(), answered.end(), body) == answered.end())
        return by(body, "HANDLER", "AnswerWhistle");
    }
    Object scores;
    for (const std::string& body : state.whistle->bodies) scores.set(body, random_.between(60, 100));
    const directory::Body* street = context->body_for("STREET", state.place);
    if (street != nullptr) {
      return by(street->id.value, "SUPERVISOR", "CloseWhistle",
                {{"scores", std::move(scores)}, {"reason", "DONE"}});
    }
  }
  if (state.evidence == 0) {
    return by(lead, "HANDLER", "RecordAct",
              {{"kind", random_.percent(50) ? "action" : "arrived"},
               {"text", "已到现场查看并开始处置。"},
               {"evidence", photos(1)}});
  }
  const directory::Category* category = context->find_category(state.category);
  if (category != nullptr && !category->whistle.empty() && state.level >= 1 && random_.percent(25)) {
    const directory::Body* street = context->body_for("STREET", state.place);
    const directory::Body* department = context->body_for(random_.pick(category->whistle), state.place);
    if (street != nullptr && department != nullptr) {
      return by(street->id.value, "SUPERVISOR", "BlowWhistle",
                {{"kind", "enforcement"},
                 {"bodies", Array{department->id.value}},
                 {"place", state.place},
                 {"purpose", "请到场联合处置。"}});
    }
  }
  if (state.supervision == 0 && state.card == "red" && random_.percent(40)) {
    return by(hotline_, "SUPERVISOR", "IssueSupervision", {{"level", 1}, {"reason", "OVERDUE"}});
  }
  const cases::Clock* handle = state.find_clock("handle");
  if (handle != nullptr && handle->state == cases::ClockState::running && state.extension_asked_by.empty() &&
      state.extensions == 0 && random_.percent(8)) {
    const std::int64_t n = std::min<std::int64_t>(3, handle->limit.n);
    return by(lead, "HANDLER", "RequestExtension",
              {{"n", n}, {"unit", calendar::name_of(handle->limit.unit)}, {"reason", "MATERIALS"}});
  }
  if (!state.extension_asked_by.empty() && handle != nullptr && handle->state == cases::ClockState::running) {
    return by(hotline_, "SUPERVISOR", "GrantExtension");
  }
  for (const cases::CoHandler& helper : state.co_handlers) {
    if (!helper.reported && helper.due)
      return by(helper.body.value, "HANDLER", "ReportCoHandling", {{"text", "协办事项已完成。"}});
  }
  // A silent body leaves the case to run out, and somebody above takes it over.
  if (slowness(lead) >= 10 && random_.percent(60)) {
    return by(lead, "HANDLER", "RecordAct", {{"kind", "interim"}, {"text", "正在协调，请耐心等待。"}});
  }
  Object data{{"text", "已处理完毕，现场恢复正常。"}, {"evidence", photos(2)}};
  return by(lead, "HANDLER", "SubmitFeedback", std::move(data));
}

std::optional<intake::Submission> Play::step_at_call_back(const cases::CaseState& state) {
  const auto callback = [&](const char* command, Object data = {}) {
    return by(hotline_, "CALLBACK", command, std::move(data));
  };
  const bool answered = !state.solved.empty() || !state.satisfied.empty();
  const bool tried_enough = state.tries >= 3 && state.last_try->ms - state.first_try->ms >= kMsPerDay;
  if (answered) {
    const bool unhappy = state.solved == "no" || state.satisfied == "no";
    if (unhappy && state.reopens < 2 && random_.percent(80))
      return callback("ReopenCase", {{"reason", "NOT_SOLVED"}});
    return callback("CloseCase");
  }
  if (tried_enough || state.anonymous) return callback("CloseCase");
  if (random_.percent(12)) return callback("RecordCallback", {{"reached", false}});
  const bool unhappy = random_.percent(slowness(state.lead) >= 6 ? 40 : 14);
  const bool partly = !unhappy && random_.percent(12);
  return callback("RecordCallback", {{"reached", true},
                                     {"contacted", !random_.percent(4)},
                                     {"solved", unhappy  ? "no"
                                                : partly ? "partly"
                                                         : "yes"},
                                     {"satisfied", unhappy  ? "no"
                                                   : partly ? "basic"
                                                            : "yes"}});
}

}  // namespace lastkm::tool

#include "engine/cases/vocabulary.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "engine/cases/clock_changes.h"

namespace lastkm::cases {

namespace {

using record::Event;

void take_text(std::string& into, const Value& data, std::string_view name) {
  if (const Value* value = data.find(name)) {
    if (const std::string* text = value->if_string()) into = *text;
  }
}
void take_some_text(std::string& into, const Value& data, std::string_view name) {
  if (!data.text(name).empty()) into = data.text(name);
}
void take_number(std::int64_t& into, const Value& data, std::string_view name) {
  into = data.number(name, into);
}

std::string by(const Event& event, std::string_view name) {
  return std::string(event.data.text(name, event.actor.body.value));
}

std::vector<std::string> texts(const Value* list) {
  std::vector<std::string> out;
  if (const Array* items = list == nullptr ? nullptr : list->if_array()) {
    for (const Value& item : *items) {
      if (const std::string* text = item.if_string()) out.push_back(*text);
    }
  }
  return out;
}

void add_evidence(CaseState& s, const Event& e, Instant) {
  const Value* evidence = e.data.find("evidence");
  if (evidence == nullptr) return;
  if (const Array* items = evidence->if_array()) s.evidence += static_cast<std::int64_t>(items->size());
}

void classify(CaseState& s, const Value& data) {
  take_text(s.type, data, "type");
  take_text(s.category, data, "category");
  take_text(s.urgency, data, "urgency");
  take_text(s.place, data, "place");
}

void made_responsible(Parts& s, const Event& e) {
  take_some_text(s.lead, e.data, "lead");
  const Value* given = e.data.find("co_handlers");
  const Array* items = given == nullptr ? nullptr : given->if_array();
  if (items == nullptr) return;
  s.co_handlers.clear();
  for (const Value& item : *items) {
    CoHandler co_handler;
    co_handler.body =
        BodyId(std::string(item.if_string() != nullptr ? *item.if_string() : item.text("body")));
    if (const std::string_view text = item.text("due"); !text.empty()) {
      if (const auto due = parse_instant(text)) co_handler.due = *due;
    }
    s.co_handlers.push_back(std::move(co_handler));
  }
}

void registered(CaseState& s, const Event& e, Instant recorded_at) {
  classify(s, e.data);
  take_text(s.ref, e.data, "ref");
  take_text(s.workflow, e.data, "workflow");
  take_number(s.workflow_version, e.data, "workflow_version");
  take_text(s.channel, e.data, "channel");
  take_text(s.respondent, e.data, "respondent");
  s.anonymous = e.data.flag("anonymous");
  s.confidential = e.data.flag("confidential");
  s.imported = e.data.flag("imported");
  s.opened_at = recorded_at;
  s.occurred_at = e.occurred_at;
}
// A case that goes its own way no longer waits for a master.
void accepted(CaseState& s, const Event& e, Instant) {
  classify(s, e.data);
  s.merging.clear();
}
void goes_alone(CaseState& s, const Event&, Instant) {
  s.merging.clear();
}
void terminated(CaseState& s, const Event&, Instant) {
  s.merging.clear();
  s.master.clear();
}
void archived(CaseState& s, const Event&, Instant recorded_at) {
  s.archived_at = recorded_at;
}
void dispatched(CaseState& s, const Event& e, Instant) {
  ++s.dispatches;
  s.merging.clear();
  take_number(s.level, e.data, "level");
}
void contacted(CaseState& s, const Event&, Instant) {
  ++s.contacts;
}
void co_handler_reported(Parts& s, const Event& e) {
  const std::string body = by(e, "body");
  for (CoHandler& co_handler : s.co_handlers) {
    if (co_handler.body.value == body) co_handler.reported = true;
  }
}
void return_requested(CaseState& s, const Event& e, Instant) {
  ++s.returns;
  s.returned_by.push_back(by(e, "by"));
}
void return_accepted(Parts& s, const Event&) {
  s.lead.clear();
}
void dispute_opened(CaseState& s, const Event&, Instant) {
  ++s.disputes;
}
void dispute_ruled(CaseState& s, const Event& e, Instant) {
  s.ruled = true;
  take_number(s.level, e.data, "level");
}
void extension_requested(CaseState& s, const Event& e, Instant) {
  s.extension_asked_by = by(e, "by");
  s.extension_asked = amount_from(e.data);
}
void extension_refused(CaseState& s, const Event&, Instant) {
  s.extension_asked_by.clear();
}
void extension_granted(CaseState& s, const Event&, Instant) {
  ++s.extensions;
  s.extension_asked_by.clear();
}
void termination_requested(CaseState& s, const Event& e, Instant) {
  s.termination_asked_by = by(e, "by");
}
void termination_refused(CaseState& s, const Event&, Instant) {
  s.termination_asked_by.clear();
}
void parked(CaseState& s, const Event& e, Instant) {
  ++s.parks;
  take_text(s.parked_for, e.data, "reason");
}
void unparked(CaseState& s, const Event&, Instant) {
  s.parked_for.clear();
}
void feedback_submitted(CaseState& s, const Event& e, Instant recorded_at) {
  ++s.feedbacks;
  s.feedback_by = by(e, "by");
  add_evidence(s, e, recorded_at);
}
void verified(CaseState& s, const Event& e, Instant) {
  s.verified = e.data.flag("ok") ? "yes" : "no";
}
void callback_recorded(CaseState& s, const Event& e, Instant) {
  ++s.callbacks;
  ++s.tries;
  if (!s.first_try) s.first_try = e.occurred_at;
  s.last_try = e.occurred_at;
  if (e.data.flag("reached")) ++s.callbacks_reached;
  take_text(s.solved, e.data, "solved");
  take_text(s.satisfied, e.data, "satisfied");
}
// What was answered, and how often somebody tried, was about work that is done again.
void callback_reset(CaseState& s, const Event&, Instant) {
  s.solved.clear();
  s.satisfied.clear();
  s.tries = 0;
  s.first_try.reset();
  s.last_try.reset();
}
void reopened(CaseState& s, const Event& e, Instant recorded_at) {
  callback_reset(s, e, recorded_at);
  ++s.reopens;
  s.feedback_by.clear();
  s.verified.clear();
  s.closed_at.reset();
}
// What was closed before it came to us keeps its own time, so that the reopen window runs from there.
void closed(CaseState& s, const Event& e, Instant recorded_at) {
  s.closed_at = s.imported ? e.occurred_at : recorded_at;
  const std::string_view told = e.data.text("closed_at");
  if (told.empty()) return;
  if (const auto at = parse_instant(told)) s.closed_at = *at;
}
void merge_requested(CaseState& s, const Event& e, Instant) {
  take_text(s.merging, e.data, "master");
}
void merged(CaseState& s, const Event& e, Instant) {
  take_text(s.master, e.data, "master");
  s.merging.clear();
}
void unmerged(CaseState& s, const Event&, Instant) {
  s.master.clear();
}
void add_once(std::vector<std::string>& to, std::string_view id) {
  if (!id.empty() && std::find(to.begin(), to.end(), id) == to.end()) to.emplace_back(id);
}
void child_opened(CaseState& s, const Event& e, Instant) {
  add_once(s.children, e.data.text("child"));
}
void child_adopted(CaseState& s, const Event& e, Instant) {
  add_once(s.merged, e.data.text("child"));
}
void child_released(CaseState& s, const Event& e, Instant) {
  std::erase(s.merged, e.data.text("child"));
  std::erase(s.children, e.data.text("child"));
}
void parent_linked(CaseState& s, const Event& e, Instant) {
  take_text(s.parent, e.data, "parent");
}
void corrected(CaseState& s, const Event& e, Instant) {
  const std::string_view field = e.data.text("field");
  if (field == "type") take_text(s.type, e.data, "value");
  if (field == "category") take_text(s.category, e.data, "value");
  if (field == "urgency") take_text(s.urgency, e.data, "value");
  if (field == "place") take_text(s.place, e.data, "value");
  if (field == "respondent") take_text(s.respondent, e.data, "value");
}
void hold_placed(CaseState& s, const Event&, Instant) {
  s.legal_hold = true;
}
void hold_lifted(CaseState& s, const Event&, Instant) {
  s.legal_hold = false;
}
void yellow_card(CaseState& s, const Event&, Instant) {
  if (s.card == "none") s.card = "yellow";
}
void red_card(CaseState& s, const Event&, Instant) {
  s.card = "red";
}
void supervised(CaseState& s, const Event& e, Instant) {
  take_number(s.supervision, e.data, "level");
}
void supervision_lifted(CaseState& s, const Event&, Instant) {
  s.supervision = 0;
}
void escalated(CaseState& s, const Event& e, Instant) {
  s.level = e.data.number("level", s.level + 1);
}
void lead_escalated(Parts& s, const Event& e) {
  const std::string_view lead = e.data.text("lead");
  if (lead.empty() || lead == s.lead) return;
  const auto is = [&s](std::string_view body) {
    return std::find_if(s.co_handlers.begin(), s.co_handlers.end(),
                        [body](const CoHandler& c) { return c.body.value == body; });
  };
  if (!s.lead.empty() && is(s.lead) == s.co_handlers.end())
    s.co_handlers.push_back({BodyId(s.lead), std::nullopt, false});
  if (const auto now_lead = is(lead); now_lead != s.co_handlers.end()) s.co_handlers.erase(now_lead);
  s.lead = lead;
}
void whistle_blown(Parts& s, const Event& e) {
  s.whistle = Whistle{std::string(e.data.text("kind")), texts(e.data.find("bodies")), {}};
}
void whistle_answered(Parts& s, const Event& e) {
  std::string body = by(e, "body");
  if (!s.whistle) return;
  auto& answered = s.whistle->answered;
  if (std::find(answered.begin(), answered.end(), body) == answered.end())
    answered.push_back(std::move(body));
}
void migrated(CaseState& s, const Event& e, Instant) {
  take_text(s.workflow, e.data, "workflow");
  take_number(s.workflow_version, e.data, "version");
}
void whistle_closed(Parts& s, const Event&) {
  s.whistle.reset();
}

constexpr auto kRows = std::to_array<Row>({
    {"ActionTaken", add_evidence},
    {"AnnouncementPublished", add_evidence},
    {"ArrivedOnSite", add_evidence},
    {"AuditReportFiled", nullptr},
    {"CallbackOpened", nullptr},
    {"CallbackRecorded", callback_recorded},
    {"CallbackReset", callback_reset},
    {"CallerNotified", nullptr},
    {"CaseAccepted", accepted},
    {"CaseAnswered", goes_alone},
    {"CaseArchived", archived},
    {"CaseClosed", closed},
    {"CaseDispatched", dispatched, made_responsible},
    {"CaseEscalated", escalated, lead_escalated},
    {"CaseParked", parked},
    {"CaseRedirected", goes_alone},
    {"CaseRegistered", registered},
    {"CaseReopened", reopened},
    {"CaseSigned", nullptr},
    {"CaseTerminated", terminated},
    {"CaseUnmerged", unmerged},
    {"CaseUnparked", unparked},
    {"CasesMerged", merged},
    {"ChildAdopted", child_adopted},
    {"ChildCaseOpened", child_opened},
    {"ChildReleased", child_released},
    {"ClockResumed", nullptr},
    {"ClockSuspended", nullptr},
    {"CoHandlerReported", nullptr, co_handler_reported},
    {"CompulsoryRemoval", add_evidence},
    {"DeliberationConcluded", nullptr},
    {"DeliberationHeld", nullptr},
    {"DeliberationOpened", nullptr},
    {"DisputeOpened", dispute_opened},
    {"DisputeProposed", nullptr},
    {"DisputeRuled", dispute_ruled, made_responsible},
    {"DueDateRecomputed", nullptr},
    {"EmergencyConfirmed", nullptr},
    {"EmergencyFundRequested", nullptr},
    {"EmergencyPlanChecked", nullptr},
    {"EmergencyTransferred", nullptr},
    {"EvidenceAdded", add_evidence},
    {"ExtensionGranted", extension_granted},
    {"ExtensionRefused", extension_refused},
    {"ExtensionRequested", extension_requested},
    {"FactCorrected", corrected},
    {"FeedbackAccepted", nullptr},
    {"FeedbackRejected", nullptr},
    {"FeedbackSubmitted", feedback_submitted},
    {"FirstContactMade", contacted},
    {"FundDrawApproved", nullptr},
    {"InterimFeedbackGiven", add_evidence},
    {"JointMeetingHeld", add_evidence},
    {"LegalHoldLifted", hold_lifted},
    {"LegalHoldPlaced", hold_placed},
    {"MarkPassed", nullptr},
    {"MediationConcluded", nullptr},
    {"MediationHeld", nullptr},
    {"MediationOpened", nullptr},
    {"MergeRefused", goes_alone},
    {"MergeRequested", merge_requested},
    {"MilestoneReached", add_evidence},
    {"OrderIssued", add_evidence},
    {"ParentLinked", parent_linked},
    {"ParkReviewDue", nullptr},
    {"PartyOpinionGiven", nullptr},
    {"PlanAgreed", nullptr},
    {"PublicityEnded", nullptr},
    {"RedCardIssued", red_card},
    {"ResultPublicised", nullptr},
    {"ReturnAccepted", nullptr, return_accepted},
    {"ReturnRefused", nullptr},
    {"ReturnRequested", return_requested},
    {"SlaBreached", nullptr},
    {"StageBreached", nullptr},
    {"SupervisionIssued", supervised},
    {"SupervisionLifted", supervision_lifted},
    {"SupplementReceived", nullptr},
    {"TerminationRefused", termination_refused},
    {"TerminationRequested", termination_requested},
    {"TripartiteMeetingHeld", add_evidence},
    {"VerificationOrdered", nullptr},
    {"Verified", verified},
    {"WhistleAnswered", nullptr, whistle_answered},
    {"WhistleAnsweredLate", nullptr, whistle_answered},
    {"WhistleBlown", nullptr, whistle_blown},
    {"WhistleClosed", nullptr, whistle_closed},
    {"WhistleRequested", nullptr},
    {"WorkAccepted", nullptr},
    {"WorkflowMigrated", migrated},
    {"YellowCardIssued", yellow_card},
});
// As event_types() gives them.
static_assert(std::is_sorted(kRows.begin(), kRows.end(),
                             [](const Row& a, const Row& b) { return a.type < b.type; }));

}  // namespace

const Row* find_row(std::string_view type) {
  static const auto rows = [] {
    std::unordered_map<std::string_view, const Row*> by_type;
    for (const Row& row : kRows) by_type.emplace(row.type, &row);
    return by_type;
  }();
  const auto found = rows.find(type);
  return found == rows.end() ? nullptr : found->second;
}

const std::vector<EventType>& event_types() {
  static const std::vector<EventType> types = [] {
    std::vector<EventType> all;
    all.reserve(kRows.size());
    for (const Row& row : kRows) all.push_back({std::string(row.type), rules::members_of(row.type)});
    return all;
  }();
  return types;
}

}  // namespace lastkm::cases

#include "engine/rules/event_facts.h"

#include <algorithm>
#include <array>

namespace lastkm::rules {
namespace {

constexpr std::string_view kAct = "evidence:any text:sealed";
constexpr std::string_view kByEngine = "-";  // as facts: a workflow cannot cause it

struct Row {
  std::string_view type;
  std::string_view
      members;  ///< "lead! co_handlers:co_handlers": name, kind (text where none is said), ! where required
  std::string_view facts;
};
constexpr auto kRows = std::to_array<Row>({
    {"ActionTaken", kAct, "evidence"},
    {"AnnouncementPublished", kAct, "evidence"},
    {"ArrivedOnSite", kAct, "evidence"},
    {"AuditReportFiled", "", ""},
    {"CallbackOpened", "master!", ""},
    {"CallbackRecorded", "reached:boolean! contacted:boolean satisfied solved",
     "callbacks callbacks_reached tries tries_days_apart solved satisfied"},
    {"CallbackReset", "master!", "tries tries_days_apart solved satisfied"},
    {"CallerNotified", "channel text:sealed", ""},
    {"CaseAccepted", "category place type urgency", "type category urgency place merging"},
    {"CaseAnswered", "text:sealed", "merging"},
    {"CaseArchived", "", ""},
    {"CaseClosed", "closed_at", "days_since_close"},
    {"CaseDispatched", "lead! co_handlers:co_handlers level:integer",
     "dispatches lead co_handlers co_handlers_pending level merging"},
    {"CaseEscalated", "lead level:integer reason", "level lead co_handlers"},
    {"CaseParked", "reason! review_on", "parks parked_for"},
    {"CaseRedirected", "reason!", "merging"},
    {"CaseRegistered",
     "ref! workflow! workflow_version:integer! address:sealed anonymous:boolean caller:sealed category "
     "channel confidential:boolean imported:boolean location:sealed place reference respondent text:sealed "
     "type urgency",
     "type category urgency place channel respondent anonymous confidential imported"},
    {"CaseReopened", "reason!",
     "reopens feedback_by solved satisfied verified tries tries_days_apart days_since_close"},
    {"CaseSigned", "", ""},
    {"CaseTerminated", "", "merging master"},
    {"CaseUnmerged", "reason", "master"},
    {"CaseUnparked", "", "parked_for"},
    {"CasesMerged", "master!", "master merging"},
    {"ChildAdopted", "child!", "merged"},
    {"ChildCaseOpened", "child!", "children"},
    {"ChildReleased", "child! reason", "children merged"},
    {"ClockResumed", "clock! reason", ""},
    {"ClockSuspended", "clock! reason!", ""},
    {"CoHandlerReported", "body", "co_handlers_pending"},
    {"CompulsoryRemoval", kAct, "evidence"},
    {"DeliberationConcluded", "", ""},
    {"DeliberationHeld", "", ""},
    {"DeliberationOpened", "", ""},
    {"DisputeOpened", "", "disputes"},
    {"DisputeProposed", "reason!", ""},
    {"DisputeRuled", "lead! co_handlers:co_handlers level:integer",
     "ruled lead co_handlers co_handlers_pending level"},
    {"DueDateRecomputed", "calendar", ""},
    {"EmergencyConfirmed", "", ""},
    {"EmergencyFundRequested", "", ""},
    {"EmergencyPlanChecked", "", ""},
    {"EmergencyTransferred", "reason", ""},
    {"EvidenceAdded", kAct, "evidence"},
    {"ExtensionGranted", "n:integer! unit! by", "extensions extension_asked_by"},
    {"ExtensionRefused", "", "extension_asked_by"},
    {"ExtensionRequested", "by n:integer unit", "extension_asked_by extension_n extension_unit"},
    {"FactCorrected", "event_seq:integer! field! reason! value:any!",
     "type category urgency place respondent"},
    {"FeedbackAccepted", "", ""},
    {"FeedbackRejected", "", ""},
    {"FeedbackSubmitted", "by evidence:any text:sealed", "feedbacks feedback_by evidence"},
    {"FirstContactMade", "channel", "contacts"},
    {"FundDrawApproved", "", ""},
    {"InterimFeedbackGiven", kAct, "evidence"},
    {"JointMeetingHeld", kAct, "evidence"},
    {"LegalHoldLifted", "reason", "legal_hold"},
    {"LegalHoldPlaced", "reason", "legal_hold"},
    {"MarkPassed", "clock! mark!", kByEngine},
    {"MediationConcluded", "", ""},
    {"MediationHeld", "", ""},
    {"MediationOpened", "", ""},
    {"MergeRefused", "master! reason", "merging"},
    {"MergeRequested", "master!", "merging"},
    {"MilestoneReached", kAct, "evidence"},
    {"OrderIssued", kAct, "evidence"},
    {"ParentLinked", "parent!", "parent"},
    {"ParkReviewDue", "", ""},
    {"PartyOpinionGiven", "", ""},
    {"PlanAgreed", "", ""},
    {"PublicityEnded", "", ""},
    {"RedCardIssued", "clock", "card"},
    {"ResultPublicised", "", ""},
    {"ReturnAccepted", "", "lead"},
    {"ReturnRefused", "", ""},
    {"ReturnRequested", "reason! by", "returns returned_by"},
    {"SlaBreached", "clock!", ""},
    {"StageBreached", "clock!", ""},
    {"SupervisionIssued", "level:integer! reason", "supervision"},
    {"SupervisionLifted", "", "supervision"},
    {"SupplementReceived", "", kByEngine},
    {"TerminationRefused", "reason", "termination_asked_by"},
    {"TerminationRequested", "by reason text:sealed", "termination_asked_by"},
    {"TripartiteMeetingHeld", kAct, "evidence"},
    {"VerificationOrdered", "", ""},
    {"Verified", "ok:boolean!", "verified"},
    {"WhistleAnswered", "body", "whistle_answered"},
    {"WhistleAnsweredLate", "body", "whistle_answered"},
    {"WhistleBlown", "bodies:bodies! kind!", "whistle_open whistle_kind whistle_bodies whistle_answered"},
    {"WhistleClosed", "scores:scores", "whistle_open whistle_kind whistle_bodies whistle_answered"},
    {"WhistleRequested", "", ""},
    {"WorkAccepted", "", ""},
    {"WorkflowMigrated", "workflow! version:integer! reason! by stage", kByEngine},
    {"YellowCardIssued", "clock", "card"},
});
static_assert(std::ranges::is_sorted(kRows, {}, &Row::type));

const Row* find(std::string_view type) {
  const auto at = std::ranges::lower_bound(kRows, type, {}, &Row::type);
  return at != kRows.end() && at->type == type ? &*at : nullptr;
}

}  // namespace

bool is_event(std::string_view type) {
  const Row* row = find(type);
  return row != nullptr && row->facts != kByEngine;
}

std::vector<std::string_view> event_types() {
  std::vector<std::string_view> out;
  for (const Row& row : kRows) out.push_back(row.type);
  return out;
}

std::vector<EventMember> members_of(std::string_view type) {
  std::vector<EventMember> out;
  const Row* row = find(type);
  std::string_view rest = row == nullptr ? std::string_view() : row->members;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    EventMember member;
    member.required = word.ends_with('!');
    if (member.required) word.remove_suffix(1);
    const std::size_t colon = word.find(':');
    member.name = std::string(word.substr(0, colon));
    member.kind = colon == std::string_view::npos ? "text" : std::string(word.substr(colon + 1));
    out.push_back(std::move(member));
  }
  return out;
}

std::string_view facts_changed_by(std::string_view type) {
  const Row* row = find(type);
  return row == nullptr || row->facts == kByEngine ? std::string_view() : row->facts;
}

}  // namespace lastkm::rules

#include "engine/rules/event_facts.h"

#include <algorithm>
#include <array>

namespace lastkm::rules {
namespace {

struct Row {
  std::string_view type;
  std::string_view facts;
};
constexpr auto kRows = std::to_array<Row>({
    {"ActionTaken", "evidence"},
    {"AnnouncementPublished", "evidence"},
    {"ArrivedOnSite", "evidence"},
    {"AuditReportFiled", ""},
    {"CallbackOpened", ""},
    {"CallbackRecorded", "callbacks callbacks_reached tries tries_days_apart solved satisfied"},
    {"CaseAccepted", "type category urgency place merging"},
    {"CaseAnswered", "merging"},
    {"CaseArchived", ""},
    {"CaseClosed", "days_since_close"},
    {"CaseDispatched", "dispatches lead co_handlers co_handlers_pending level merging"},
    {"CaseEscalated", "level lead co_handlers"},
    {"CaseParked", "parks parked_for"},
    {"CaseRedirected", "merging"},
    {"CaseRegistered", "type category urgency place channel respondent anonymous confidential imported"},
    {"CaseReopened", "reopens feedback_by solved satisfied verified tries tries_days_apart days_since_close"},
    {"CaseSigned", ""},
    {"CaseTerminated", "merging master"},
    {"CaseUnmerged", "master"},
    {"CaseUnparked", "parked_for"},
    {"CasesMerged", "master merging"},
    {"ChildAdopted", "merged"},
    {"ChildCaseOpened", "children"},
    {"ChildReleased", "children merged"},
    {"ClockResumed", ""},
    {"ClockSuspended", ""},
    {"CoHandlerReported", "co_handlers_pending"},
    {"CompulsoryRemoval", "evidence"},
    {"DeliberationConcluded", ""},
    {"DeliberationHeld", ""},
    {"DeliberationOpened", ""},
    {"DisputeOpened", "disputes"},
    {"DisputeRuled", "ruled lead co_handlers co_handlers_pending level"},
    {"DueDateRecomputed", ""},
    {"EmergencyConfirmed", ""},
    {"EmergencyFundRequested", ""},
    {"EmergencyPlanChecked", ""},
    {"EmergencyTransferred", ""},
    {"EvidenceAdded", "evidence"},
    {"ExtensionGranted", "extensions extension_asked_by"},
    {"ExtensionRefused", "extension_asked_by"},
    {"ExtensionRequested", "extension_asked_by extension_n extension_unit"},
    {"FactCorrected", "type category urgency place respondent"},
    {"FeedbackAccepted", ""},
    {"FeedbackRejected", ""},
    {"FeedbackSubmitted", "feedbacks feedback_by evidence"},
    {"FirstContactMade", "contacts"},
    {"FundDrawApproved", ""},
    {"InterimFeedbackGiven", "evidence"},
    {"JointMeetingHeld", "evidence"},
    {"LegalHoldLifted", "legal_hold"},
    {"LegalHoldPlaced", "legal_hold"},
    {"MediationConcluded", ""},
    {"MediationHeld", ""},
    {"MediationOpened", ""},
    {"MergeRefused", "merging"},
    {"MergeRequested", "merging"},
    {"MilestoneReached", "evidence"},
    {"OrderIssued", "evidence"},
    {"ParentLinked", "parent"},
    {"ParkReviewDue", ""},
    {"PartyOpinionGiven", ""},
    {"PlanAgreed", ""},
    {"PublicityEnded", ""},
    {"RedCardIssued", "card"},
    {"ResultPublicised", ""},
    {"ReturnAccepted", "lead"},
    {"ReturnRefused", ""},
    {"ReturnRequested", "returns returned_by"},
    {"SlaBreached", ""},
    {"StageBreached", ""},
    {"SupervisionIssued", "supervision"},
    {"SupervisionLifted", "supervision"},
    {"TripartiteMeetingHeld", "evidence"},
    {"Verified", "verified"},
    {"WhistleAnswered", "whistle_answered"},
    {"WhistleAnsweredLate", "whistle_answered"},
    {"WhistleBlown", "whistle_open whistle_kind whistle_bodies whistle_answered"},
    {"WhistleClosed", "whistle_open whistle_kind whistle_bodies whistle_answered"},
    {"WhistleRequested", ""},
    {"WorkAccepted", ""},
    {"YellowCardIssued", "card"},
});
static_assert(std::ranges::is_sorted(kRows, {}, &Row::type));

const Row* find(std::string_view type) {
  const auto at = std::ranges::lower_bound(kRows, type, {}, &Row::type);
  return at != kRows.end() && at->type == type ? &*at : nullptr;
}

}  // namespace

bool is_event(std::string_view type) {
  return find(type) != nullptr;
}

std::string_view facts_changed_by(std::string_view type) {
  const Row* row = find(type);
  return row == nullptr ? std::string_view() : row->facts;
}

}  // namespace lastkm::rules

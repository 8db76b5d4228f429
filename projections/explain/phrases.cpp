#include "projections/explain/phrases.h"

#include <algorithm>
#include <array>

namespace lastkm::explain {

namespace {

struct Phrase {
  std::string_view key;
  Both text;
};

template <std::size_t n>
constexpr bool is_sorted(const std::array<Phrase, n>& table) {
  return std::is_sorted(table.begin(), table.end(),
                        [](const Phrase& a, const Phrase& b) { return a.key < b.key; });
}
template <std::size_t n>
std::optional<Both> find(const std::array<Phrase, n>& table, std::string_view key) {
  const auto at =
      std::lower_bound(table.begin(), table.end(), key,
                       [](const Phrase& phrase, std::string_view wanted) { return phrase.key < wanted; });
  if (at == table.end() || at->key != key) return std::nullopt;
  return at->text;
}

constexpr auto kEvents = std::to_array<Phrase>({
    {"ActionTaken", {"已采取处置措施", "action was taken"}},
    {"AnnouncementPublished", {"已张贴公告", "an announcement was published"}},
    {"ArrivedOnSite", {"已到达现场", "somebody arrived on site"}},
    {"AuditReportFiled", {"审计报告已归入案卷", "the audit report was filed"}},
    {"CallbackOpened",
     {"主案反馈已核查，开始回访", "the call-backs began, the master's result having been checked"}},
    {"CallbackRecorded", {"回访结果已记录", "a call-back was recorded"}},
    {"CallbackReset",
     {"主案重办，原回访作废", "the master is done again: the call-backs before count no longer"}},
    {"CallerNotified", {"已告知诉求人", "the caller was told"}},
    {"CaseAccepted", {"诉求已受理", "the request was accepted"}},
    {"CaseAnswered", {"诉求已即时答复", "the request was answered on the spot"}},
    {"CaseArchived", {"案卷已归档", "the case was archived"}},
    {"CaseClosed", {"案件已办结", "the case was closed"}},
    {"CaseDispatched", {"案件已派单并确定主办单位", "the case was dispatched and its lead named"}},
    {"CaseEscalated", {"案件升级办理", "the case was taken to the next level"}},
    {"CaseParked", {"案件已挂账", "the case was parked"}},
    {"CaseRedirected", {"已引导至其他法定途径", "the caller was guided to another lawful channel"}},
    {"CaseRegistered", {"诉求已登记", "the request was registered"}},
    {"CaseReopened", {"案件重新办理", "the case was reopened"}},
    {"CaseSigned", {"主办单位已签收", "the lead signed for the case"}},
    {"CaseTerminated", {"案件终止办理", "the case was terminated"}},
    {"CaseUnmerged", {"案件已解除合并", "the case was separated from its master again"}},
    {"CaseUnparked", {"案件解除挂账", "the case was taken up again after parking"}},
    {"CasesMerged", {"案件已并入主案", "the case was merged into a master case"}},
    {"ChildAdopted", {"一件案件已并入本案", "another case was taken in under this one"}},
    {"ChildCaseOpened", {"衍生案件已登记", "a case that arose from this one was noted"}},
    {"ChildReleased", {"一件案件不再随本案办理", "another case was let go of"}},
    {"ClockResumed", {"计时恢复", "a clock was resumed"}},
    {"ClockSuspended", {"计时暂停", "a clock was suspended"}},
    {"CoHandlerReported", {"协办单位已反馈", "a co-handler reported"}},
    {"CompulsoryRemoval", {"已强制拆除", "a compulsory removal was carried out"}},
    {"DeliberationConcluded", {"议事协商已结束", "the deliberation was concluded"}},
    {"DeliberationHeld", {"已召开议事协商会", "a deliberation was held"}},
    {"DeliberationOpened", {"议事协商已启动", "a deliberation was opened"}},
    {"DisputeOpened", {"职责争议已提交裁定", "the question of who is responsible went to the panel"}},
    {"DisputeProposed", {"系统建议提交裁定会商", "the system proposes to ask the panel"}},
    {"DisputeRuled", {"争议已裁定并确定主办单位", "the panel ruled and named the lead"}},
    {"DueDateRecomputed", {"期限已按新日历重新计算", "due dates were computed anew from another calendar"}},
    {"EmergencyConfirmed", {"应急使用已确认", "the emergency use was confirmed"}},
    {"EmergencyFundRequested",
     {"已申请应急使用维修资金", "emergency use of the maintenance fund was requested"}},
    {"EmergencyPlanChecked", {"应急维修方案已核查", "the emergency repair plan was checked"}},
    {"EmergencyTransferred", {"紧急来电已即时转接", "the emergency was transferred within the call"}},
    {"EvidenceAdded", {"已补充证据材料", "evidence was added"}},
    {"ExtensionGranted", {"延期申请已同意", "an extension was granted"}},
    {"ExtensionRefused", {"延期申请未获同意", "the extension was refused"}},
    {"ExtensionRequested", {"已申请延期", "an extension was asked for"}},
    {"FactCorrected", {"一项事实已更正", "a fact was corrected"}},
    {"FeedbackAccepted", {"办结反馈审核通过", "the report of completion was accepted"}},
    {"FeedbackRejected", {"办结反馈被退回", "the report of completion was sent back"}},
    {"FeedbackSubmitted", {"已提交办结反馈", "completion was reported"}},
    {"FirstContactMade", {"已首次联系诉求人", "the caller was contacted for the first time"}},
    {"FundDrawApproved", {"维修资金划拨已批准", "the draw from the fund was approved"}},
    {"InterimFeedbackGiven", {"已作阶段性反馈", "interim feedback was given"}},
    {"JointMeetingHeld", {"已召开联席会议", "a joint meeting was held"}},
    {"LegalHoldLifted", {"依法保全已解除", "the legal hold was lifted"}},
    {"LegalHoldPlaced", {"案卷依法保全，暂不归档", "a legal hold was placed on the case"}},
    {"MarkPassed", {"一个时间节点已过，无须采取措施", "a mark passed that asked for nothing"}},
    {"MediationConcluded", {"调解已结束", "the mediation was concluded"}},
    {"MediationHeld", {"已进行调解", "a mediation was held"}},
    {"MediationOpened", {"调解已启动", "a mediation was opened"}},
    {"MergeRefused", {"主案未接收，本案继续单独办理", "the master case did not take this one in"}},
    {"MergeRequested", {"已申请并入主案", "the case asked to be merged into a master case"}},
    {"MilestoneReached", {"已完成一个阶段目标", "a milestone was reached"}},
    {"OrderIssued", {"已下达责令通知", "an order was issued"}},
    {"ParentLinked", {"已注明本案由何案衍生", "the case that this one arose from was noted"}},
    {"ParkReviewDue", {"挂账案件应予复核", "the parked case is to be reviewed"}},
    {"PartyOpinionGiven", {"党组织已出具意见", "the party organization gave its opinion"}},
    {"PlanAgreed", {"方案已商定", "a plan was agreed"}},
    {"PublicityEnded", {"公示期满", "the time of publicity ended"}},
    {"RedCardIssued", {"发出红牌", "a red card was issued"}},
    {"ResultPublicised", {"结果已公示", "the result was made public"}},
    {"ReturnAccepted", {"退单申请已同意", "the return was accepted"}},
    {"ReturnRefused", {"退单申请未获同意", "the return was refused"}},
    {"ReturnRequested", {"主办单位申请退单", "the lead asked to return the case"}},
    {"SlaBreached", {"办理超期", "the limit for handling was exceeded"}},
    {"StageBreached", {"环节超时", "the limit of a step was exceeded"}},
    {"SupervisionIssued", {"已启动督办", "supervision was issued"}},
    {"SupervisionLifted", {"督办已解除", "supervision was lifted"}},
    {"SupplementReceived", {"收到同一诉求的补充内容", "more was said on the same request"}},
    {"TerminationRefused", {"终止申请未获同意", "termination was refused"}},
    {"TerminationRequested", {"主办单位已申请终止", "the lead has asked for termination"}},
    {"TripartiteMeetingHeld", {"已召开三方联席会议", "a meeting of the three parties was held"}},
    {"VerificationOrdered", {"已安排现场核查", "a check on site was ordered"}},
    {"Verified", {"核查结果已记录", "the result was checked on site"}},
    {"WhistleAnswered", {"部门已报到", "a body answered the whistle"}},
    {"WhistleAnsweredLate", {"部门逾期报到", "a body answered the whistle late"}},
    {"WhistleBlown", {"街道已吹哨", "a whistle was blown"}},
    {"WhistleClosed", {"已销哨并评分", "the whistle was closed and scored"}},
    {"WhistleRequested", {"已申请吹哨", "a whistle was asked for"}},
    {"WorkAccepted", {"工程已验收", "the work was accepted"}},
    {"WorkflowMigrated", {"案件已改用新版流程", "the case was moved to another version of its workflow"}},
    {"YellowCardIssued", {"发出黄牌", "a yellow card was issued"}},
});
static_assert(is_sorted(kEvents));

constexpr auto kFacts = std::to_array<Phrase>({
    {"actor.body", {"申请单位", "the body that asks"}},
    {"actor.kind", {"申请单位的类别", "the kind of body that asks"}},
    {"actor.person", {"经办人", "the person who asks"}},
    {"actor.place", {"申请单位的辖区", "the place of the body that asks"}},
    {"actor.role", {"经办人身份", "the role of who asks"}},
    {"case.anonymous", {"匿名", "anonymous"}},
    {"case.callbacks", {"回访次数", "call-backs so far"}},
    {"case.callbacks_reached", {"接通的回访次数", "call-backs that reached the caller"}},
    {"case.card", {"牌色", "the card"}},
    {"case.category", {"诉求分类", "the category"}},
    {"case.channel", {"来源渠道", "the channel"}},
    {"case.children", {"衍生案件", "cases that arose from it"}},
    {"case.co_handlers", {"协办单位", "the co-handlers"}},
    {"case.co_handlers_pending", {"尚未反馈的协办单位数", "co-handlers that have yet to report"}},
    {"case.confidential", {"要求保密", "confidential"}},
    {"case.contacts", {"联系诉求人次数", "contacts with the caller"}},
    {"case.days_since_close", {"办结后天数", "days since the closing"}},
    {"case.dispatches", {"派单次数", "dispatches so far"}},
    {"case.disputes", {"争议次数", "disputes so far"}},
    {"case.evidence", {"证据份数", "pieces of evidence"}},
    {"case.extension_asked_by", {"申请延期的单位", "who has asked for an extension"}},
    {"case.extension_n", {"申请延期的数量", "the extension asked for"}},
    {"case.extension_unit", {"申请延期的单位时间", "its unit"}},
    {"case.extensions", {"已延期次数", "extensions granted"}},
    {"case.feedback_by", {"提交反馈的单位", "who reported completion"}},
    {"case.feedbacks", {"反馈次数", "reports of completion"}},
    {"case.id", {"案件编号", "the id of the case"}},
    {"case.imported", {"历史导入", "imported"}},
    {"case.lead", {"主办单位", "the lead"}},
    {"case.legal_hold", {"依法保全", "under a legal hold"}},
    {"case.level", {"办理层级", "the level"}},
    {"case.master", {"主案", "the master case"}},
    {"case.merged", {"并入本案的案件", "cases merged into it"}},
    {"case.merging", {"等待答复的主案", "the case asked to be its master"}},
    {"case.occurred_at", {"诉求发生时间", "when the request was made"}},
    {"case.parent", {"衍生来源案件", "the case that it arose from"}},
    {"case.parked_for", {"挂账原因", "what it is parked for"}},
    {"case.parks", {"挂账次数", "times parked"}},
    {"case.place", {"地点", "the place"}},
    {"case.reopens", {"重办次数", "reopenings so far"}},
    {"case.respondent", {"被投诉单位", "the respondent"}},
    {"case.returned_by", {"曾申请退单的单位", "bodies that asked to return it"}},
    {"case.returns", {"退单申请次数", "requests for return"}},
    {"case.ruled", {"已经裁定", "ruled by the panel"}},
    {"case.satisfied", {"满意情况", "satisfied"}},
    {"case.solved", {"解决情况", "solved"}},
    {"case.stage", {"环节", "the stage"}},
    {"case.supervision", {"督办级别", "the level of supervision"}},
    {"case.termination_asked_by", {"申请终止的单位", "who has asked for termination"}},
    {"case.tries", {"本轮回访次数", "call-backs about what was done last"}},
    {"case.tries_days_apart",
     {"本轮首末次回访相隔天数", "days between the first and the last of these call-backs"}},
    {"case.type", {"诉求类型", "the type"}},
    {"case.urgency", {"紧急程度", "the urgency"}},
    {"case.verified", {"核查结果", "verified"}},
    {"case.version", {"案件版本", "the version of the case"}},
    {"case.whistle_answered", {"已报到的部门", "bodies that answered the whistle"}},
    {"case.whistle_bodies", {"被吹哨的部门", "bodies called by the whistle"}},
    {"case.whistle_kind", {"吹哨类别", "the kind of whistle"}},
    {"case.whistle_open", {"吹哨未销", "a whistle is open"}},
    {"category.about_conduct", {"分类涉及工作作风", "the category is about conduct"}},
    {"category.action_is_handling", {"分类时限即办理时限", "the category's limit is the limit for handling"}},
    {"category.action_n", {"分类自身时限", "the category's own limit"}},
    {"category.action_unit", {"分类自身时限的单位", "the unit of the category's own limit"}},
    {"category.co_handlers", {"分类的协办单位", "the kinds of bodies that may help with the category"}},
    {"category.coded", {"分类属部件或事件（须现场核查）", "the category is checked on site"}},
    {"category.evidence_required", {"分类要求证据", "the category demands evidence"}},
    {"category.responsible", {"分类的责任主体", "the kinds of bodies responsible for the category"}},
    {"category.taken_back", {"职责已由部门收回", "the duty was taken back by departments"}},
    {"category.type", {"分类的诉求类型", "the type of the category"}},
    {"category.urgency", {"分类的紧急程度", "the urgency of the category"}},
    {"category.whistle", {"分类可吹哨的部门", "the kinds of bodies that the category may call"}},
    {"engine.problem", {"引擎遇到的问题", "what the engine could not do"}},
});
static_assert(is_sorted(kFacts));

constexpr auto kRefusals = std::to_array<Phrase>({
    {"bad-case", {"所指案件的编号不成立", "what was named is no case"}},
    {"bad-data", {"所填内容不符合要求", "a field was not as the workflow demands it"}},
    {"before-opening", {"所述时间早于诉求发生时间", "what is told of lies before the request"}},
    {"calendar-missing",
     {"期限所在年份没有生效的工作日历", "no working calendar is in force for the year of the due time"}},
    {"clocks-pending",
     {"到期事项过多，尚未处理完", "more of the case had fallen due than one decision can handle"}},
    {"document-missing",
     {"案件所依据的流程文件未生效", "the workflow that the case follows is not in force"}},
    {"evaluation", {"规则无法对本案求值", "a rule could not be evaluated for the case"}},
    {"follow-up-gap", {"前一项后续事项尚未到达", "an earlier follow-up had not arrived"}},
    {"follow-up-repeat", {"该后续事项已经处理过", "the follow-up had been handled before"}},
    {"forbidden-role", {"经办人的身份无权办理此步骤", "the role of the person may not take this step"}},
    {"guard-failed", {"规则的条件不成立", "the conditions of the rule did not hold"}},
    {"key-reused", {"同一幂等键曾用于另一请求", "the idempotency key had been used for another request"}},
    {"out-of-range", {"期限超出可计算范围", "the period cannot be computed"}},
    {"skipped", {"运维人员跳过了无法裁定的命令", "an operator skipped a command that could not be decided"}},
    {"too-large", {"一次决定的内容过大", "the decision would have been too large"}},
    {"too-many-events", {"一次决定的事件过多", "the decision would have held too many events"}},
    {"undecodable", {"记录无法识读", "the record could not be read"}},
    {"unknown-body", {"所称单位不在册", "a body that was named is not in force"}},
    {"unknown-case", {"没有这个案件", "there was no such case"}},
    {"unknown-command", {"流程没有这个步骤", "the workflow has no such step"}},
    {"version-conflict",
     {"申请人所见的案件版本已过时", "the person had an older version of the case before them"}},
    {"wrong-stage", {"案件所处环节不允许此步骤", "the step is not allowed in the stage the case was in"}},
});
static_assert(is_sorted(kRefusals));

}  // namespace

std::optional<Both> phrase_of_event(std::string_view type) {
  return find(kEvents, type);
}
std::optional<Both> name_of_fact(std::string_view fact) {
  return find(kFacts, fact);
}
std::optional<Both> sentence_of_refusal(std::string_view code) {
  return find(kRefusals, code);
}

Both name_of_unit(calendar::Unit unit) {
  switch (unit) {
    case calendar::Unit::natural_minutes:
      return {"分钟", "minutes"};
    case calendar::Unit::natural_hours:
      return {"小时", "hours"};
    case calendar::Unit::natural_days:
      return {"自然日", "natural days"};
    case calendar::Unit::working_minutes:
      return {"工作分钟", "working minutes"};
    case calendar::Unit::working_hours:
      return {"工作小时", "working hours"};
    case calendar::Unit::working_days:
      return {"工作日", "working days"};
  }
  return {"", ""};
}

}  // namespace lastkm::explain

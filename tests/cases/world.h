// A small world for the tests of this folder: five bodies, a catalogue, the shipped calendar, and a workflow
// that uses everything the language has. `Life` leads one case through it.
#pragma once

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/cases/decide.h"
#include "engine/cases/evolve.h"
#include "engine/json/read.h"
#include "engine/lane/state.h"
#include "engine/record/canonical.h"
#include "engine/record/digest.h"
#include "tests/source_folder.h"

namespace lastkm::cases {

inline Value parsed(const std::string& text) {
  auto read = json::read_value(text, "test");
  if (!read) FAIL(read.error().message + " " + read.error().path);
  return *read;
}

inline Value from_file(const std::string& name) {
  std::ifstream file(lastkm::test::source_folder() + "/" + name);
  return parsed(std::string(std::istreambuf_iterator<char>(file), {}));
}

inline const char* const kWorkflow = R"json({
 "kind":"workflow","id":"mini","version":1,"title":{"zh":"小","en":"Mini"},"profile":"TEST",
 "applies":"!(has(cmd.place) && under(cmd.place, '11'))",
 "stages":[
  {"id":"NEW","title":{"zh":"n","en":"n"},"holders":"body('HOTLINE', case.place)"},
  {"id":"SENT","title":{"zh":"n","en":"n"},"holders":"case.lead"},
  {"id":"WORK","title":{"zh":"n","en":"n"},"holders":"case.lead"},
  {"id":"TOLD","title":{"zh":"n","en":"n"},"holders":"body('HOTLINE', case.place)"},
  {"id":"HELD","title":{"zh":"n","en":"n"},"holders":"body('HOTLINE', case.place)"},
  {"id":"DONE","title":{"zh":"n","en":"n"},"ends":true}],
 "clocks":[
  {"id":"sign","title":{"zh":"s","en":"s"},"limits":[{"when":"case.urgency == 'CRITICAL'","n":10,"unit":"NM"},{"n":4,"unit":"WH"}],
   "on_due":{"events":[{"type":"StageBreached","data":{"clock":"'sign'"}}]}},
  {"id":"handle","title":{"zh":"h","en":"h"},
   "limits":[{"when":"case.type == 'ENQUIRY'","n":3,"unit":"WD"},{"when":"case.type == 'SUGGESTION'","n":7,"unit":"WD"},{"when":"case.type == 'REPORT'","n":15,"unit":"WD"}],
   "marks":[{"id":"yellow","n":-1,"when":"case.card == 'none'","events":[{"type":"YellowCardIssued"}]},
            {"id":"red","n":1,"events":[{"type":"RedCardIssued"},{"type":"SupervisionIssued","when":"case.supervision < 2","data":{"level":"2","reason":"'OVERDUE'"}}]}],
   "on_due":{"events":[{"type":"SlaBreached"}]}},
  {"id":"level_0","title":{"zh":"l","en":"l"},"limits":[{"n":3,"unit":"WD"}],
   "on_due":{"events":[{"type":"StageBreached"},{"type":"CaseEscalated","when":"case.level == 0","data":{"level":"1","lead":"body('COMMUNITY_PARTY', case.place)"}}],
             "clocks":[{"op":"start","clock":"level_1"}]}},
  {"id":"level_1","title":{"zh":"l","en":"l"},"limits":[{"n":3,"unit":"WD"}],
   "on_due":{"events":[{"type":"StageBreached"}]}},
  {"id":"tick","title":{"zh":"t","en":"t"},"limits":[{"n":1,"unit":"NM"}],
   "on_due":{"events":[{"type":"ParkReviewDue"},{"type":"InterimFeedbackGiven"}],"clocks":[{"op":"start","clock":"tick"}]}},
  {"id":"fuse","title":{"zh":"f","en":"f"},"limits":[{"n":1,"unit":"NH"}],
   "on_due":{"events":[{"type":"ParkReviewDue","when":"case.type == 'REPORT'"}],"clocks":[{"op":"start","clock":"far"}]}},
  {"id":"far","title":{"zh":"f","en":"f"},"limits":[{"n":700,"unit":"WD"}],"on_due":{"events":[{"type":"ParkReviewDue"}]}}],
 "commands":[
  {"name":"Open","title":{"zh":"o","en":"o"},"opens":true,"roles":["AGENT"],"fields":[
    {"name":"type","kind":"code","one_of":["ENQUIRY","SUGGESTION","REPORT"]},{"name":"category","kind":"category"},
    {"name":"urgency","kind":"code","required":false},{"name":"place","kind":"place"},{"name":"text","kind":"text","required":false}],
   "transitions":[{"id":"T1","to":"NEW","events":[{"type":"CaseRegistered"}],"clocks":[{"op":"start","clock":"handle"}]}]},
  {"name":"Send","title":{"zh":"o","en":"o"},"roles":["DISPATCHER","SUPERVISOR"],"fields":[{"name":"lead","kind":"body"},{"name":"co_handlers","kind":"co_handlers","required":false}],
   "transitions":[{"id":"T2","from":["NEW","SENT"],"to":"SENT",
     "require":[{"if":"kind_of(cmd.lead) != 'HOTLINE'","code":"bad-lead","text":{"zh":"x","en":"The hotline leads no case."}}],
     "events":[{"type":"CaseDispatched"}],"clocks":[{"op":"start","clock":"sign"},{"op":"start","clock":"level_0"}]}]},
  {"name":"Sign","title":{"zh":"o","en":"o"},"roles":["HANDLER"],"fields":[],
   "transitions":[{"id":"T3","from":["SENT"],"to":"WORK","require":[{"if":"actor.body == case.lead","code":"not-lead","text":{"zh":"x","en":"Only the lead signs."}}],
     "events":[{"type":"CaseSigned"}],"clocks":[{"op":"stop","clock":"sign"}]}]},
  {"name":"Pause","title":{"zh":"o","en":"o"},"roles":["SUPERVISOR"],"fields":[{"name":"clock","kind":"clock"},{"name":"reason","kind":"code"}],
   "transitions":[{"id":"T4","from":"open","events":[{"type":"ClockSuspended"}],"clocks":[{"op":"suspend","clock_from":"cmd.clock"}]}]},
  {"name":"GoOn","title":{"zh":"o","en":"o"},"roles":["SUPERVISOR"],"fields":[{"name":"clock","kind":"clock"}],
   "transitions":[{"id":"T5","from":"open","events":[{"type":"ClockResumed"}],"clocks":[{"op":"resume","clock_from":"cmd.clock"}]}]},
  {"name":"Park","title":{"zh":"o","en":"o"},"roles":["SUPERVISOR"],"fields":[{"name":"reason","kind":"code"},{"name":"review_on","kind":"date"}],
   "transitions":[{"id":"T6","from":"open","when":"case.parked_for == ''","require":[{"if":"future(cmd.review_on)","code":"review-not-in-future","text":{"zh":"x","en":"The review lies in the future."}}],
     "events":[{"type":"CaseParked"}],"clocks":[{"op":"suspend","clock":"*"}]}]},
  {"name":"Unpark","title":{"zh":"o","en":"o"},"roles":["SUPERVISOR"],"fields":[],
   "transitions":[{"id":"T7","from":"open","when":"case.parked_for != ''","events":[{"type":"CaseUnparked"}],"clocks":[{"op":"resume","clock":"*"}]}]},
  {"name":"Extend","title":{"zh":"o","en":"o"},"roles":["SUPERVISOR"],"fields":[{"name":"n","kind":"integer","min":1,"max":7},{"name":"unit","kind":"code"}],
   "transitions":[{"id":"T8","from":"open","require":[{"if":"clock.handle.state in ['running', 'suspended']","code":"past-due","text":{"zh":"x","en":"Before it is due."}}],
     "events":[{"type":"ExtensionGranted"}],"clocks":[{"op":"extend","clock":"handle","n":"cmd.n","unit":"cmd.unit"}]}]},
  {"name":"Tell","title":{"zh":"o","en":"o"},"roles":["HANDLER"],"fields":[{"name":"evidence","kind":"evidence"}],
   "transitions":[{"id":"T9","from":["WORK"],"to":"TOLD","require":[{"if":"cmd.evidence > 0","code":"evidence-missing","text":{"zh":"x","en":"Evidence is missing."}}],
     "events":[{"type":"FeedbackSubmitted","data":{"*":"input","by":"actor.body"}}],"clocks":[{"op":"stop","clock":"handle"},{"op":"stop","clock":"level_0"},{"op":"stop","clock":"level_1"}]}]},
  {"name":"Refuse","title":{"zh":"o","en":"o"},"roles":["AGENT"],"fields":[{"name":"reason","kind":"code"}],
   "transitions":[{"id":"T10","from":["TOLD"],"to":"WORK","events":[{"type":"FeedbackRejected"}],"clocks":[{"op":"restore","clock":"handle"}]}]},
  {"name":"Close","title":{"zh":"o","en":"o"},"roles":["AGENT"],"fields":[{"name":"solved","kind":"boolean"}],
   "transitions":[{"id":"T11","from":["TOLD"],"when":"cmd.solved","to":"DONE","events":[{"type":"CallbackRecorded","data":{"reached":"true","solved":"'yes'"}},{"type":"CaseClosed"}],"clocks":[{"op":"stop","clock":"sign"}],
                    "asks":[{"of":"case.merged","command":"End","data":{"master":"case.id"}}]},
                  {"id":"T12","from":["TOLD"],"when":"!cmd.solved","to":"SENT","events":[{"type":"CaseReopened","data":{"reason":"'UNSOLVED'"}}],
                   "clocks":[{"op":"start","clock":"handle","n":"max(2, (clock.handle.n + 1) / 2)","unit":"'WD'"},{"op":"start","clock":"sign"}]}]},
  {"name":"Begin","title":{"zh":"o","en":"o"},"roles":["SUPERVISOR"],"fields":[{"name":"which","kind":"code","one_of":["tick","fuse","far","none"]}],
   "transitions":[{"id":"T13","from":"any","events":[{"type":"MilestoneReached","when":"cmd.which != 'none'"}],
     "clocks":[{"op":"start","clock":"tick","when":"cmd.which == 'tick'"},{"op":"start","clock":"fuse","when":"cmd.which == 'fuse'"},{"op":"start","clock":"far","when":"cmd.which == 'far'"}]}]},
  {"name":"Merge","title":{"zh":"m","en":"m"},"roles":["DISPATCHER"],"fields":[{"name":"master","kind":"code"}],
   "transitions":[{"id":"L1","from":["NEW"],"require":[{"if":"cmd.master != case.id && case.merging == '' && size(case.merged) == 0","code":"no-merge","text":{"zh":"x","en":"x"}}],
     "events":[{"type":"MergeRequested"}],"asks":[{"of":"cmd.master","command":"Adopt","refused":"Unheard","data":{"child":"case.id"}}]}]},
  {"name":"Adopt","title":{"zh":"m","en":"m"},"from_cases":true,"fields":[{"name":"child","kind":"code"}],
   "transitions":[{"id":"L2","from":"open","require":[{"if":"case.master == '' && case.merging == ''","code":"no-master","text":{"zh":"x","en":"x"}}],
     "events":[{"type":"ChildAdopted"}],"asks":[{"of":"cmd.child","command":"Confirm","refused":"Release","data":{"master":"case.id"}}]}]},
  {"name":"Confirm","title":{"zh":"m","en":"m"},"from_cases":true,"fields":[{"name":"master","kind":"code"}],
   "transitions":[{"id":"L3","from":["NEW"],"to":"HELD","require":[{"if":"case.merging == cmd.master","code":"not-merging","text":{"zh":"x","en":"x"}}],
     "events":[{"type":"CasesMerged"}],"clocks":[{"op":"stop","clock":"handle"}]}]},
  {"name":"Unheard","title":{"zh":"m","en":"m"},"from_cases":true,"fields":[{"name":"case","kind":"code"},{"name":"reason","kind":"code"}],
   "transitions":[{"id":"L4","from":"any","require":[{"if":"case.merging == cmd.case","code":"not-merging","text":{"zh":"x","en":"x"}}],
     "events":[{"type":"MergeRefused","data":{"master":"cmd.case","reason":"cmd.reason"}}]}]},
  {"name":"Release","title":{"zh":"m","en":"m"},"from_cases":true,"fields":[{"name":"case","kind":"code"},{"name":"reason","kind":"code"}],
   "transitions":[{"id":"L5","from":"any","require":[{"if":"cmd.case in case.merged","code":"not-merged","text":{"zh":"x","en":"x"}}],
     "events":[{"type":"ChildReleased","data":{"child":"cmd.case"}}]}]},
  {"name":"Split","title":{"zh":"m","en":"m"},"roles":["DISPATCHER"],"fields":[{"name":"reason","kind":"code"}],
   "transitions":[{"id":"L6","from":["HELD"],"to":"NEW","events":[{"type":"CaseUnmerged"}],
     "asks":[{"of":"case.master","command":"Release","data":{"case":"case.id","reason":"cmd.reason"}}],"clocks":[{"op":"restore","clock":"handle"}]}]},
  {"name":"End","title":{"zh":"m","en":"m"},"from_cases":true,"fields":[{"name":"master","kind":"code"}],
   "transitions":[{"id":"L7","from":["HELD"],"to":"DONE","require":[{"if":"case.master == cmd.master","code":"not-merged","text":{"zh":"x","en":"x"}}],
     "events":[{"type":"CaseClosed"}],"clocks":[{"op":"stop","clock":"handle"},{"op":"stop","clock":"tick"},{"op":"stop","clock":"fuse"},{"op":"stop","clock":"far"}]}]},
  {"name":"Try","title":{"zh":"o","en":"o"},"roles":["SUPERVISOR"],"fields":[
    {"name":"code","kind":"code","required":false,"one_of":["A","B"]},{"name":"text","kind":"text","required":false},{"name":"caller","kind":"caller","required":false},
    {"name":"number","kind":"integer","required":false,"min":1,"max":9},{"name":"flag","kind":"boolean","required":false},{"name":"time","kind":"time","required":false},
    {"name":"date","kind":"date","required":false},{"name":"body","kind":"body","required":false},{"name":"bodies","kind":"bodies","required":false,"min":1,"max":2},
    {"name":"helpers","kind":"co_handlers","required":false},{"name":"place","kind":"place","required":false},{"name":"category","kind":"category","required":false},
    {"name":"clock","kind":"clock","required":false},{"name":"evidence","kind":"evidence","required":false},{"name":"scores","kind":"scores","required":false},
    {"name":"person","kind":"person","required":false},{"name":"value","kind":"value","required":false}],
   "transitions":[{"id":"T14","from":"any","events":[{"type":"MilestoneReached"}]}]}]
})json";

inline const char* const kBodies = R"json({"kind":"bodies","id":"b","version":1,"bodies":[
 {"id":"HOTLINE-510108","kind":"HOTLINE","place":"510108","title":{"zh":"x","en":"x"},"roles":["AGENT","DISPATCHER","SUPERVISOR"]},
 {"id":"COMMUNITY_PARTY-510108017006","kind":"COMMUNITY_PARTY","place":"510108017006","title":{"zh":"x","en":"x"},"roles":["HANDLER"]},
 {"id":"PSC-5101080170060001","kind":"PSC","place":"5101080170060001","title":{"zh":"x","en":"x"},"roles":["HANDLER"]},
 {"id":"OC-5101080170060001","kind":"OC","place":"5101080170060001","title":{"zh":"x","en":"x"},"roles":["HANDLER"]}]})json";

inline const char* const kPlaces = R"json({"kind":"places","id":"p","version":1,"places":[
 {"code":"510108","title":{"zh":"x","en":"x"},"level":"district"},
 {"code":"110101","title":{"zh":"x","en":"x"},"level":"district"},
 {"code":"5101080170060001","title":{"zh":"x","en":"x"},"level":"compound"}]})json";

inline const char* const kCatalogue = R"json({"kind":"catalogue","id":"c","version":1,"categories":[
 {"id":"C15","title":{"zh":"x","en":"x"},"type":"SUGGESTION","urgency":"NORMAL","responsible":["OC"]}]})json";

inline std::shared_ptr<const directory::Context> world_of(const std::vector<Value>& documents) {
  std::shared_ptr<const directory::Context> context;
  std::int64_t ordinal = 0;
  for (const Value& content : documents) {
    record::Document document;
    document.ordinal = DirectoryOrdinal(++ordinal);
    document.kind = std::string(content.text("kind"));
    document.id = std::string(content.text("id"));
    document.version = content.number("version");
    document.content = content;
    document.sha256 = record::hex(record::sha256(record::canonical(content)));
    auto made = directory::with_document(context, document);
    if (!made) FAIL(made.error().code + ": " + made.error().message + " " + made.error().path);
    context = *made;
  }
  return context;
}

inline const std::shared_ptr<const directory::Context>& world() {
  static const auto made = world_of({from_file("schemas/directory/calendar-2025-2026.json"), parsed(kBodies),
                                     parsed(kPlaces), parsed(kCatalogue), parsed(kWorkflow)});
  return made;
}

inline Instant at(const std::string& text) {
  auto read = parse_instant(text.size() == 16 ? text + ":00+08:00" : text);
  if (!read) FAIL(read.error().message);
  return *read;
}

inline const record::Actor kAgent{BodyId("HOTLINE-510108"), "AGENT", "P-1", ""};
inline const record::Actor kDispatcher{BodyId("HOTLINE-510108"), "DISPATCHER", "P-2", ""};
inline const record::Actor kSupervisor{BodyId("HOTLINE-510108"), "SUPERVISOR", "P-3", ""};
inline const record::Actor kPsc{BodyId("PSC-5101080170060001"), "HANDLER", "P-4", ""};
inline const record::Actor kOc{BodyId("OC-5101080170060001"), "HANDLER", "P-5", ""};
inline const record::Actor kCommunity{BodyId("COMMUNITY_PARTY-510108017006"), "HANDLER", "P-6", ""};

inline const std::string kOpening = R"({"type":"SUGGESTION","category":"C15","place":"5101080170060001"})";
inline const std::string kProof =
    R"({"evidence":[{"sha256":")" + std::string(64, 'a') + R"(","mime":"image/jpeg"}]})";

inline record::Command command(const std::string& name, const record::Actor& actor, const std::string& input,
                               Instant now) {
  record::Command out;
  out.id = CommandId("0123456789abcdef0123456789abcdef");
  out.aggregate = AggregateId("fedcba9876543210fedcba9876543210");
  out.name = name;
  out.actor = actor;
  out.occurred_at = now;
  out.recorded_at = now;
  out.input = parsed(input);
  return out;
}

inline Moment moment(Instant now, std::int32_t decider = lane::kNewestDecider) {
  return Moment{now, "17-000001", decider};
}

/// One case: what it is now, and all that has happened to it.
struct Life {
  std::shared_ptr<const directory::Context> context = world();
  CaseState state;
  std::int32_t decider = lane::kNewestDecider;
  std::vector<std::pair<record::Event, Instant>> history;

  Answer send(const record::Command& asked) {
    Answer answer = decide(state, asked, *context, moment(asked.recorded_at, decider));
    for (const record::Event& event : answer.events) history.emplace_back(event, asked.recorded_at);
    if (answer.after) state = *answer.after;
    return answer;
  }
  Answer send(const std::string& when, const std::string& name, const record::Actor& actor,
              const std::string& input = "{}") {
    return send(command(name, actor, input, at(when)));
  }
  /// The same, and it must be taken.
  Answer must(const std::string& when, const std::string& name, const record::Actor& actor,
              const std::string& input = "{}") {
    Answer answer = send(when, name, actor, input);
    if (answer.rejection)
      FAIL(name + ": " + answer.rejection->code + " " + answer.rejection->path + " " +
           answer.rejection->text);
    return answer;
  }
  [[nodiscard]] const Clock& clock(const std::string& name) const {
    const Clock* found = state.find_clock(name);
    if (found == nullptr) FAIL("no clock " + name);
    return *found;
  }
};

inline std::vector<std::string> types(const std::vector<record::Event>& events) {
  std::vector<std::string> out;
  for (const record::Event& event : events) out.push_back(event.type);
  return out;
}

inline std::string code(const Answer& answer) {
  return answer.rejection ? answer.rejection->code : "taken";
}

}  // namespace lastkm::cases

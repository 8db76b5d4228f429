#include <algorithm>
#include <set>

#include "engine/base/packed.h"
#include "tests/cases/world.h"

namespace lastkm::cases {
namespace {

record::Event event(const std::string& type, const std::string& data = "{}", std::int64_t seq = 1) {
  record::Event out;
  out.seq = seq;
  out.type = type;
  out.actor = kPsc;
  out.occurred_at = at("2026-03-16T09:00");
  out.data = parsed(data);
  return out;
}

bool known(const std::string& type, std::int32_t version) {
  record::Event one = event(type);
  one.version = version;
  return is_known(AggregateId(std::string(32, 'a')), one);
}

CaseState after(CaseState state, const std::string& type, const std::string& data = "{}") {
  const std::int64_t seq = state.version + 1;
  evolve(state, event(type, data, seq), at("2026-03-16T10:00"));
  return state;
}

TEST_CASE(
    "evolve: every type of the vocabulary folds, with all its members, with none, and with the wrong ones") {
  std::string before;
  for (const EventType& type : event_types()) {
    INFO(type.name);
    CHECK(before < type.name);
    before = type.name;
    CHECK(known(type.name, 1));
    CHECK_FALSE(known(type.name, 2));
    CHECK(after(CaseState{}, type.name).version == 1);
    Object wrong;
    for (const EventMember& member : type.members)
      wrong.set(member.name, Value(Array{Value(), Value(Object{})}));
    record::Event odd = event(type.name);
    odd.data = Value(std::move(wrong));
    odd.clocks =
        parsed(R"([7,{},{"clock":"x"},{"clock":"x","change":"started"},{"clock":"x","change":"breached"}])");
    odd.holders = parsed(R"([7,"A"])");
    CaseState folded;
    evolve(folded, odd, Instant{});
    CHECK(folded.version == 1);
    CHECK(folded.clocks.empty());
    CHECK(folded.holders == std::vector<std::string>{"A"});
    odd.data = Value();
    CaseState bare;
    evolve(bare, odd, Instant{});
    CHECK(bare.version == 1);
  }
  CHECK_FALSE(known("CaseForgotten", 1));
  CHECK(event_types().size() >= 73);
}

TEST_CASE("evolve: kinds of members are of the known ones") {
  const std::set<std::string> kinds{"text",        "integer", "boolean", "bodies",
                                    "co_handlers", "scores",  "sealed",  "any"};
  for (const EventType& type : event_types()) {
    for (const EventMember& member : type.members) CHECK(kinds.contains(member.kind));
  }
}

TEST_CASE("evolve: who made each event is kept, and read back") {
  CaseState s;
  for (const char* body : {"A", "A", "B", "A"}) {
    record::Event made = event("EvidenceAdded", "{}", s.version + 1);
    made.actor.body = BodyId(body);
    evolve(s, made, Instant{});
  }
  const auto again = unpack<CaseState>(pack(s));
  REQUIRE(again.has_value());
  for (const CaseState& one : {s, *again}) {
    CHECK(one.maker_of(0).empty());
    CHECK(one.maker_of(1) == "A");
    CHECK(one.maker_of(2) == "A");
    CHECK(one.maker_of(3) == "B");
    CHECK(one.maker_of(4) == "A");
    CHECK(one.maker_of(5).empty());
  }
  CHECK(s.makers.size() == 3);
}

TEST_CASE("evolve: what each event does to the facets") {
  CaseState s = after(
      CaseState{}, "CaseRegistered",
      R"({"ref":"1-000001","workflow":"w","workflow_version":3,"type":"HELP","category":"C01","place":"51",
                          "respondent":"PSC-1","anonymous":true,"channel":"CH-1"})");
  CHECK(s.ref == "1-000001");
  CHECK(s.workflow_version == 3);
  CHECK(s.anonymous);
  CHECK(s.opened_at == at("2026-03-16T10:00"));
  s = after(s, "CaseAccepted", R"({"type":"COMPLAINT","urgency":"URGENT"})");
  CHECK(s.type == "COMPLAINT");
  CHECK(s.category == "C01");
  s = after(
      s, "CaseDispatched",
      R"({"lead":"A","level":1,"co_handlers":[{"body":"B","due":"2026-03-20T00:00:00+08:00"},{"body":"C"}]})");
  CHECK(s.dispatches == 1);
  CHECK(s.level == 1);
  CHECK(s.co_handlers[0].due == at("2026-03-20T00:00"));
  s = after(s, "CoHandlerReported", R"({"body":"B"})");
  CHECK(s.co_handlers[0].reported);
  CHECK_FALSE(s.co_handlers[1].reported);
  s = after(s, "CaseEscalated", R"({"level":2,"lead":"C"})");
  CHECK(s.lead == "C");
  CHECK(s.level == 2);
  REQUIRE(s.co_handlers.size() == 2);
  CHECK(s.co_handlers[1].body.value == "A");
  s = after(s, "CaseEscalated", R"({"lead":""})");
  CHECK(s.lead == "C");
  CHECK(s.level == 3);
  s = after(s, "ReturnRequested", R"({"reason":"R-DUP"})");
  CHECK(s.returned_by == std::vector<std::string>{kPsc.body.value});
  s = after(s, "ReturnAccepted");
  CHECK(s.lead.empty());
  s = after(after(s, "DisputeOpened"), "DisputeRuled", R"({"lead":"D"})");
  CHECK(s.disputes == 1);
  CHECK(s.ruled);
  CHECK(s.lead == "D");
  s = after(s, "ExtensionRequested", R"({"by":"D","n":3,"unit":"WD"})");
  CHECK(s.extension_asked_by == "D");
  s = after(s, "ExtensionGranted", R"({"n":3,"unit":"WD"})");
  CHECK(s.extensions == 1);
  CHECK(s.extension_asked_by.empty());
  s = after(s, "CaseParked", R"({"reason":"P-ENG"})");
  CHECK(s.parked_for == "P-ENG");
  s = after(s, "CaseUnparked");
  CHECK(s.parked_for.empty());
  CHECK(s.parks == 1);
  s = after(s, "WhistleBlown", R"({"kind":"hard","bodies":["X","Y"]})");
  s = after(after(s, "WhistleAnswered", R"({"body":"X"})"), "WhistleAnsweredLate", R"({"body":"X"})");
  CHECK(s.whistle == Whistle{"hard", {"X", "Y"}, {"X"}});
  s = after(s, "WhistleClosed");
  CHECK_FALSE(s.whistle);
  s = after(after(s, "RedCardIssued"), "YellowCardIssued");
  CHECK(s.card == "red");
  s = after(s, "SupervisionIssued", R"({"level":3})");
  CHECK(s.supervision == 3);
  CHECK(after(s, "SupervisionLifted").supervision == 0);
  s = after(s, "FeedbackSubmitted", R"({"by":"D","evidence":[{},{}]})");
  CHECK(s.evidence == 2);
  CHECK(s.feedback_by == "D");
  s = after(s, "CallbackRecorded", R"({"reached":true,"solved":"no","satisfied":"basic"})");
  CHECK(s.callbacks_reached == 1);
  const CaseState again = after(s, "CallbackReset", R"({"master":"M"})");
  CHECK((again.solved + again.satisfied).empty());
  CHECK(again.tries == 0);
  CHECK_FALSE((again.first_try || again.last_try));
  CHECK(again.callbacks_reached == 1);
  CHECK(again.feedback_by == "D");
  s = after(after(s, "Verified", R"({"ok":true})"), "CaseClosed");
  CHECK(s.verified == "yes");
  CHECK(s.closed_at == at("2026-03-16T10:00"));
  s = after(s, "CaseReopened", R"({"reason":"X"})");
  CHECK(s.reopens == 1);
  CHECK((s.feedback_by + s.solved + s.satisfied + s.verified).empty());
  CHECK_FALSE(s.closed_at);
  s = after(after(s, "CasesMerged", R"({"master":"M"})"), "ChildCaseOpened", R"({"child":"K"})");
  CHECK(s.master == "M");
  CHECK(s.children == std::vector<std::string>{"K"});
  CHECK(after(s, "CaseUnmerged").master.empty());
  CHECK(after(s, "CaseTerminated").master.empty());
  s = after(s, "MergeRequested", R"({"master":"N"})");
  CHECK(s.merging == "N");
  for (const char* own_way :
       {"CaseAccepted", "CaseAnswered", "CaseRedirected", "CaseTerminated", "MergeRefused"})
    CHECK(after(s, own_way).merging.empty());
  CHECK(after(s, "CasesMerged", R"({"master":"N"})").merging.empty());
  s = after(after(s, "ChildAdopted", R"({"child":"L"})"), "ChildAdopted", R"({"child":"L"})");
  CHECK(s.merged == std::vector<std::string>{"L"});
  CHECK(after(s, "ChildReleased", R"({"child":"L"})").merged.empty());
  CHECK(after(s, "ChildReleased", R"({"child":"K"})").children.empty());
  CHECK(after(s, "ParentLinked", R"({"parent":"P"})").parent == "P");
  CHECK(after(s, "CaseArchived").archived_at == at("2026-03-16T10:00"));
  s = after(s, "FactCorrected", R"({"event_seq":1,"field":"place","value":"510108","reason":"X"})");
  CHECK(s.place == "510108");
  s = after(s, "FactCorrected", R"({"event_seq":1,"field":"lead","value":"Z","reason":"X"})");
  CHECK(s.lead == "D");
}

TEST_CASE("evolve: a closing that tells its own time is believed") {
  const CaseState s = after(CaseState{}, "CaseClosed", R"({"closed_at":"2025-12-01T09:00:00+08:00"})");
  CHECK(s.closed_at == at("2025-12-01T09:00"));
}

TEST_CASE("state: what is written is read back, and what is not a state is refused") {
  CaseState s;
  CHECK(*unpack<CaseState>(pack(s)) == s);
  s.id = AggregateId("a");
  s.clocks.push_back({"handle",
                      ClockState::suspended,
                      Instant{5},
                      Instant{-7},
                      {3, calendar::Unit::working_hours},
                      calendar::Amount{90, calendar::Unit::working_minutes},
                      Instant{11},
                      calendar::Amount{2, calendar::Unit::working_days},
                      {{1, calendar::Unit::working_days}},
                      {{"m", Instant{0}}},
                      true,
                      true});
  s.co_handlers.push_back({BodyId("B"), Instant{0}, true});
  s.whistle = Whistle{"", {}, {"x"}};
  s.remembered.push_back({CommandId("c"), "f", "", Ordinal(9), Instant{4}});
  s.card = "";
  s.closed_at = Instant{0};
  s.children = {"", "k"};
  s.merged = {"m"};
  s.merging = "n";
  s.parent = "p";
  s.archived_at = Instant{7};
  s.calendar = "cn@2";
  s.imported = true;
  CHECK(*unpack<CaseState>(pack(s)) == s);
  const std::string bytes = pack(s);
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    INFO(n);
    CHECK_FALSE(unpack<CaseState>(std::string_view(bytes).substr(0, n)));
  }
  CHECK_FALSE(unpack<CaseState>(bytes + "x"));
  CHECK_FALSE(unpack<CaseState>(R"({"version":1})"));
}

}  // namespace
}  // namespace lastkm::cases

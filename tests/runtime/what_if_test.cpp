#include "engine/runtime/what_if.h"

#include <catch2/catch.hpp>

#include "tests/runtime/bed.h"

namespace lastkm::runtime {

namespace {

/// The workflow of the bed with some of its words replaced.
Value draft(const std::vector<std::pair<std::string, std::string>>& words) {
  std::string text = record::canonical(workflow());
  for (const auto& [old, now] : words) {
    const std::size_t at = text.find(old);
    INFO(old);
    REQUIRE(at != std::string::npos);
    text.replace(at, old.size(), now);
  }
  return cases::parsed(text);
}

WhatIf tried(Bed& bed, const Value& under, std::int32_t* lanes = nullptr, WhatIfOptions options = {}) {
  auto log = log::open_simulated_log(bed.storage);
  auto result = what_if(*log, bed.deployment, under, options, [lanes](std::int32_t done) {
    if (lanes != nullptr) *lanes = done;
  });
  if (!result) FAIL(result.error().code + " " + result.error().message);
  return std::move(*result);
}

/// Six cases: three signed in time, three not (see live()).
struct Lived {
  Bed bed;
  std::vector<AggregateId> ids;
  Lived() {
    const auto engine = bed.open_with_rules();
    ids = live(*engine);
  }
};

}  // namespace

TEST_CASE("what if: the workflow itself changes nothing, and every lane is told of") {
  Lived lived;
  std::int32_t lanes = 0;
  const Sequences before = lived.bed.sequences();
  const WhatIf same = tried(lived.bed, workflow(), &lanes);
  CHECK(lanes == lived.bed.deployment.lanes);
  CHECK(same.cases == 6);
  CHECK(same.commands > 20);
  CHECK(same.differing == 0);
  CHECK(same.newly_refused == 0);
  CHECK(same.newly_taken == 0);
  CHECK(same.examples.empty());
  CHECK(lived.bed.sequences() == before);
}

TEST_CASE("what if: cases that would wait, escalate or end otherwise are counted and shown") {
  Lived lived;
  // The level's limit is longer: nobody is handed on, and its clock still runs.
  const WhatIf slower = tried(
      lived.bed, draft({{R"("id":"level_0","limits":[{"n":3,)", R"("id":"level_0","limits":[{"n":30,)"}}));
  CHECK(slower.differing == 6);
  CHECK(slower.escalated == 6);
  CHECK(slower.waited == 6);
  CHECK(slower.ended == 0);
  REQUIRE(slower.examples.size() == 6);
  CHECK(slower.examples.front().was.level == 1);
  CHECK(slower.examples.front().would.level == 0);

  // Signing closes the case: three would have ended.
  const WhatIf shorter = tried(lived.bed, draft({{R"("to":"WORK")", R"("to":"DONE")"}}));
  CHECK(shorter.ended == 3);
  CHECK(shorter.differing == 3);
}

TEST_CASE("what if: commands that would be answered otherwise are counted") {
  Lived lived;
  const WhatIf stricter =
      tried(lived.bed,
            draft({{R"("if":"kind_of(cmd.lead) != 'HOTLINE'")", R"("if":"kind_of(cmd.lead) == 'OC'")"}}));
  // Six were sent; the three signatures find nothing to sign.
  CHECK(stricter.newly_refused == 9);
  CHECK(stricter.ended == 6);
  const WhatIf looser = tried(lived.bed, draft({{R"("roles":["DISPATCHER","SUPERVISOR"])",
                                                 R"("roles":["DISPATCHER","SUPERVISOR","HANDLER"])"}}));
  CHECK(looser.newly_taken == 6);
  CHECK(looser.newly_refused == 0);
}

TEST_CASE("what if: as many examples as were asked for, whatever the threads") {
  Lived lived;
  const Value slower =
      draft({{R"("id":"level_0","limits":[{"n":3,)", R"("id":"level_0","limits":[{"n":30,)"}});
  for (const int threads : {1, 3}) {
    const WhatIf few = tried(lived.bed, slower, nullptr, {.examples = 2, .threads = threads});
    CHECK(few.differing == 6);
    CHECK(few.examples.size() == 2);
  }
}

TEST_CASE("what if: a draft of a workflow that was never published, or with an error, is refused") {
  Lived lived;
  auto log = log::open_simulated_log(lived.bed.storage);
  auto result =
      what_if(*log, lived.bed.deployment, draft({{R"("id":"mini")", R"("id":"maxi")"}}), {}, nullptr);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == "no-such-workflow");
  result = what_if(*log, lived.bed.deployment, draft({{R"("to":"WORK")", R"("to":"NOWHERE")"}}), {}, nullptr);
  REQUIRE_FALSE(result);
}

}  // namespace lastkm::runtime

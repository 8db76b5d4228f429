#include "engine/rules/draw.h"

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "tests/rules/workflow_world.h"

using namespace lastkm;
using namespace lastkm::rules;

namespace {
Workflow compact(const Edits& edits = {}) {
  Reading reading = read_workflow(edited(parsed(kCompact), edits), "");
  REQUIRE(reading.workflow);
  return *std::move(reading.workflow);
}
}  // namespace

TEST_CASE("draw: Mermaid shows stages, who may ask what, and what clocks do") {
  CHECK(draw_mermaid(compact()) == R"j(stateDiagram-v2
  state "any open stage<br/>Note (HANDLER)" as open
  state "New" as s0
  state "In work" as s1
  state "Checked" as s2
  state "Done" as s3
  state "Gone" as s4
  [*] --> s0 : Open (AGENT)
  [*] --> s3 : Open (AGENT)
  s0 --> s1 : Take (HANDLER DESK)
  s1 --> s2 : Finish (HANDLER)
  s1 --> s3 : Finish (HANDLER)
  s2 --> s1 : Take (HANDLER DESK)
  s2 --> s3 : Finish (HANDLER)
  s3 --> s1 : Reopen (AGENT)
  s3 --> s4 : ⏱ Archive
  s3 --> [*]
  s4 --> [*]
)j");
}

TEST_CASE("draw: DOT shows the same, clocks dashed, in either language") {
  const std::string picture = draw_dot(compact(), Language::chinese);
  for (const std::string line :
       {"  s3 [label=<<b>结</b>>, color=\"#8e3a9d\", peripheries=2",
        "  begin -> s0 [label=<登<br align=\"left\"/>>, ",
        "  s3 -> s4 [label=<存<br align=\"left\"/>>, color=\"#8e3a9d\", fontcolor=\"#8e3a9d\", weight=4, "
        "style=dashed]\n",
        "  open [label=<<b>任一未结环节</b><br/><font point-size=\"11\">记<br align=\"left\"/></font>>, ",
        "<b>接</b></td><td align=\"left\">Take</td><td align=\"left\">HANDLER DESK"}) {
    INFO(picture);
    CHECK(picture.find(line) != std::string::npos);
  }
}

TEST_CASE("draw: what leads from one stage to another is one edge") {
  const Workflow workflow = compact({{"/commands/3/transitions/0/from", R"j(["DONE","CHECK"])j"}});
  CHECK(draw_mermaid(workflow).find("  s2 --> s1 : Take (HANDLER DESK)<br/>Reopen (AGENT)\n") !=
        std::string::npos);
  CHECK(draw_dot(workflow).find("  s2 -> s1 [label=<Take<br align=\"left\"/>Reopen<br align=\"left\"/>>, ") !=
        std::string::npos);
}

TEST_CASE("draw: what may be asked in any stage stands once") {
  const Workflow workflow = compact({{"/commands/4/transitions/0/from", R"j("any")j"}});
  CHECK(draw_mermaid(workflow).find(
            "  state \"any stage<br/>Note (HANDLER)\" as any\n  state \"New\" as s0\n") != std::string::npos);
}

TEST_CASE("draw: titles may hold what the formats use") {
  const Workflow workflow = compact({{"/stages/0/title/en", R"j("a\"b\\;#:\nc")j"}});
  CHECK(draw_mermaid(workflow).find(R"(state "a#34;b\#59;#35;#58; c" as s0)") != std::string::npos);
  CHECK(draw_dot(workflow).find(R"(s0 [label=<<b>a&#34;b\;#: c</b>>)") != std::string::npos);
}

TEST_CASE("draw: Graphviz takes the pictures of the shipped workflows") {
  if (std::system("dot -V >/dev/null 2>&1") != 0) {
    std::cerr << "SKIPPED: no dot; install graphviz\n";
    return;
  }
  for (const char* name : {"three-party.json", "beijing.json"}) {
    const Reading reading = read_workflow(shipped_workflow(name), "");
    REQUIRE(reading.workflow);
    FILE* dot = popen("dot -Tsvg >/dev/null", "w");
    REQUIRE(dot != nullptr);
    const std::string picture = draw_dot(*reading.workflow, Language::chinese);
    CHECK(std::fwrite(picture.data(), 1, picture.size(), dot) == picture.size());
    CHECK(pclose(dot) == 0);
  }
}

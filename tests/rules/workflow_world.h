// A compact workflow that is in order, and edits that plant something in it.
#pragma once

#include <catch2/catch.hpp>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/json/read.h"
#include "engine/rules/check.h"
#include "engine/rules/workflow.h"
#include "tests/source_folder.h"

namespace lastkm::rules {

inline Value parsed(std::string_view text) {
  auto read = json::read_value(text, "test");
  INFO(text);
  REQUIRE(read);
  return *std::move(read);
}

inline Value shipped_workflow(const std::string& name) {
  std::ifstream file(lastkm::test::source_folder() + "/schemas/workflows/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return parsed(text.str());
}

inline const std::string kCompact = R"j({
"kind":"workflow","id":"compact","version":1,"title":{"zh":"简","en":"Compact"},"applies":"has(cmd.place)",
"stages":[
 {"id":"NEW","title":{"zh":"新","en":"New"},"holders":"body('DESK', case.place)"},
 {"id":"WORK","title":{"zh":"办","en":"In work"},"holders":"case.lead"},
 {"id":"CHECK","title":{"zh":"核","en":"Checked"},"holders":"case.co_handlers"},
 {"id":"DONE","title":{"zh":"结","en":"Done"},"ends":true},
 {"id":"GONE","title":{"zh":"档","en":"Gone"},"ends":true}],
"clocks":[
 {"id":"answer","title":{"zh":"答","en":"Answer"},
  "limits":[{"when":"case.urgency == 'HIGH'","n":1,"unit":"WH"},{"when":"case.urgency != 'HIGH'","n":3,"unit":"WD"}],
  "marks":[{"id":"yellow","n":-1,"when":"case.card == 'none'","events":[{"type":"YellowCardIssued"}]}],
  "on_due":{"events":[{"type":"SlaBreached"}]}},
 {"id":"ladder","title":{"zh":"升","en":"Ladder"},"limits":[{"n":2,"unit":"WD"}],
  "on_due":{"events":[{"type":"CaseEscalated","data":{"level":"case.level + 1"}}],
   "clocks":[{"op":"start","clock":"ladder","when":"case.level < 3"}]}},
 {"id":"archive","title":{"zh":"存","en":"Archive"},"limits":[{"n":30,"unit":"ND"}],
  "on_due":{"to":"GONE","events":[{"type":"CaseArchived"}]}}],
"commands":[
 {"name":"Open","title":{"zh":"登","en":"Open"},"opens":true,"roles":["AGENT"],
  "fields":[{"name":"urgency","kind":"code","one_of":["HIGH","LOW"]},{"name":"place","kind":"place","required":false},
   {"name":"text","kind":"text"},{"name":"known","kind":"boolean"}],
  "transitions":[
   {"id":"T1","when":"!cmd.known","to":"NEW","events":[{"type":"CaseRegistered"}],
    "clocks":[{"op":"start","clock":"answer"}]},
   {"id":"T2","when":"cmd.known","to":"DONE","events":[{"type":"CaseRegistered"},{"type":"CaseClosed"}],
    "clocks":[{"op":"start","clock":"archive"}]}]},
 {"name":"Take","title":{"zh":"接","en":"Take"},"roles":["HANDLER","DESK"],
  "fields":[{"name":"lead","kind":"body"},{"name":"co_handlers","kind":"co_handlers","required":false}],
  "transitions":[
   {"id":"T3","from":["NEW","CHECK"],"to":"WORK",
    "require":[{"if":"actor.role == 'DESK' || cmd.lead == actor.body","code":"not-you","text":{"zh":"非","en":"Not you."}},
     {"if":"!(cmd.lead in case.returned_by) && case.returns < 3","code":"returned"}],
    "events":[{"type":"CaseDispatched","data":{"*":"input","level":"kind_of(cmd.lead) == 'STREET' ? 2 : 0"}}],
    "clocks":[{"op":"stop","clock":"answer"},{"op":"start","clock":"ladder"}]}]},
 {"name":"Finish","title":{"zh":"办结","en":"Finish"},"roles":["HANDLER"],
  "fields":[{"name":"score","kind":"integer","min":0,"max":10},{"name":"reason","kind":"code","required":false}],
  "transitions":[
   {"id":"T4","from":["WORK"],"when":"cmd.score >= 6 && !category.coded","to":"DONE","events":[{"type":"CaseClosed"}],
    "clocks":[{"op":"stop","clock":"ladder"},{"op":"start","clock":"archive"}]},
   {"id":"T5","from":["WORK"],"when":"cmd.score < 6 || category.coded","to":"CHECK",
    "events":[{"type":"FeedbackSubmitted"}],"clocks":[{"op":"stop","clock":"ladder"}]},
   {"id":"T6","from":["CHECK"],"to":"DONE","events":[{"type":"CaseClosed"}],
    "clocks":[{"op":"start","clock":"archive"}]}]},
 {"name":"Reopen","title":{"zh":"重","en":"Reopen"},"roles":["AGENT"],"fields":[{"name":"reason","kind":"code"}],
  "transitions":[{"id":"T7","from":["DONE"],"to":"WORK","events":[{"type":"CaseReopened"}],
   "clocks":[{"op":"stop","clock":"archive"},{"op":"start","clock":"ladder"}]}]},
 {"name":"Note","title":{"zh":"记","en":"Note"},"roles":["HANDLER"],"fields":[{"name":"text","kind":"text"}],
  "transitions":[{"id":"T8","from":"open","require":[{"if":"has(cmd.text)"}],"events":[{"type":"ActionTaken"}]}]}]})j";

/// Replaces what stands at a JSON pointer, adds it where it is missing ("-": at the end of a list), or takes
/// it away where `json` is empty.
inline void edit(Value& document, const std::string& pointer, std::string_view json) {
  Value* at = &document;
  std::size_t begin = 1;
  while (true) {
    const std::size_t end = std::min(pointer.find('/', begin), pointer.size());
    const std::string step = pointer.substr(begin, end - begin);
    const bool last = end == pointer.size();
    begin = end + 1;
    if (Object* object = at->if_object()) {
      if (last) {
        if (json.empty()) {
          REQUIRE(object->find(step) != nullptr);
          object->erase(step);
        } else {
          object->set(step, parsed(json));
        }
        return;
      }
      at = object->find(step);
      REQUIRE(at != nullptr);
      continue;
    }
    Array* array = at->if_array();
    REQUIRE(array != nullptr);
    std::size_t index = array->size();
    if (step != "-") std::from_chars(step.data(), step.data() + step.size(), index);
    if (!last) {
      REQUIRE(index < array->size());
      at = &(*array)[index];
      continue;
    }
    if (json.empty()) {
      array->erase(array->begin() + static_cast<std::ptrdiff_t>(index));
    } else if (index == array->size()) {
      array->push_back(parsed(json));
    } else {
      (*array)[index] = parsed(json);
    }
    return;
  }
}

/// The JSON pointer of a path whose steps into lists are ids or names.
inline std::string pointer_of(const Value& document, const std::string& path) {
  std::string out;
  const Value* at = &document;
  for (std::size_t begin = 1; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    std::string step = path.substr(begin, end - begin);
    begin = end + 1;
    if (const Array* array = at->if_array()) {
      std::size_t index = 0;
      while (index < array->size() && (*array)[index].text("id") != step &&
             (*array)[index].text("name") != step)
        ++index;
      INFO(path);
      REQUIRE(index < array->size());
      at = &(*array)[index];
      step = std::to_string(index);
    } else {
      at = at->find(step);
      REQUIRE(at != nullptr);
    }
    out += "/" + step;
  }
  return out;
}

using Edits = std::vector<std::pair<std::string, std::string>>;

inline Value edited(Value document, const Edits& edits) {
  for (const auto& [pointer, json] : edits) edit(document, pointer, json);
  return document;
}

/// "code pointer" of every finding on reading, and where it can be read of every refutation.
inline std::vector<std::string> found(const Value& document) {
  const Reading reading = read_workflow(document, "");
  std::vector<Finding> findings = reading.findings;
  CHECK(reading.workflow.has_value() == findings.empty());
  if (reading.workflow) findings = prove(*reading.workflow);
  std::vector<std::string> out;
  for (const Finding& finding : findings) {
    CHECK_FALSE(finding.text.empty());
    CHECK((finding.severity == "error" || finding.severity == "warning"));
    out.push_back(finding.code + " " + finding.pointer);
  }
  return out;
}

struct Planted {
  std::string what;
  Edits edits;
  std::vector<std::string> findings;
};

inline void check_all(const Value& document, const std::vector<Planted>& rows) {
  for (const Planted& row : rows) {
    INFO(row.what);
    CHECK(found(edited(document, row.edits)) == row.findings);
  }
}

}  // namespace lastkm::rules

// A workflow document as the decider uses it: stages, commands with their transitions, clocks with their
// consequences. No stage, role, limit or text is known to the engine; all of them come from here. The format
// is described in schemas/workflow.md and schemas/workflows/workflow.schema.json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/value.h"
#include "engine/calendar/calendar.h"
#include "engine/rules/cel.h"

namespace lastkm::rules {

enum class Language : std::uint8_t { chinese, english };

struct Bilingual {
  std::string zh;
  std::string en;
};

/// One event that a transition, a clock or a mark causes.
struct EventRule {
  std::string type;                                   ///< of the fixed vocabulary
  Program when;                                       ///< empty: always
  std::vector<std::pair<std::string, Program>> data;  ///< member name and where its value comes from
  bool copies_input = true;  ///< true where the document gives no "data": the command's fields
};

struct ClockOperation {
  enum class Kind : std::uint8_t {
    start,    ///< anew: the limit is chosen, the due time computed
    stop,     ///< met, if it has not run out
    suspend,  ///< keeps what is left
    resume,   ///< goes on with what is left
    extend,   ///< due moves by n unit from the old due
    restore,  ///< a stopped clock runs again with its old due time
  };
  Kind kind = Kind::start;
  std::string clock;   ///< id, or "*" for all that run (suspend) or are suspended (resume); empty where
                       ///< clock_from says
  Program clock_from;  ///< a text
  Program when;        ///< empty: always
  Program n;           ///< start, extend: overrides the limit; an integer
  Program unit;        ///< a text: NM NH ND WM WH WD
};

/// What is asked of other cases as a consequence. Evaluated on the case as the cause found it.
struct AskRule {
  Program of;           ///< case ids: a text or texts; '' asks nobody
  Program when;         ///< empty: always
  std::string command;  ///< one that comes from cases only
  std::vector<std::pair<std::string, Program>> data;
  std::string refused;  ///< asked back of this case where the other refuses; empty: nothing
};

struct Effects {
  std::string to;  ///< stage; empty: stays
  std::vector<EventRule> events;
  std::vector<ClockOperation> clocks;
  std::vector<AskRule> asks;
};

/// Must hold, or the command is refused with this code and sentence.
struct Requirement {
  Program condition;
  std::string code;
  Bilingual text;
};

struct Transition {
  std::string id;                 ///< "T08"
  std::vector<std::string> from;  ///< stage ids; empty for a command that opens a case
  Program when;                   ///< chooses among the transitions of one command; empty: always
  std::vector<Requirement> require;
  Effects effects;
  std::string pointer;  ///< JSON pointer into the document
};

enum class FieldKind : std::uint8_t {
  code,    ///< [A-Za-z0-9][A-Za-z0-9_.:/@-]{0,63}
  text,    ///< free text: sealed before it enters the log
  caller,  ///< {name, phone}: sealed
  integer,
  boolean,
  time,
  date,
  body,         ///< a body in force
  bodies,       ///< list of them
  co_handlers,  ///< [{body, due?}]
  place,        ///< a place in force, or a finer code under one (building at most)
  category,     ///< a category in force
  clock,        ///< the id of a clock of this workflow
  evidence,     ///< [{sha256, mime}]
  scores,       ///< {BODY: 0..100}
  person,       ///< a person reference
  value,        ///< any code, integer or boolean
};

struct Field {
  std::string name;
  FieldKind kind = FieldKind::code;
  bool required = true;
  std::vector<std::string> one_of;  ///< code only; empty: any
  std::int64_t min = INT64_MIN;     ///< integer: value; lists: length
  std::int64_t max = INT64_MAX;
};

struct CommandRule {
  std::string name;
  Bilingual title;
  bool opens = false;              ///< opens a case
  bool from_cases = false;         ///< asked by other cases, never by people
  std::vector<std::string> roles;  ///< any of these; none where it comes from cases
  std::vector<Field> fields;
  std::vector<Transition> transitions;
};

struct Stage {
  std::string id;
  Bilingual title;
  bool ends = false;
  Program holders;  ///< a text or texts: whose worklist the case is on; empty: nobody's
};

struct ClockLimit {
  Program when;  ///< empty: always; the first limit that holds counts
  Program n;
  calendar::Unit unit = calendar::Unit::working_days;
};

/// Something that happens at a time beside the due time: a yellow card one working day before it.
struct Mark {
  std::string id;
  std::int64_t n = 0;  ///< working days from the due day (the last day of the period); negative: before
  Program when;        ///< asked when it comes; empty: always
  Effects effects;
};

struct ClockRule {
  std::string id;
  Bilingual title;
  std::vector<ClockLimit> limits;  ///< none holds: the clock does not start
  std::vector<Mark> marks;         ///< at the opening of the office on their day
  Effects on_due;
  std::string pointer;
};

class Workflow {
 public:
  std::string id;
  std::int64_t version = 0;
  std::string sha256;  ///< of the canonical document
  Bilingual title;
  std::string profile;
  Program applies;  ///< over the opening command: whether this workflow takes the case; empty: always
  std::vector<Stage> stages;
  std::vector<ClockRule> clocks;
  std::vector<CommandRule> commands;

  [[nodiscard]] const Stage* find_stage(std::string_view id) const;
  [[nodiscard]] const ClockRule* find_clock(std::string_view id) const;
  [[nodiscard]] const CommandRule* find_command(std::string_view name) const;
};

/// One thing that is wrong with a document.
struct Finding {
  std::string code;      ///< "unknown-stage", "dead-stage", "cel-type" …
  std::string severity;  ///< "error" (cannot be put in force) or "warning"
  std::string pointer;   ///< JSON pointer
  std::string text;      ///< a sentence
};

struct Reading {
  std::optional<Workflow> workflow;  ///< absent where a finding is an error
  std::vector<Finding> findings;
};

/// Reads a workflow and checks that everything it names exists. `sha256` is the document's digest.
[[nodiscard]] Reading read_workflow(const Value& document, std::string_view sha256);

}  // namespace lastkm::rules

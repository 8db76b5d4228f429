// Scenarios as text (schemas/scenario.md): a story of steps and expectations, read with file, line and column
// of mistakes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/base/value.h"

namespace lastkm::tool {

/// A local time: a date, and minutes and seconds of it (24:00 is the next day's begin).
struct LocalTime {
  Date date;
  std::int64_t seconds = 0;
  [[nodiscard]] Instant at(std::int32_t offset_minutes) const {
    return start_of(date, offset_minutes) + seconds * kMsPerSecond;
  }
};

/// A field's value: JSON, or the id of a named case.
struct FieldText {
  std::string name;
  Value value;
  std::string case_name;  ///< of @NAME; empty: the value counts
};

struct ScenarioStep {
  LocalTime time;
  std::string body, role, person, command;
  std::string as, on, channel, reference, key;
  std::optional<std::int64_t> version;
  std::optional<LocalTime> occurred;
  std::vector<FieldText> fields;
};
struct PassTime {
  LocalTime time;
};
struct SwitchCase {
  std::string name;
};
struct Expectation {
  std::string id;                  ///< "S3.c1", or "line N"
  std::string text;                ///< what stands after "expect"
  std::vector<std::string> words;  ///< up to the fields
  std::vector<FieldText> fields;   ///< of "expect event"
  std::optional<LocalTime> time;   ///< "due TIME", "at TIME"
};
struct ScenarioLine {
  int line = 0;
  std::variant<ScenarioStep, PassTime, SwitchCase, Expectation> what;
};

struct Scenario {
  std::string id, title;
  bool shipped = true;
  std::vector<std::string> given;  ///< files and folders beside the scenario's file
  std::vector<ScenarioLine> lines;
};

/// bad_input "bad-scenario" with "file:line:column" in `path`.
[[nodiscard]] Result<std::vector<Scenario>> read_scenarios(std::string_view text, std::string_view file);

/// "2026-05-20T24:00" for times that begin a day in answers to "due", else "2026-05-20T16:30".
[[nodiscard]] std::string local_text(Instant at, std::int32_t offset_minutes, bool end_of_day);

}  // namespace lastkm::tool

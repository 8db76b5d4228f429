// The shipped calendar document, for the tests of this folder.
#pragma once

#include <fstream>
#include <sstream>
#include <string>

#include "engine/calendar/calendar.h"
#include "engine/json/read.h"
#include "tests/source_folder.h"

namespace lastkm::calendar {

inline Value shipped_document() {
  const std::string path = lastkm::test::source_folder() + "/schemas/directory/calendar-2025-2026.json";
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return json::read_value(text.str(), path).value();
}

inline Calendar shipped() {
  return read_calendar(shipped_document()).value();
}

inline Instant at(const std::string& local) {
  return parse_instant(local + (local.size() == 16 ? ":00+08:00" : "+08:00")).value();
}

inline Date date(const std::string& text) {
  return parse_date(text).value();
}

inline std::string text_of(const Result<Instant>& instant) {
  return instant ? format_at_offset(*instant, 480).substr(0, 16) : instant.error().code;
}

}  // namespace lastkm::calendar

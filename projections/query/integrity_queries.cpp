#include "projections/query/integrity_queries.h"

#include <charconv>

#include "engine/record/digest.h"
#include "projections/checkpoint.h"
#include "projections/query/case_json.h"
#include "projections/query/paging.h"
#include "projections/query/queries.h"
#include "projections/views/integrity_row.h"

namespace lastkm::projections {

Result<Array> integrity_lanes(const Projector::Reading& rows) {
  Array lines;
  const Status scanned = rows.scan(
      "integrity", kLanePrefix, "", [&](std::string_view key, std::string_view bytes) -> Result<bool> {
        auto row = row_of<IntegrityRow>("integrity", key, bytes);
        if (!row) return row.error();
        std::int64_t lane = 0;
        key.remove_prefix(kLanePrefix.size());
        std::from_chars(key.data(), key.data() + key.size(), lane);
        lines.emplace_back(
            Object{{"lane", lane},
                   {"last", row->last.value},
                   {"decisions_root", record::hex(row->decisions.root())},
                   {"commands_root", record::hex(row->commands.root())},
                   {"events", row->events},
                   {"rejected", row->rejected},
                   {"repeats", row->repeats},
                   {"late", row->late},
                   {"broken", row->broken},
                   {"first_broken", row->broken == 0 ? Value() : Value(row->first_broken.value)}});
        return true;
      });
  if (!scanned) return scanned.error();
  return lines;
}

Result<Page> Queries::late(const PageRequest& page) const {
  const Projector::Reading rows = projector_->reading();
  auto found = PageOf<std::string>::asked(page, Cursors(options_.cursor_secret, "late"));
  if (!found) return found.error();
  const Status scanned =
      rows.scan("integrity", kLatePrefix, "", [&](std::string_view key, std::string_view bytes) {
        found->take(std::string(key), std::string(bytes));
        return true;
      });
  if (!scanned) return scanned.error();
  auto answer = found->lines([&rows, this](const std::string& bytes) -> Result<Value> {
    auto row = row_value("integrity", "late", bytes);
    if (!row) return rows.failed("integrity", row.error());
    if (Object* line = row->if_object()) {
      for (const std::string_view time : {"occurred_at", "recorded_at"})
        at_offset(*line, time, options_.offset_minutes);
    }
    return row;
  });
  if (answer) answer->positions = rows.positions("integrity");
  return answer;
}

}  // namespace lastkm::projections

#include "tools/lastkm/happened.h"

#include "engine/runtime/each_record.h"

namespace lastkm::tool {

namespace {

constexpr std::size_t kCompoundDigits = 16;

void add(std::set<std::string>& into, std::string_view text) {
  if (!text.empty()) into.emplace(text);
}

void count(const record::Event& event, Happened& into) {
  ++into.events[event.type];
  const std::string_view solved = event.data.text("solved");
  const std::string_view satisfied = event.data.text("satisfied");
  if (event.type == "CallbackRecorded" && (solved == "no" || satisfied == "no")) ++into.unhappy;
  if (event.type != "CaseRegistered") return;
  add(into.channels, event.data.text("channel"));
  add(into.categories, event.data.text("category"));
  if (event.data.text("place").size() >= kCompoundDigits)
    add(into.compounds, event.data.text("place").substr(0, kCompoundDigits));
}

}  // namespace

std::int64_t Happened::count(std::string_view type) const {
  const auto found = events.find(type);
  return found == events.end() ? 0 : found->second;
}

Result<Happened> what_happened(runtime::Engine& engine, Instant from) {
  Happened out;
  for (std::int32_t partition = 0; partition < engine.log().partitions(); ++partition) {
    auto read = runtime::each_accepted(engine.log(), partition,
                                       [&](const record::Decision& decision, const log::Record&) {
                                         if (decision.lane_time < from) return true;
                                         for (const record::Event& event : decision.events) count(event, out);
                                         return true;
                                       });
    if (!read) return read.error();
  }
  return out;
}

}  // namespace lastkm::tool

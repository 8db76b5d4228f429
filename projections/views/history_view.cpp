// Row: id "/" seq (ten digits) → the event as it was recorded, with the lane, ordinal and record time of its
// decision. Times are RFC 3339 UTC.
#include "engine/record/actor.h"
#include "engine/record/canonical.h"
#include "engine/record/digest.h"
#include "projections/views/views.h"

namespace lastkm::projections {

namespace {
std::string history_key(const std::string& id, std::int64_t seq) {
  std::string digits = std::to_string(seq);
  digits.insert(0, digits.size() < 10 ? 10 - digits.size() : 0, '0');
  return id + "/" + digits;
}

class HistoryView final : public View {
 public:
  [[nodiscard]] std::string_view name() const override { return "history"; }
  [[nodiscard]] std::int32_t layout() const override { return 1; }
  [[nodiscard]] Status apply(const record::Decision& decision, const record::Event& event,
                             Rows& rows) override {
    if (record::is_lane_aggregate(decision.aggregate)) return done();
    Object row{{"seq", event.seq},
               {"type", event.type},
               {"version", event.version},
               {"occurred_at", format_utc(event.occurred_at)},
               {"recorded_at", format_utc(decision.lane_time)},
               {"actor", record::to_value(event.actor)},
               {"rule", event.rule},
               {"lane", decision.lane.value},
               {"ordinal", decision.ordinal.value},
               {"data", event.data}};
    if (!event.stage.empty()) row.set("stage", event.stage);
    if (!event.holders.is_null()) row.set("holders", event.holders);
    if (!event.clocks.is_null()) row.set("clocks", event.clocks);
    if (!event.facts.is_null()) row.set("facts", event.facts);
    rows.put(history_key(decision.aggregate.value, event.seq), record::canonical(row));
    return done();
  }
  [[nodiscard]] Status flush(Rows& /*rows*/) override { return done(); }
  void discard() override {}
};
}  // namespace

std::unique_ptr<View> make_history_view() {
  return std::make_unique<HistoryView>();
}

}  // namespace lastkm::projections

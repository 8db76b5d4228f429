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

void append_member(std::string& row, std::string_view name, const Value& value) {
  if (value.is_null()) return;
  row += ",\"";
  row += name;
  row += "\":";
  record::append_canonical(row, value);
}

class HistoryView final : public View {
 public:
  [[nodiscard]] std::string_view name() const override { return "history"; }
  [[nodiscard]] std::int32_t layout() const override { return 1; }
  [[nodiscard]] bool writes_once() const override { return true; }
  [[nodiscard]] std::unique_ptr<View> fresh() const override { return std::make_unique<HistoryView>(); }
  [[nodiscard]] Status apply(const record::Decision& decision, const record::Event& event,
                             Rows& rows) override {
    if (record::is_lane_aggregate(decision.aggregate)) return done();
    // Members in the order of RFC 8785. Written out, for these rows are the most of all and as large as the
    // log.
    std::string row;
    row.reserve(640);
    row += R"({"actor":)";
    record::append_canonical(row, record::to_value(event.actor));
    append_member(row, "clocks", event.clocks);
    row += R"(,"data":)";
    record::append_canonical(row, event.data);
    append_member(row, "facts", event.facts);
    append_member(row, "holders", event.holders);
    row += R"(,"lane":)" + std::to_string(decision.lane.value);
    row += R"(,"occurred_at":")" + format_utc(event.occurred_at);
    row += R"(","ordinal":)" + std::to_string(decision.ordinal.value);
    row += R"(,"recorded_at":")" + format_utc(decision.lane_time);
    row += R"(","rule":)";
    record::append_string(row, event.rule);
    row += R"(,"seq":)" + std::to_string(event.seq);
    if (!event.stage.empty()) {
      row += R"(,"stage":)";
      record::append_string(row, event.stage);
    }
    row += R"(,"type":)";
    record::append_string(row, event.type);
    row += R"(,"version":)" + std::to_string(event.version) + "}";
    rows.append(history_key(decision.aggregate.value, event.seq), std::move(row));
    return done();
  }
};
}  // namespace

std::unique_ptr<View> make_history_view() {
  return std::make_unique<HistoryView>();
}

}  // namespace lastkm::projections

// Row: id → the case's outcome, see outcome.h.
#include "engine/record/digest.h"
#include "projections/views/decoded.h"
#include "projections/views/outcome.h"
#include "projections/views/views.h"

namespace lastkm::projections {

namespace {
class RatesView final : public View {
 public:
  [[nodiscard]] std::string_view name() const override { return "rates"; }
  [[nodiscard]] std::int32_t layout() const override { return 1; }
  [[nodiscard]] Status apply(const record::Decision& decision, const record::Event& event,
                             Rows& rows) override {
    if (record::is_lane_aggregate(decision.aggregate)) return done();
    auto outcome = outcomes_.at(decision.aggregate.value, rows);
    if (!outcome) return outcome.error();
    return (*outcome)->apply(event, decision.lane_time);
  }
  [[nodiscard]] Status flush(Rows& rows) override {
    outcomes_.flush(rows);
    return done();
  }
  void discard() override { outcomes_.discard(); }

 private:
  Decoded<Outcome> outcomes_;
};
}  // namespace

std::unique_ptr<View> make_rates_view() {
  return std::make_unique<RatesView>();
}

}  // namespace lastkm::projections

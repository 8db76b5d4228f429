// Row: id → CaseRow, packed: the case as evolve folds it.
#include "engine/cases/evolve.h"
#include "engine/cases/state.h"
#include "engine/record/digest.h"
#include "projections/views/case_row.h"
#include "projections/views/decoded.h"
#include "projections/views/views.h"

namespace lastkm::projections {

std::optional<Instant> due_of(const cases::CaseState& state) {
  std::optional<Instant> earliest;
  if (state.ended) return earliest;
  for (const cases::Clock& clock : state.clocks) {
    const bool open = clock.state == cases::ClockState::running ||
                      (clock.state == cases::ClockState::breached && !clock.silenced);
    if (open && (!earliest || clock.due < *earliest)) earliest = clock.due;
  }
  return earliest;
}

namespace {
class CasesView final : public View {
 public:
  [[nodiscard]] std::string_view name() const override { return "cases"; }
  [[nodiscard]] std::int32_t layout() const override { return 2; }
  [[nodiscard]] std::unique_ptr<View> fresh() const override { return std::make_unique<CasesView>(); }
  void expect(std::span<const std::string> aggregates, Rows& rows) override {
    cases_.expect(aggregates, rows);
  }
  [[nodiscard]] Status apply(const record::Decision& decision, const record::Event& event,
                             Rows& rows) override {
    if (record::is_lane_aggregate(decision.aggregate)) return done();
    auto found = cases_.at(decision.aggregate.value, rows);
    if (!found) return found.error();
    CaseRow& row = **found;
    if (event.seq != row.state.version + 1) {
      return Error{ErrorKind::integrity, "sequence-gap",
                   "the case stands at event " + std::to_string(row.state.version), ""};
    }
    row.lane = decision.lane;
    row.state.id = decision.aggregate;
    cases::evolve(row.state, event, decision.lane_time);
    return done();
  }
  [[nodiscard]] Status flush(Rows& rows) override {
    cases_.flush(rows);
    return done();
  }
  void discard() override { cases_.discard(); }
  [[nodiscard]] std::size_t bytes() const override { return cases_.bytes(); }

 private:
  Decoded<CaseRow> cases_;
};
}  // namespace

std::unique_ptr<View> make_cases_view() {
  return std::make_unique<CasesView>();
}

}  // namespace lastkm::projections

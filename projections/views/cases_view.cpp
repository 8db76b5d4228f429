// Row: id → CaseRow, packed: the case as evolve folds it.
#include "engine/base/packed.h"
#include "engine/cases/evolve.h"
#include "engine/cases/state.h"
#include "engine/record/digest.h"
#include "projections/views/case_row.h"
#include "projections/views/decoded.h"
#include "projections/views/views.h"

namespace lastkm::projections {

bool is_open(const cases::Clock& clock, const cases::CaseState& state) {
  return !state.ended && (clock.state == cases::ClockState::running || clock.is_overdue());
}

std::optional<Instant> due_of(const cases::CaseState& state) {
  std::optional<Instant> earliest;
  for (const cases::Clock& clock : state.clocks) {
    if (is_open(clock, state) && (!earliest || clock.due < *earliest)) earliest = clock.due;
  }
  return earliest;
}

void follow_closing(std::optional<Instant>& closed_at, const record::Event& event) {
  const std::string_view type = event.type;
  if (type == "CaseReopened") closed_at.reset();
  if (type != "CaseClosed") return;
  const auto told = parse_instant(event.data.text("closed_at"));
  closed_at = told ? *told : event.occurred_at;
}

Result<CaseRow> case_row_of(std::int32_t layout, std::string_view id, std::string_view row) {
  if (layout > 2) return row_of<CaseRow>("cases", id, row);
  auto older = row_of<CaseRow>("cases", id, std::string(row) + pack(std::optional<Instant>()));
  if (older) older->closed_at = older->state.closed_at;
  return older;
}

namespace {
class CasesView final : public View {
 public:
  [[nodiscard]] std::string_view name() const override { return "cases"; }
  [[nodiscard]] std::int32_t layout() const override { return 3; }
  /// Layout 2 knew of a closing only when it was recorded.
  [[nodiscard]] bool reads(std::int32_t older) const override { return older == 2; }
  [[nodiscard]] std::unique_ptr<View> fresh() const override { return std::make_unique<CasesView>(); }
  void expect(std::span<const std::string> aggregates, Rows& rows) override {
    cases_.expect(aggregates, rows);
  }
  [[nodiscard]] Status apply(const record::Decision& decision, const record::Event& event,
                             Rows& rows) override {
    if (record::is_lane_aggregate(decision.aggregate)) return done();
    auto found = cases_.at_subject(decision.aggregate, rows);
    if (!found) return found.error();
    CaseRow& row = **found;
    if (event.seq != row.state.version + 1) {
      return Error{ErrorKind::integrity, "sequence-gap",
                   "the case stands at event " + std::to_string(row.state.version), ""};
    }
    row.lane = decision.lane;
    row.state.id = decision.aggregate;
    cases::evolve(row.state, event, decision.lane_time);
    follow_closing(row.closed_at, event);
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

// Rows: "case/" id → the case's outcome, see outcome.h; sums rates_prefix key "/" score: how many orders
// bring that score to that line.
#include "engine/record/digest.h"
#include "projections/views/decoded.h"
#include "projections/views/outcome.h"
#include "projections/views/places.h"
#include "projections/views/views.h"

namespace lastkm::projections {

namespace {
/// A row is the outcome alone.
struct Counted {
  Outcome outcome;
  std::optional<std::vector<std::string>> before;  ///< of a touched case: the sums that the last commit has

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.outcome);
  }
};

class RatesView final : public View {
 public:
  [[nodiscard]] std::string_view name() const override { return "rates"; }
  [[nodiscard]] std::int32_t layout() const override { return 6; }
  /// Layout 3 put what an import had closed into the month in which that was asked, 4 took a contact while
  /// its clock was suspended for late, 5 gave by close the first call-back of all and took what was
  /// imported without a limit for the first contact for not responded.
  [[nodiscard]] bool reads(std::int32_t older) const override { return older >= 3 && older < layout(); }
  [[nodiscard]] std::unique_ptr<View> fresh() const override { return std::make_unique<RatesView>(); }
  void expect(std::span<const std::string> aggregates, Rows& rows) override {
    cases_.expect(aggregates, rows);
  }

  [[nodiscard]] Status apply(const record::Decision& decision, const record::Event& event,
                             Rows& rows) override {
    if (record::is_lane_aggregate(decision.aggregate)) return done();
    auto found = cases_.at_subject(decision.aggregate, rows);
    if (!found) return found.error();
    Counted& one = **found;
    if (!one.before) one.before = sums_of(one.outcome);
    return one.outcome.apply(event, decision.lane_time);
  }

  [[nodiscard]] Status flush(Rows& rows) override {
    cases_.each([&rows](const std::string& /*id*/, Counted& one) {
      for (const std::string& key : *one.before) rows.add(key, -1);
      for (const std::string& key : sums_of(one.outcome)) rows.add(key, 1);
      one.before.reset();
    });
    cases_.flush(rows);
    return done();
  }
  void discard() override { cases_.discard(); }
  [[nodiscard]] std::size_t bytes() const override { return cases_.bytes(); }

 private:
  static std::vector<std::string> sums_of(const Outcome& outcome) {
    std::vector<std::string> keys;
    const Score* score = nullptr;
    std::string text;
    for (const Brought& one : brought_by(outcome)) {
      if (one.score.get() != score) text = one.score->text();
      score = one.score.get();
      keys.push_back(rates_prefix(one.by, one.basis) + key_part(one.key) + "/" + text);
    }
    return keys;
  }

  Decoded<Counted> cases_{"case/"};
};
}  // namespace

std::unique_ptr<View> make_rates_view() {
  return std::make_unique<RatesView>();
}

}  // namespace lastkm::projections

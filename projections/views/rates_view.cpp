// Rows: "case/" id → the case's outcome, see outcome.h; sums rates_prefix key "/" score: how many orders
// bring that score to that line.
#include "engine/record/digest.h"
#include "projections/views/decoded.h"
#include "projections/views/outcome.h"
#include "projections/views/places.h"
#include "projections/views/views.h"

namespace lastkm::projections {

namespace {
class RatesView final : public View {
 public:
  [[nodiscard]] std::string_view name() const override { return "rates"; }
  [[nodiscard]] std::int32_t layout() const override { return 6; }
  /// Layout 3 put what an import had closed into the month in which that was asked, 4 took a contact while
  /// its clock was suspended for late, 5 gave by close the first call-back of all.
  [[nodiscard]] bool reads(std::int32_t older) const override { return older >= 3; }
  [[nodiscard]] std::unique_ptr<View> fresh() const override { return std::make_unique<RatesView>(); }
  void expect(std::span<const std::string> aggregates, Rows& rows) override {
    outcomes_.expect(aggregates, rows);
  }

  [[nodiscard]] Status apply(const record::Decision& decision, const record::Event& event,
                             Rows& rows) override {
    if (record::is_lane_aggregate(decision.aggregate)) return done();
    const std::string& id = decision.aggregate.value;
    auto outcome = outcomes_.at(id, rows);
    if (!outcome) return outcome.error();
    if (!before_.contains(id)) before_.emplace(id, sums_of(**outcome));
    return (*outcome)->apply(event, decision.lane_time);
  }

  [[nodiscard]] Status flush(Rows& rows) override {
    outcomes_.each([this, &rows](const std::string& id, const Outcome& outcome) {
      for (const std::string& key : before_[id]) rows.add(key, -1);
      for (const std::string& key : sums_of(outcome)) rows.add(key, 1);
    });
    before_.clear();
    outcomes_.flush(rows);
    return done();
  }
  void discard() override {
    outcomes_.discard();
    before_.clear();
  }
  [[nodiscard]] std::size_t bytes() const override { return outcomes_.bytes() + before_.size() * 128; }

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

  Decoded<Outcome> outcomes_{"case/"};
  std::unordered_map<std::string, std::vector<std::string>>
      before_;  ///< what touched cases brought at the last commit
};
}  // namespace

std::unique_ptr<View> make_rates_view() {
  return std::make_unique<RatesView>();
}

}  // namespace lastkm::projections

// Rows: "case/" id → {"month","category","community"}; sums "category/" month "/" id and "community/" month
// "/" code: how many cases were registered in that month. What has no category or place yet counts under the
// empty id or code. Months are those of China Standard Time, by business time; a category or place that is
// set later or corrected moves the case.
#include "engine/record/digest.h"
#include "projections/views/decoded.h"
#include "projections/views/hot_row.h"
#include "projections/views/places.h"
#include "projections/views/views.h"

namespace lastkm::projections {

namespace {
class HotView final : public View {
 public:
  [[nodiscard]] std::string_view name() const override { return "hot"; }
  [[nodiscard]] std::int32_t layout() const override { return 3; }
  /// Layout 2 left what has no category or place yet out of the sums.
  [[nodiscard]] bool reads(std::int32_t older) const override { return older == 2; }
  [[nodiscard]] std::unique_ptr<View> fresh() const override { return std::make_unique<HotView>(); }

  [[nodiscard]] Status apply(const record::Decision& decision, const record::Event& event,
                             Rows& rows) override {
    if (record::is_lane_aggregate(decision.aggregate)) return done();
    const bool opening = event.type == "CaseRegistered";
    const auto category = changed_member(event, "category");
    const auto place = changed_member(event, "place");
    if (!opening && !category && !place) return done();
    auto found = cases_.at_subject(decision.aggregate, rows);
    if (!found) return found.error();
    HotRow& row = **found;
    if (opening) {
      row = {month_of(event.occurred_at), category.value_or(""),
             std::string(community_of(place.value_or("")))};
      rows.add(sum_of(kCategory, row.month, row.category), 1);
      rows.add(sum_of(kCommunity, row.month, row.community), 1);
      return done();
    }
    if (category) move(kCategory, row.month, row.category, *category, rows);
    if (place) move(kCommunity, row.month, row.community, std::string(community_of(*place)), rows);
    return done();
  }

  [[nodiscard]] Status flush(Rows& rows) override {
    cases_.flush(rows);
    return done();
  }
  void discard() override { cases_.discard(); }
  [[nodiscard]] std::size_t bytes() const override { return cases_.bytes(); }

 private:
  static constexpr std::string_view kCategory = "category/", kCommunity = "community/";

  static std::string sum_of(std::string_view kind, const std::string& month, const std::string& key) {
    return std::string(kind) + month + "/" + key_part(key);
  }
  static void move(std::string_view kind, const std::string& month, std::string& from, std::string to,
                   Rows& rows) {
    if (from == to) return;
    rows.add(sum_of(kind, month, from), -1);
    rows.add(sum_of(kind, month, to), 1);
    from = std::move(to);
  }

  Decoded<HotRow> cases_{kHotCasePrefix};
};
}  // namespace

std::unique_ptr<View> make_hot_view() {
  return std::make_unique<HotView>();
}

}  // namespace lastkm::projections

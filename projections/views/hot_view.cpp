// Rows: "case/" id → {"month","category","community"}; "category/" month "/" id and "community/" month "/"
// code → how many cases were registered in that month. Months are those of China Standard Time (one zone, no
// summer time), by business time; a corrected category or place moves the case.
#include "engine/record/digest.h"
#include "projections/views/decoded.h"
#include "projections/views/places.h"
#include "projections/views/views.h"

namespace lastkm::projections {

namespace {
constexpr std::int32_t kChinaStandardMinutes = 480;

struct HotRow {
  std::string month, category, community;

  static Result<HotRow> from(const Value& value) {
    return HotRow{std::string(value.text("month")), std::string(value.text("category")),
                  std::string(value.text("community"))};
  }
  [[nodiscard]] Value to_value() const {
    return Object{{"month", month}, {"category", category}, {"community", community}};
  }
};

struct Count {
  std::int64_t n = 0;
  static Result<Count> from(const Value& value) {
    const std::int64_t* n = value.if_int();
    return Count{n == nullptr ? 0 : *n};
  }
  [[nodiscard]] Value to_value() const { return n == 0 ? Value() : Value(n); }
};

class HotView final : public View {
 public:
  [[nodiscard]] std::string_view name() const override { return "hot"; }
  [[nodiscard]] std::int32_t layout() const override { return 1; }

  [[nodiscard]] Status apply(const record::Decision& decision, const record::Event& event,
                             Rows& rows) override {
    if (record::is_lane_aggregate(decision.aggregate)) return done();
    const bool opening = event.type == "CaseRegistered";
    const auto category = changed_member(event, "category");
    const auto place = changed_member(event, "place");
    if (!opening && !category && !place) return done();
    auto found = cases_.at(decision.aggregate.value, rows);
    if (!found) return found.error();
    HotRow& row = **found;
    if (opening) row.month = format_date(local_date(event.occurred_at, kChinaStandardMinutes)).substr(0, 7);
    if (category) {
      const Status moved = move("category/", row.month, row.category, *category, rows);
      if (!moved) return moved;
    }
    if (place) return move("community/", row.month, row.community, std::string(community_of(*place)), rows);
    return done();
  }

  [[nodiscard]] Status flush(Rows& rows) override {
    cases_.flush(rows);
    counts_.flush(rows);
    return done();
  }
  void discard() override {
    cases_.discard();
    counts_.discard();
  }

 private:
  [[nodiscard]] Status move(const std::string& kind, const std::string& month, std::string& from,
                            std::string to, Rows& rows) {
    if (from == to) return done();
    for (const auto& [key, by] : {std::pair(from, -1), std::pair(to, 1)}) {
      if (key.empty()) continue;
      auto count = counts_.at(kind + month + "/" + key, rows);
      if (!count) return count.error();
      (*count)->n += by;
    }
    from = std::move(to);
    return done();
  }

  Decoded<HotRow> cases_{"case/"};
  Decoded<Count> counts_;
};
}  // namespace

std::unique_ptr<View> make_hot_view() {
  return std::make_unique<HotView>();
}

}  // namespace lastkm::projections

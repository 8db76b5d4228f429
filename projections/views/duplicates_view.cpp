// Rows: "case/" id → DuplicateRow; "open/" place "/" category "/" time "/" id → empty, for open cases that
// may be merged.
#include "engine/record/digest.h"
#include "projections/views/decoded.h"
#include "projections/views/duplicate_row.h"
#include "projections/views/open_clocks.h"
#include "projections/views/places.h"
#include "projections/views/views.h"

namespace lastkm::projections {

std::string duplicate_key(const DuplicateRow& row, std::string_view id) {
  return std::string(kDuplicateOpenPrefix) + key_part(row.place) + "/" + key_part(row.category) + "/" +
         sortable(row.at) + "/" + std::string(id);
}

namespace {
class DuplicatesView final : public View {
 public:
  [[nodiscard]] std::string_view name() const override { return "duplicates"; }
  [[nodiscard]] std::int32_t layout() const override { return 3; }
  [[nodiscard]] std::unique_ptr<View> fresh() const override { return std::make_unique<DuplicatesView>(); }

  [[nodiscard]] Status apply(const record::Decision& decision, const record::Event& event,
                             Rows& rows) override {
    if (record::is_lane_aggregate(decision.aggregate)) return done();
    const auto category = changed_member(event, "category");
    const auto place = changed_member(event, "place");
    const auto urgency = changed_member(event, "urgency");
    const std::string_view type = event.type;
    const bool opens = type == "CaseRegistered";
    const bool accepts = type == "CaseAccepted" || type == "CaseDispatched";
    const bool links = type == "CasesMerged" || type == "CaseUnmerged";
    if (!opens && !accepts && !links && !category && !place && !urgency && event.stage.empty()) return done();
    auto found = cases_.at_subject(decision.aggregate, rows);
    if (!found) return found.error();
    DuplicateRow& row = **found;
    if (opens) {
      row.ref = event.data.text("ref");
      row.workflow = workflow_of(event);
      row.at = event.occurred_at;
      row.hidden = event.data.flag("confidential") || !event.data.text("respondent").empty();
      if (const Value* text = event.data.find("text")) row.sketch = text->text("sketch");
    }
    if (category) row.category = *category;
    if (place) row.place = *place;
    if (urgency) row.urgency = *urgency;
    row.accepted = row.accepted || accepts;
    row.linked = row.linked || links;
    if (!event.stage.empty()) row.ended = event.ended;
    return done();
  }

  [[nodiscard]] Status flush(Rows& rows) override {
    cases_.each([&rows](const std::string& id, DuplicateRow& row) {
      const bool shown =
          !row.ended && !row.hidden && !row.linked && !row.place.empty() && !row.category.empty();
      std::string key = shown ? duplicate_key(row, id) : std::string();
      if (key == row.indexed) return;
      if (!row.indexed.empty()) rows.erase(row.indexed);
      if (!key.empty()) rows.put(key, "");
      row.indexed = std::move(key);
    });
    cases_.flush(rows);
    return done();
  }
  void discard() override { cases_.discard(); }
  [[nodiscard]] std::size_t bytes() const override { return cases_.bytes(); }

 private:
  Decoded<DuplicateRow> cases_{kDuplicateCasePrefix};
};
}  // namespace

std::unique_ptr<View> make_duplicates_view() {
  return std::make_unique<DuplicatesView>();
}

}  // namespace lastkm::projections

// Rows: "case/" id → what the list needs to know of the case; "body/" body "/" due "/" id and, for what has a
// due time, "due/" due "/" id → empty: the case is on that body's list, and falls due then. `due` as
// sortable() writes it.
#include <algorithm>

#include "engine/record/digest.h"
#include "projections/views/decoded.h"
#include "projections/views/views.h"
#include "projections/views/work_row.h"

namespace lastkm::projections {

namespace {
std::vector<std::string> texts(const Value* value) {
  std::vector<std::string> texts;
  const Array* array = value == nullptr ? nullptr : value->if_array();
  if (array != nullptr) {
    for (const Value& item : *array) {
      if (const std::string* text = item.if_string()) texts.push_back(*text);
    }
  }
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

Array array_of(const std::vector<std::string>& texts) {
  Array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

/// The index rows that a case has.
std::vector<std::string> index_of(const std::string& id, const WorkRow& row) {
  std::vector<std::string> keys;
  const std::string due = sortable(row.due());
  for (const std::string& holder : row.holders) keys.push_back(work_prefix(holder) + due + "/" + id);
  if (row.due()) keys.push_back(std::string(kDuePrefix) + due + "/" + id);
  return keys;
}
}  // namespace

std::string work_prefix(std::string_view body) {
  return "body/" + std::string(body) + "/";
}

Result<WorkRow> WorkRow::from(const Value& value) {
  WorkRow row;
  row.ref = value.text("ref");
  row.stage = value.text("stage");
  row.ended = value.flag("ended");
  row.holders = texts(value.find("holders"));
  row.indexed = texts(value.find("indexed"));
  const Value* open = value.find("open");
  auto clocks = OpenClocks::from(open == nullptr ? Value() : *open);
  if (!clocks) return clocks.error();
  row.open = std::move(*clocks);
  return row;
}

Value WorkRow::to_value() const {
  return Object{{"ref", ref},
                {"stage", stage},
                {"ended", ended},
                {"holders", array_of(holders)},
                {"indexed", array_of(indexed)},
                {"open", open.to_value()}};
}

namespace {
class WorklistView final : public View {
 public:
  [[nodiscard]] std::string_view name() const override { return "worklist"; }
  [[nodiscard]] std::int32_t layout() const override { return 1; }

  [[nodiscard]] Status apply(const record::Decision& decision, const record::Event& event,
                             Rows& rows) override {
    if (record::is_lane_aggregate(decision.aggregate)) return done();
    auto found = cases_.at(decision.aggregate.value, rows);
    if (!found) return found.error();
    WorkRow& row = **found;
    if (event.type == "CaseRegistered") row.ref = event.data.text("ref");
    if (!event.stage.empty()) {
      row.stage = event.stage;
      row.ended = event.ended;
    }
    if (!event.holders.is_null()) row.holders = texts(&event.holders);
    return row.open.apply(event.clocks);
  }

  [[nodiscard]] Status flush(Rows& rows) override {
    cases_.each([&rows](const std::string& id, WorkRow& row) {
      std::vector<std::string> keys = index_of(id, row);
      std::sort(keys.begin(), keys.end());
      if (keys == row.indexed) return;
      for (const std::string& key : row.indexed) rows.erase(key);
      for (const std::string& key : keys) rows.put(key, "");
      row.indexed = std::move(keys);
    });
    cases_.flush(rows);
    return done();
  }
  void discard() override { cases_.discard(); }

 private:
  Decoded<WorkRow> cases_{kWorkCasePrefix};
};
}  // namespace

std::unique_ptr<View> make_worklist_view() {
  return std::make_unique<WorklistView>();
}

}  // namespace lastkm::projections

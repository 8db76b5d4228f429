// Rows: "case/" id → what the list needs to know of the case; "body/" body "/" due "/" id, "person/" person
// "/" due "/" id and, for what has a due time, "due/" due "/" id → empty: the case is on that body's or
// person's list, and falls due then. `due` as sortable() writes it; a co-handler's is its own, and a
// department's that of the whistle. On a person's list is the work of bodies for which that person has acted
// last. Sums: "count/body/" body and "count/person/" person, the length of
// that list.
#include <algorithm>

#include "engine/base/packed.h"
#include "engine/cases/evolve.h"
#include "engine/record/digest.h"
#include "projections/views/decoded.h"
#include "projections/views/places.h"
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

/// An index row came or went: its list is as much longer.
void count(std::string_view index_key, std::int64_t n, Rows& rows) {
  if (index_key.starts_with(kDuePrefix)) return;
  const std::size_t id = index_key.rfind('/');
  const std::size_t due = index_key.rfind('/', id - 1);
  rows.add(count_key(index_key.substr(0, due + 1)), n);
}

/// The index rows that a case has.
std::vector<std::string> index_of(const std::string& id, const WorkRow& row) {
  std::vector<std::string> keys;
  std::map<std::string_view, std::string> of_persons;  // once on a person's list, by what falls due first
  for (const Work& work : row.works()) {
    const std::string due = sortable(work.due);
    keys.push_back(body_prefix(work.body) + due + "/" + id);
    if (work.person.empty()) continue;
    std::string& first = of_persons.emplace(work.person, due).first->second;
    first = std::min(first, due);
  }
  for (const auto& [person, due] : of_persons) keys.push_back(person_prefix(person) + due + "/" + id);
  if (row.due()) keys.push_back(std::string(kDuePrefix) + sortable(row.due()) + "/" + id);
  return keys;
}
}  // namespace

std::string body_prefix(std::string_view body) {
  return "body/" + key_part(body) + "/";
}
std::string person_prefix(std::string_view person) {
  return "person/" + key_part(person) + "/";
}
std::string count_key(std::string_view list) {
  return std::string(kCountPrefix) + std::string(list.substr(0, list.size() - 1));
}

Result<WorkRow> work_row_of(std::int32_t layout, std::string_view id, std::string_view row) {
  if (layout > 3) return row_of<WorkRow>("worklist", id, row);
  return row_of<WorkRow>("worklist", id, std::string(row) + pack(cases::Parts{}));
}

std::vector<Work> WorkRow::works() const {
  std::vector<Work> works;
  const auto add = [&](std::string_view body, std::string_view why, std::optional<Instant> due) {
    const auto there =
        std::find_if(works.begin(), works.end(), [body](const Work& work) { return work.body == body; });
    if (there != works.end()) {
      // Of several parts the one that falls due first is what it has to do next.
      if (!due || (there->due && *there->due <= *due)) return;
      there->why = why;
      there->due = due;
      return;
    }
    const auto person = persons.find(std::string(body));
    works.push_back({body, person == persons.end() ? std::string_view() : person->second, why, due});
  };
  for (const std::string& holder : holders) add(holder, stage, due());
  if (ended) return works;
  for (const cases::Parts::Pending& one : parts.pending())
    add(one.body, one.whistled ? kWhistle : kCoHandler, one.whistled ? open.due("whistle") : one.due);
  return works;
}

namespace {
class WorklistView final : public View {
 public:
  [[nodiscard]] std::string_view name() const override { return "worklist"; }
  [[nodiscard]] std::int32_t layout() const override { return 5; }
  /// Layout 3 knew of no parts beside the holders, 4 of one for each body, whichever fell due first.
  [[nodiscard]] bool reads(std::int32_t older) const override { return older == 3 || older == 4; }
  [[nodiscard]] std::unique_ptr<View> fresh() const override { return std::make_unique<WorklistView>(); }
  void expect(std::span<const std::string> aggregates, Rows& rows) override {
    cases_.expect(aggregates, rows);
  }

  [[nodiscard]] Status apply(const record::Decision& decision, const record::Event& event,
                             Rows& rows) override {
    if (record::is_lane_aggregate(decision.aggregate)) return done();
    auto found = cases_.at_subject(decision.aggregate, rows);
    if (!found) return found.error();
    WorkRow& row = **found;
    if (event.type == "CaseRegistered") row.ref = event.data.text("ref");
    if (!event.stage.empty()) {
      row.stage = event.stage;
      row.ended = event.ended;
    }
    if (!event.holders.is_null()) row.holders = texts(&event.holders);
    cases::evolve(row.parts, event);
    if (!event.actor.person.empty()) row.persons[event.actor.body.value] = event.actor.person;
    return row.open.apply(event.clocks);
  }

  [[nodiscard]] Status flush(Rows& rows) override {
    cases_.each([&rows](const std::string& id, WorkRow& row) {
      std::vector<std::string> keys = index_of(id, row);
      std::sort(keys.begin(), keys.end());
      keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
      if (keys == row.indexed) return;
      for (const std::string& key : row.indexed) {
        if (std::binary_search(keys.begin(), keys.end(), key)) continue;
        rows.erase(key);
        count(key, -1, rows);
      }
      for (const std::string& key : keys) {
        if (std::binary_search(row.indexed.begin(), row.indexed.end(), key)) continue;
        rows.put(key, "");
        count(key, 1, rows);
      }
      row.indexed = std::move(keys);
    });
    cases_.flush(rows);
    return done();
  }
  void discard() override { cases_.discard(); }
  [[nodiscard]] std::size_t bytes() const override { return cases_.bytes(); }

 private:
  Decoded<WorkRow> cases_{kWorkCasePrefix};
};
}  // namespace

std::unique_ptr<View> make_worklist_view() {
  return std::make_unique<WorklistView>();
}

}  // namespace lastkm::projections

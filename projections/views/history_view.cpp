// Row: id "/" seq (ten digits) → {"event","lane","ordinal","recorded_at"}: the event as it stands in the
// record of its decision, and the lane, ordinal and record time of that. Times are RFC 3339 UTC.
#include <algorithm>

#include "engine/record/canonical.h"
#include "engine/record/digest.h"
#include "engine/record/envelope.h"
#include "engine/record/event_text.h"
#include "projections/views/views.h"

namespace lastkm::projections {

namespace {
std::string history_key(const std::string& id, std::int64_t seq) {
  constexpr std::size_t kDigits = 10;
  const std::string digits = std::to_string(seq);
  std::string key;
  key.reserve(id.size() + 1 + std::max(kDigits, digits.size()));
  key += id;
  key += '/';
  key.append(digits.size() < kDigits ? kDigits - digits.size() : 0, '0');
  key += digits;
  return key;
}

/// What a row of the decision says behind the event.
std::string after_event(const record::Decision& decision) {
  constexpr std::size_t kRoom = 128;
  record::Writer rest(kRoom);
  rest.put(R"(,"lane":)");
  record::append_number(rest, decision.lane.value);
  rest.put(R"(,"ordinal":)");
  record::append_number(rest, decision.ordinal.value);
  rest.put(R"(,"recorded_at":)");
  record::append_time(rest, decision.lane_time);
  rest.put('}');
  return rest.take();
}

/// Most decisions have one event, and reading the record has found it.
Result<std::vector<std::string_view>> texts_of(const Accepted& accepted) {
  if (accepted.only_event.empty()) return record::event_texts(accepted.bytes);
  return std::vector{accepted.only_event};
}

class HistoryView final : public View {
 public:
  [[nodiscard]] std::string_view name() const override { return "history"; }
  [[nodiscard]] std::int32_t layout() const override { return 2; }
  /// Layout 1 held the members of the event beside the others.
  [[nodiscard]] bool reads(std::int32_t older) const override { return older == 1; }
  [[nodiscard]] bool writes_once() const override { return true; }
  [[nodiscard]] std::unique_ptr<View> fresh() const override { return std::make_unique<HistoryView>(); }

  /// The rows of all its events: copied, for they are the most of all rows and as large as the log.
  [[nodiscard]] Status decided(const Accepted& accepted, Rows& rows) override {
    const record::Decision& decision = accepted.decision;
    if (record::is_lane_aggregate(decision.aggregate) || decision.events.empty()) return done();
    const auto texts = texts_of(accepted);
    if (!texts) return texts.error();
    if (texts->size() != decision.events.size()) {
      return Error{ErrorKind::integrity, "undecodable", "the events of the decision cannot be told apart",
                   ""};
    }
    const std::string rest = after_event(decision);
    for (std::size_t i = 0; i < decision.events.size(); ++i) {
      constexpr std::string_view begin = R"({"event":)";
      std::string row;
      row.reserve(begin.size() + (*texts)[i].size() + rest.size());
      row += begin;
      row += (*texts)[i];
      row += rest;
      rows.append(history_key(decision.aggregate.value, decision.events[i].seq), std::move(row));
    }
    return done();
  }
  [[nodiscard]] Status apply(const record::Decision& /*decision*/, const record::Event& /*event*/,
                             Rows& /*rows*/) override {
    return done();
  }
};
}  // namespace

std::unique_ptr<View> make_history_view() {
  return std::make_unique<HistoryView>();
}

}  // namespace lastkm::projections

// Rows: "lane/" lane (4 digits) → IntegrityRow; "chain/" aggregate → the hash that its next decision has to
// name as its `prev`; "late/" lane "/" ordinal (12 digits) "/" seq → an event recorded more than a day after
// it happened.
#include "engine/record/canonical.h"
#include "engine/record/digest.h"
#include "projections/views/decoded.h"
#include "projections/views/integrity_row.h"
#include "projections/views/views.h"

namespace lastkm::projections {

namespace {
std::string digits(std::int64_t n, std::size_t width) {
  std::string text = std::to_string(n);
  text.insert(0, text.size() < width ? width - text.size() : 0, '0');
  return text;
}

/// What the next decision about an aggregate has to name.
struct Chain {
  std::string hash;
  bool imported = false;
  [[nodiscard]] bool absent() const { return hash.empty(); }

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.hash, self.imported);
  }
};
}  // namespace

std::string lane_key(LaneId lane) {
  return std::string(kLanePrefix) + digits(lane.value, 4);
}

namespace {
class IntegrityView final : public View {
 public:
  [[nodiscard]] std::string_view name() const override { return "integrity"; }
  [[nodiscard]] std::int32_t layout() const override { return 2; }
  [[nodiscard]] std::unique_ptr<View> fresh() const override { return std::make_unique<IntegrityView>(); }
  void expect(std::span<const std::string> aggregates, Rows& rows) override {
    chains_.expect(aggregates, rows);
  }

  [[nodiscard]] Status decided(const Accepted& accepted, Rows& rows) override {
    const record::Decision& decision = accepted.decision;
    auto found = lanes_.at(lane_key(decision.lane), rows);
    if (!found) return found.error();
    IntegrityRow& lane = **found;
    record::Digest command{};
    if (!record::read_hex(decision.command_hash, command)) {
      return Error{ErrorKind::integrity, "bad-hash", "the decision names no hash of its command", ""};
    }
    const record::Digest hash = record::sha256(accepted.bytes);
    lane.last = decision.ordinal;
    lane.decisions.append(hash);
    lane.commands.append(command);
    lane.events += static_cast<std::int64_t>(decision.events.size());
    if (decision.rejection) ++lane.rejected;
    if (decision.duplicate_of) ++lane.repeats;
    return follow(decision, record::hex(hash), lane, rows);
  }

  [[nodiscard]] Status apply(const record::Decision& decision, const record::Event& event,
                             Rows& rows) override {
    static constexpr std::int64_t kLate = kMsPerDay;
    if (event.actor.role == "SYSTEM" || event.data.flag("imported")) return done();
    if (decision.lane_time.ms - event.occurred_at.ms <= kLate) return done();
    auto chain = chains_.at_subject(decision.aggregate, rows);
    if (!chain) return chain.error();
    if ((*chain)->imported) return done();
    auto lane = lanes_.at(lane_key(decision.lane), rows);
    if (!lane) return lane.error();
    ++(*lane)->late;
    rows.append("late/" + digits(decision.lane.value, 4) + "/" + digits(decision.ordinal.value, 12) + "/" +
                    digits(event.seq, 10),
                record::canonical(Object{{"case", decision.aggregate.value},
                                         {"lane", decision.lane.value},
                                         {"ordinal", decision.ordinal.value},
                                         {"seq", event.seq},
                                         {"type", event.type},
                                         {"body", event.actor.body.value},
                                         {"occurred_at", format_utc(event.occurred_at)},
                                         {"recorded_at", format_utc(decision.lane_time)}}));
    return done();
  }

  [[nodiscard]] Status flush(Rows& rows) override {
    lanes_.flush(rows);
    chains_.flush(rows);
    return done();
  }
  void discard() override {
    lanes_.discard();
    chains_.discard();
  }
  [[nodiscard]] std::size_t bytes() const override { return lanes_.bytes() + chains_.bytes(); }

 private:
  /// A chain begins with the decision that opens the case; what was refused before stands alone.
  Status follow(const record::Decision& decision, std::string hash, IntegrityRow& lane, Rows& rows) {
    auto found = chains_.at_subject(decision.aggregate, rows);
    if (!found) return found.error();
    Chain& chain = **found;
    if (decision.prev != chain.hash && ++lane.broken == 1) lane.first_broken = decision.ordinal;
    if (chain.hash.empty() && decision.events.empty() && !record::is_lane_aggregate(decision.aggregate))
      return done();
    chain.hash = std::move(hash);
    for (const record::Event& event : decision.events)
      chain.imported = chain.imported || event.data.flag("imported");
    return done();
  }

  Decoded<IntegrityRow> lanes_;
  Decoded<Chain> chains_{"chain/"};
};
}  // namespace

std::unique_ptr<View> make_integrity_view() {
  return std::make_unique<IntegrityView>();
}

}  // namespace lastkm::projections

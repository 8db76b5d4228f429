// A view: a read model with a name and a layout, folded from events. It reads nothing but accepted decisions
// and its own rows, never the time of day; so what it holds depends on the accepted decisions alone, however
// they were cut into chunks. Each of its rows is made from the decisions of one lane, or is a sum: so lanes
// can be folded apart.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/record/decision.h"
#include "engine/store/store.h"

namespace lastkm::projections {

/// One row that a chunk changed; without a value: it is gone.
using ChangedRow = std::pair<std::string, std::optional<std::string>>;

/// The rows of one view: what is committed, and over it what the running chunk has changed. One thread.
class Rows {
 public:
  /// Precondition: `committed` outlives this; nullptr: nothing is committed yet.
  Rows(store::Store* committed, std::string family) : committed_(committed), family_(std::move(family)) {}

  /// The row as the view left it last; nullopt: there is none. integrity where the store is damaged.
  [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key);
  /// The same of many keys, in their order.
  [[nodiscard]] Result<std::vector<std::optional<std::string>>> get_many(std::span<const std::string> keys);
  /// Whether there is anything committed that rows could be read from.
  [[nodiscard]] bool has_committed() const { return committed_ != nullptr; }
  void put(std::string_view key, std::string value);
  void erase(std::string_view key);
  /// A row that is written once, and not read before the changes are given away.
  void append(std::string key, std::string value);
  /// Adds to a sum, which may count cases of many lanes: a row with a number in decimal, none where it is 0.
  /// No other call may name its key.
  void add(std::string_view key, std::int64_t n);

  /// What the running decision is about, as a number: the same whenever it comes again before the next flush,
  /// small, and counted from 0 on. kNoSubject where nobody counts.
  [[nodiscard]] std::size_t subject() const { return subject_; }
  void set_subject(std::size_t number) { subject_ = number; }
  static constexpr std::size_t kNoSubject = SIZE_MAX;

  [[nodiscard]] const std::string& family() const { return family_; }
  /// About how much memory the changes take.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// Gives the changes away, in key order; sums apart, as what was added to them.
  [[nodiscard]] std::vector<ChangedRow> take();
  using Sums = std::map<std::string, std::int64_t, std::less<>>;
  [[nodiscard]] Sums take_sums();
  [[nodiscard]] Status drain_to(store::Batch& batch);
  void discard();

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
  };
  void change(std::string_view key, std::optional<std::string> value);

  store::Store* committed_;
  std::string family_;
  std::unordered_map<std::string, std::optional<std::string>, Hash, std::equal_to<>> changed_;
  std::vector<ChangedRow> appended_;
  Sums sums_;
  std::size_t bytes_ = 0;
  std::size_t subject_ = kNoSubject;
};

/// The number that such a row holds; integrity "views-corrupt".
[[nodiscard]] Result<std::int64_t> sum_from(std::string_view family, std::string_view key,
                                            std::string_view row);
/// The rows that sums become, from what is committed and what was added; `committed` nullptr: nothing is.
[[nodiscard]] Result<std::vector<ChangedRow>> summed(store::Store* committed, const std::string& family,
                                                     const Rows::Sums& added);

/// An accepted decision, without what its guards saw (Event::facts), and the record that bears it.
struct Accepted {
  const record::Decision& decision;
  std::string_view bytes;
  std::string_view only_event;  ///< its text, see decode_decision()
};

class View {
 public:
  virtual ~View() = default;
  /// Stable, [a-z_]+.
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// Counts up whenever the rows of the same events would differ: the view is then rebuilt.
  [[nodiscard]] virtual std::int32_t layout() const = 0;
  /// Whether queries can still read rows of an older layout: they answer until the new ones are built.
  [[nodiscard]] virtual bool reads(std::int32_t /*older*/) const { return false; }
  /// Whether its rows are large and never change.
  [[nodiscard]] virtual bool writes_once() const { return false; }
  /// Another one of the same kind, that has seen nothing.
  [[nodiscard]] virtual std::unique_ptr<View> fresh() const = 0;

  /// The aggregates that the next decisions are about, as far as is known: their rows may be read together.
  virtual void expect(std::span<const std::string> /*aggregates*/, Rows& /*rows*/) {}
  /// Sees one accepted decision, before its events. An error stops this view alone, at this decision.
  [[nodiscard]] virtual Status decided(const Accepted& /*accepted*/, Rows& /*rows*/) { return done(); }
  /// Folds one event of an accepted decision. An error stops this view alone, at this event.
  [[nodiscard]] virtual Status apply(const record::Decision& decision, const record::Event& event,
                                     Rows& rows) = 0;
  /// Puts into `rows` what the view keeps decoded and the chunk has changed. Called before each commit.
  [[nodiscard]] virtual Status flush(Rows& /*rows*/) { return done(); }
  /// Forgets what it keeps decoded.
  virtual void discard() {}
  /// About how much memory the decoded takes.
  [[nodiscard]] virtual std::size_t bytes() const { return 0; }
};

using Views = std::vector<std::unique_ptr<View>>;

/// A view's rows lie in one of two families, so that it can be rebuilt beside the rows in use.
[[nodiscard]] std::string family_of(std::string_view view, int slot);
/// The family of the live checkpoint and of what the views are.
inline constexpr std::string_view kCheckpointFamily = "checkpoint";
/// The family of the checkpoint of views that are being built.
inline constexpr std::string_view kBuildFamily = "build";
/// Every family that a store for these views needs.
[[nodiscard]] std::vector<std::string> families_of(const Views& views);
/// Those of them whose rows are large and never change.
[[nodiscard]] std::vector<std::string> families_written_once(const Views& views);

}  // namespace lastkm::projections

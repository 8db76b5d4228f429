// A view: a read model with a name and a layout, folded from events. It reads nothing but events and its own
// rows, never the time of day; so what it holds depends on the accepted decisions alone, however they were
// cut into chunks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/result.h"
#include "engine/record/decision.h"
#include "engine/store/store.h"

namespace lastkm::projections {

/// The rows of one view: what is committed, and over it what the running chunk has changed. One thread.
class Rows {
 public:
  /// Precondition: `committed` outlives this.
  Rows(store::Store& committed, std::string family) : committed_(&committed), family_(std::move(family)) {}

  /// The row as the view left it last; nullopt: there is none. integrity where the store is damaged.
  [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key);
  void put(std::string_view key, std::string value);
  void erase(std::string_view key);

  [[nodiscard]] const std::string& family() const { return family_; }
  [[nodiscard]] std::size_t changes() const { return changed_.size(); }
  /// Moves the changes into a batch, in key order.
  void drain_to(store::Batch& batch);
  void discard() { changed_.clear(); }

 private:
  store::Store* committed_;
  std::string family_;
  std::unordered_map<std::string, std::optional<std::string>> changed_;
};

class View {
 public:
  virtual ~View() = default;
  /// Stable, [a-z_]+.
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// Counts up whenever the rows of the same events would differ: the view is then rebuilt.
  [[nodiscard]] virtual std::int32_t layout() const = 0;
  /// Folds one event of an accepted decision. An error stops this view alone, at this event.
  [[nodiscard]] virtual Status apply(const record::Decision& decision, const record::Event& event,
                                     Rows& rows) = 0;
  /// Puts into `rows` what the view keeps decoded while a chunk runs, and forgets it. Called before each
  /// commit.
  [[nodiscard]] virtual Status flush(Rows& rows) = 0;
  /// Forgets what it keeps decoded.
  virtual void discard() = 0;
};

using Views = std::vector<std::unique_ptr<View>>;

/// A view's rows lie in one of two families, so that it can be rebuilt beside the rows in use.
[[nodiscard]] std::string family_of(std::string_view view, int slot);
/// The family of checkpoints and of what the views are.
inline constexpr std::string_view kCheckpointFamily = "checkpoint";
/// Every family that a store for these views needs.
[[nodiscard]] std::vector<std::string> families_of(const Views& views);

}  // namespace lastkm::projections

// Strong ids: a CaseId is not a BodyId, an Ordinal is not an offset. No arithmetic but where a type needs it.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace lastkm {

template <class Tag, class T = std::string>
struct StrongId {
  T value{};

  StrongId() = default;
  explicit StrongId(T v) : value(std::move(v)) {}
  auto operator<=>(const StrongId&) const = default;
  bool operator==(const StrongId&) const = default;

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.value);
  }
};

using AggregateId =
    StrongId<struct AggregateIdTag>;              ///< 32 lower-case hex digits of a keyed hash, or "lane-N"
using CommandId = StrongId<struct CommandIdTag>;  ///< 32 lower-case hex digits
using BodyId = StrongId<struct BodyIdTag>;        ///< KIND-PLACE: "PSC-5101080170060001"
using LaneId = StrongId<struct LaneIdTag, std::int32_t>;
using Ordinal = StrongId<struct OrdinalTag, std::int64_t>;  ///< dense within a lane, from 1
using DirectoryOrdinal =
    StrongId<struct DirectoryOrdinalTag,
             std::int64_t>;  ///< dense in the directory log, from 1; 0 is "nothing in force"

template <class Tag>
StrongId<Tag, std::int64_t> next(StrongId<Tag, std::int64_t> id) {
  return StrongId<Tag, std::int64_t>(id.value + 1);
}

}  // namespace lastkm

template <class Tag, class T>
struct std::hash<lastkm::StrongId<Tag, T>> {
  std::size_t operator()(const lastkm::StrongId<Tag, T>& id) const noexcept {
    return std::hash<T>{}(id.value);
  }
};

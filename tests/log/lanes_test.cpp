#include <catch2/catch.hpp>

#include "engine/log/event_log.h"

namespace lastkm::log {

TEST_CASE(
    "lanes: a command belongs to the lane of its key where that lane is, else to the partition's first") {
  CHECK(lane_in(1, LaneId(1), 4) == LaneId(1));
  CHECK(lane_in(1, LaneId(5), 4) == LaneId(5));
  CHECK(lane_in(0, LaneId(5), 1) == LaneId(5));
  CHECK(lane_in(1, LaneId(6), 4) == LaneId(1));
  // A key that names none.
  CHECK(lane_in(0, LaneId(-1), 4) == LaneId(0));
  CHECK(lane_in(3, LaneId(-1), 4) == LaneId(3));
  CHECK(lane_in(0, LaneId(-1), 1) == LaneId(0));
}

}  // namespace lastkm::log

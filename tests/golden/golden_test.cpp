// A log of each released decider, kept as it was written: this program must decide every command of it byte
// for byte.
#include <filesystem>
#include <fstream>
#include <set>

#include <catch2/catch.hpp>

#include "engine/json/read.h"
#include "engine/lane/state.h"
#include "engine/log/simulated_log.h"
#include "engine/record/command.h"
#include "engine/record/decision.h"
#include "engine/record/digest.h"
#include "engine/runtime/deployment.h"
#include "engine/runtime/redecide.h"
#include "tests/source_folder.h"

namespace lastkm::runtime {

namespace {

namespace fs = std::filesystem;

std::vector<std::string> lines_of(const fs::path& file) {
  std::ifstream in(file);
  INFO(file.string());
  REQUIRE(in.good());
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) out.push_back(line);
  }
  return out;
}

/// The key of a record: what it is about.
std::string subject_of(const std::string& bytes) {
  auto value = json::read_value(bytes, "golden");
  REQUIRE(value.has_value());
  return std::string(value->text("subject"));
}

struct Golden {
  explicit Golden(const fs::path& folder) {
    const auto commands = lines_of(folder / "commands.jsonl");
    const auto meta = json::read_value(lines_of(folder / "deployment.json").front(), "golden");
    REQUIRE(meta.has_value());
    deployment.log_id = meta->text("log_id");
    deployment.lanes = static_cast<std::int32_t>(meta->number("lanes"));
    deployment.decider = static_cast<std::int32_t>(meta->number("decider", lane::kOldestDecider));
    storage = std::make_shared<log::SimulatedStorage>(deployment.lanes);
    auto log = log::open_simulated_log(storage);
    std::vector<log::Append> appends;
    for (const std::string& line : lines_of(folder / "directory.jsonl"))
      appends.push_back({log::Topic::directory, 0, log::Record{"", line, {}}});
    const auto add = [&](log::Topic topic, const std::string& line) {
      const std::string key = subject_of(line);
      const LaneId lane = record::lane_of(AggregateId(key), deployment.lanes);
      appends.push_back({topic, log::partition_of(lane, deployment.lanes), log::Record{key, line, {}}});
    };
    for (const std::string& line : commands) add(log::Topic::commands, line);
    for (const std::string& line : lines_of(folder / "decisions.jsonl")) {
      if (record::kind_of(line) == record::DecisionRecordKind::decision) add(log::Topic::decisions, line);
    }
    REQUIRE(log->append(appends, log::Durability::synced).has_value());
    written = static_cast<std::int64_t>(commands.size());
  }
  Redecided again() {
    auto log = log::open_simulated_log(storage);
    auto result = redecide(*log, deployment, nullptr);
    if (!result) FAIL(result.error().message);
    return *result;
  }

  Deployment deployment;
  std::shared_ptr<log::SimulatedStorage> storage;
  std::int64_t written = 0;
};

}  // namespace

TEST_CASE("golden: every decider that this program runs has its log, and decides it byte for byte") {
  for (std::int32_t decider = lane::kOldestDecider; decider <= lane::kNewestDecider; ++decider) {
    Golden golden(fs::path(test::source_folder()) / "tests/golden" / std::to_string(decider));
    const Redecided again = golden.again();
    INFO((again.first ? again.first->what : "") << " " << (again.first ? again.first->lane.value : 0) << ":"
                                                << (again.first ? again.first->ordinal.value : 0));
    CHECK(again.different == 0);
    CHECK(again.undecided == 0);
    CHECK(again.equal == golden.written);
    CHECK(again.deciders == std::set<std::int32_t>{decider});
  }
}

}  // namespace lastkm::runtime

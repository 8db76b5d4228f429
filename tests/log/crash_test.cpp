#include <sys/wait.h>

#include <unistd.h>

#include <csignal>
#include <random>

#include "tests/log/child.h"
#include "tests/log/power_env.h"
#include "tests/log/support.h"

using namespace lastkm;
using namespace lastkm::log;
using namespace lastkm::log::test;

namespace {

/// Every acknowledged offset can be read and holds what was appended there; how many records there are.
std::size_t check_acknowledged(const Folder& folder, const std::vector<std::int64_t>& acknowledged) {
  const auto log = open(folder);
  const auto stored = all(*log, Topic::commands, 0);
  for (const std::int64_t offset : acknowledged) {
    REQUIRE(offset < static_cast<std::int64_t>(stored.size()));
    CHECK(stored[static_cast<std::size_t>(offset)].record == command(0, std::to_string(offset)).record);
  }
  return stored.size();
}

}  // namespace

TEST_CASE("P1: whatever a killed process has acknowledged is there") {
  const Folder folder;
  std::mt19937 random(20261124);
  std::vector<std::int64_t> acknowledged;
  for (int round = 0; round < 20; ++round) {
    const std::size_t before = acknowledged.size();
    const int after_ms = std::uniform_int_distribution<int>(0, 60)(random);
    const int status = finish(start("append", folder.text()), acknowledged, after_ms);
    CAPTURE(round, after_ms);
    REQUIRE(WIFSIGNALED(status));
    REQUIRE(acknowledged.size() > before);
    const std::size_t stored = check_acknowledged(folder, acknowledged);
    CHECK(stored <=
          acknowledged.size() + static_cast<std::size_t>(round) + 1);  // one in flight for each death
  }
}

TEST_CASE("P1: a process that dies at any step of an append loses nothing that it acknowledged") {
  struct Case {
    const char* role;
    const char* point;
    std::size_t acknowledged;
    std::size_t stored;  ///< what was written and not acknowledged may be there: it is unknown, and found
  };
  for (const Case& point :
       {Case{"append", "log.before_write:5", 4, 4}, Case{"append", "log.written:5", 4, 5},
        Case{"append", "log.marked:5", 4, 5}, Case{"append", "log.before_write", 0, 0},
        Case{"buffer and sync", "log.synced:5", 4, 5}, Case{"buffer and sync", "log.marked:5", 4, 5}}) {
    CAPTURE(point.role, point.point);
    const Folder folder;
    std::vector<std::int64_t> acknowledged;
    const int status = finish(start(point.role, folder.text(), point.point), acknowledged);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 137);
    CHECK(acknowledged.size() == point.acknowledged);
    CHECK(check_acknowledged(folder, acknowledged) == point.stored);
  }
}

TEST_CASE("log: a folder has one writer, and the second is told whose it is") {
  const Folder folder;
  { const auto made = open(folder); }
  std::vector<std::int64_t> answers;
  const auto mine = open(folder);
  finish(start("open and wait", folder.text()), answers);
  CHECK(answers == std::vector<std::int64_t>{1});
  const Error here = refused(folder);
  CHECK(here.kind == ErrorKind::folder_in_use);
  CHECK(here.message.find("pid " + std::to_string(::getpid())) != std::string::npos);
}

TEST_CASE("log: a folder held by another process names that process") {
  const Folder folder;
  const Child child = start("open and wait", folder.text());
  char answer = 0;
  REQUIRE(::read(child.answers, &answer, 1) == 1);
  REQUIRE(answer == '0');
  const Error taken = refused(folder);
  CHECK(taken.kind == ErrorKind::folder_in_use);
  CHECK(taken.message.find("pid " + std::to_string(child.pid)) != std::string::npos);
  ::kill(child.pid, SIGKILL);
  std::vector<std::int64_t> rest;
  finish(child, rest);
  CHECK(open(folder) != nullptr);
}

TEST_CASE("P1: loss of power takes nothing that was synced, and no record before one that stays") {
  const Folder folder;
  PowerEnv power;
  const bool many = GENERATE(false, true);  // many: the memory table is written out on the way
  CAPTURE(many);
  std::size_t promised = 0;
  std::size_t appended = 0;
  for (int round = 0; round < 4; ++round) {
    std::size_t found = 0;
    {
      const auto log = open({.folder = folder.text(), .partitions = kPartitions, .env = power.env()});
      const auto there = all(*log, Topic::commands, 0);
      found = there.size();
      REQUIRE(found >= promised);
      for (std::size_t i = 0; i < found; ++i)
        CHECK(there[i].record.value.starts_with(std::to_string(i) + "!"));
      for (std::size_t i = 0; i < 100; ++i) {
        const std::string value = std::to_string(found + i) + "!" + std::string(many ? 200000 : 100, 'x');
        const std::vector<Append> one{command(0, value)};
        const bool sync_now = i % 30 == 10;
        REQUIRE(log->append(one, sync_now ? Durability::synced : Durability::buffered));
        if (i == 60) REQUIRE(log->sync());
        if (sync_now || i == 60) promised = found + i + 1;
      }
      appended = found + 100;
    }
    power.lose_power();
  }
  const auto log = open({.folder = folder.text(), .partitions = kPartitions, .env = power.env()});
  const std::size_t left = all(*log, Topic::commands, 0).size();
  CHECK(left >= promised);
  CHECK(left < appended);  // or the loss of power took nothing and this test shows nothing
}

TEST_CASE("P11: where syncs were left out, loss of power takes records and the mark tells") {
  const Folder folder;
  PowerEnv power;
  const bool left_out = GENERATE(false, true);
  EmbeddedLogOptions options{.folder = folder.text(), .partitions = kPartitions, .env = power.env()};
  {
    options.leave_out_syncs = left_out;
    const auto log = open(options);
    fill(*log, 100, Durability::synced);
  }
  power.lose_power();
  options.leave_out_syncs = false;
  if (!left_out) {
    const auto log = open(options);
    CHECK(all(*log, Topic::commands, 0).size() == 100 / kPartitions);
    return;
  }
  const Error error = refused(options);
  CHECK(error.kind == ErrorKind::integrity);
  CHECK(error.code == "log-rollback");
  CHECK(error.message.find("100 were acknowledged") != std::string::npos);
}

TEST_CASE("P11: after a failed write or sync every append is refused until the log is opened again") {
  const Folder folder;
  const bool syncs = GENERATE(false, true);
  CAPTURE(syncs);
  {
    PowerEnv broken;
    int told = 0;
    const auto log = open({.folder = folder.text(),
                           .partitions = kPartitions,
                           .on_failure = [&told](const Error&) { ++told; },
                           .env = broken.env()});
    fill(*log, 8, Durability::synced);
    CHECK(told == 0);
    syncs ? broken.fail_syncs() : broken.fail_writes();
    const std::vector<Append> one{command(0, "unknown")};
    const auto first = log->append(one, Durability::synced);
    REQUIRE_FALSE(first);
    CHECK(first.error().kind == ErrorKind::unknown_outcome);
    CHECK(told == 1);
    for (const Durability durability : {Durability::synced, Durability::buffered}) {
      const auto later = log->append(one, durability);
      REQUIRE_FALSE(later);
      CHECK(later.error().kind == ErrorKind::integrity);
      CHECK(later.error().code == "log-failed");
    }
    const Status synced = log->sync();
    REQUIRE_FALSE(synced);
    CHECK(synced.error().kind == ErrorKind::integrity);
    // What was written and could not be synced can be read, as all that is buffered; nobody was promised it.
    CHECK(all(*log, Topic::commands, 0).size() == (syncs ? 3 : 2));
  }
  const auto log = open(folder);
  const std::size_t found = all(*log, Topic::commands, 0).size();
  CHECK((found == 2 || found == 3));
  fill(*log, 4, Durability::synced);
}

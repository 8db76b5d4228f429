#include "tests/log/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "tests/log/support.h"

namespace lastkm::log::test {

namespace {

constexpr int kAnswers = 3;

std::string folder_of_child() {
  const char* folder = std::getenv("LASTKM_TEST_FOLDER");
  return folder == nullptr ? "" : folder;
}

void answer(std::int64_t number) {
  const std::string line = std::to_string(number) + "\n";
  if (::write(kAnswers, line.data(), line.size()) < 0) ::_exit(1);
}

}  // namespace

Child start(const std::string& role, const std::string& folder, const std::string& crash_at) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  std::vector<std::string> words;
  for (char** word = environ; *word != nullptr; ++word) words.emplace_back(*word);
  words.push_back("LASTKM_TEST_FOLDER=" + folder);
  if (!crash_at.empty()) words.push_back("LASTKM_CRASH_AT=" + crash_at);
  std::vector<char*> environment;
  for (std::string& word : words) environment.push_back(word.data());
  environment.push_back(nullptr);
  std::string name = "test_log";
  std::string test = "child: " + role;
  char* arguments[] = {name.data(), test.data(), nullptr};
  const pid_t pid = ::fork();
  if (pid == 0) {
    const int quiet = ::open("/dev/null", O_WRONLY);
    ::dup2(quiet, STDOUT_FILENO);
    if (ends[1] == kAnswers) {
      ::fcntl(kAnswers, F_SETFD, 0);
    } else {
      ::dup2(ends[1], kAnswers);
    }
    ::execve("/proc/self/exe", arguments, environment.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  REQUIRE(pid > 0);
  return {pid, ends[0]};
}

int finish(const Child& child, std::vector<std::int64_t>& acknowledged, int kill_after_ms) {
  std::string text;
  char buffer[4096];
  std::thread killer;
  while (true) {
    const ssize_t got = ::read(child.answers, buffer, sizeof buffer);
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
    if (kill_after_ms < 0 || killer.joinable()) continue;
    killer = std::thread([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(kill_after_ms));
      ::kill(child.pid, SIGKILL);
    });
  }
  if (killer.joinable()) killer.join();
  ::close(child.answers);
  int status = 0;
  REQUIRE(::waitpid(child.pid, &status, 0) == child.pid);
  std::size_t at = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', at)) {
    if (end > at) acknowledged.push_back(std::stoll(text.substr(at, end - at)));
    at = end + 1;
  }
  return status;
}

TEST_CASE("child: append", "[.]") {
  const auto log = open({.folder = folder_of_child(), .partitions = kPartitions});
  for (std::int64_t i = *log->end(Topic::commands, 0);; ++i) {
    const std::vector<Append> one{command(0, std::to_string(i))};
    const auto offsets = log->append(one, Durability::synced);
    if (!offsets) ::_exit(1);
    answer(offsets->front());
  }
}

TEST_CASE("child: buffer and sync", "[.]") {
  const auto log = open({.folder = folder_of_child(), .partitions = kPartitions});
  for (int i = 0; i < 100; ++i) {
    const std::vector<Append> one{command(0, std::to_string(i))};
    const auto offsets = log->append(one, Durability::buffered);
    if (!offsets || !log->sync()) ::_exit(1);
    answer(offsets->front());
  }
}

TEST_CASE("child: open and wait", "[.]") {
  const auto opened = open_embedded_log({.folder = folder_of_child(), .partitions = kPartitions});
  answer(opened ? 0 : 1);
  if (opened) std::this_thread::sleep_for(std::chrono::minutes(1));
}

}  // namespace lastkm::log::test

// Plays a community for some days of virtual time through an engine: residents who ask, ask again and are
// unhappy; bodies that are quick, slow or silent; a hotline that dispatches, calls back and reopens.
// Everything goes through submit().
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "engine/runtime/engine.h"
#include "tools/lastkm/random.h"

namespace lastkm::tool {

/// The client of every command that is played.
inline constexpr std::string_view kDemoClient = "demo";

struct PlayOptions {
  std::uint64_t seed = 1;
  int days = 30;
  int requests_per_day = 20;
  Instant start;
};

struct Played {
  std::int64_t commands = 0, accepted = 0, rejected = 0, duplicates = 0, supplements = 0, cases = 0;
  std::map<std::string, std::int64_t> refusals;  ///< by code
};

class Play {
 public:
  /// refused where what the directory has in force is not enough: no categories, no compounds, no hotline.
  [[nodiscard]] static Result<Play> prepare(runtime::Engine& engine, const PlayOptions& options);
  /// `progress` is told the day that has come.
  [[nodiscard]] Result<Played> run(const std::function<void(int day)>& progress);

 private:
  struct Place {
    std::string code;
    std::string title;
  };
  /// What comes next: a new request where `who` is empty, else the next step of that case.
  struct Turn {
    Instant at;
    std::uint64_t order = 0;
    std::string who;
    std::optional<intake::Submission> request;
  };
  struct Later {
    bool operator()(const Turn& a, const Turn& b) const {
      return a.at != b.at ? a.at > b.at : a.order > b.order;
    }
  };

  Play(runtime::Engine& engine, const PlayOptions& options);
  Status find_cast();
  void plan_requests();
  [[nodiscard]] std::string next_category();
  [[nodiscard]] intake::Submission request(const std::string& category, const Place& place, Instant at);
  void plan(Instant at, std::string who, std::optional<intake::Submission> request = std::nullopt);
  [[nodiscard]] Result<runtime::Outcome> send(intake::Submission submission, Instant at);
  [[nodiscard]] Status turn(const Turn& turn);
  [[nodiscard]] Status advance_case(const Turn& turn);

  // play_steps.cpp: what somebody does next for a case, and when.
  [[nodiscard]] std::optional<intake::Submission> step(const cases::CaseState& state, Instant at);
  [[nodiscard]] std::optional<intake::Submission> step_of_lead(const cases::CaseState& state, Instant at);
  [[nodiscard]] std::optional<intake::Submission> step_in_progress(const cases::CaseState& state, Instant at);
  [[nodiscard]] std::optional<intake::Submission> step_of_hotline(const cases::CaseState& state, Instant at);
  [[nodiscard]] std::optional<intake::Submission> step_at_call_back(const cases::CaseState& state);
  [[nodiscard]] Instant when(const cases::CaseState& state, Instant now);
  [[nodiscard]] Instant in_office(Instant at);
  [[nodiscard]] std::string choose_lead(const cases::CaseState& state);
  [[nodiscard]] std::int64_t slowness(std::string_view body) const;
  [[nodiscard]] Value photos(std::int64_t n);
  [[nodiscard]] intake::Submission by(std::string_view body, const char* role, const char* command,
                                      Object data = {}) const;

  runtime::Engine* engine_;
  PlayOptions options_;
  Random random_;
  std::vector<Place> compounds_;
  std::vector<std::string> categories_;
  std::string hotline_, center_;
  std::priority_queue<Turn, std::vector<Turn>, Later> turns_;
  std::uint64_t order_ = 0;
  std::int64_t references_ = 0;
  std::size_t dealt_ = 0;
  std::map<std::string, std::int64_t> unable_;  ///< by case: steps refused in a row
  Played played_;
};

}  // namespace lastkm::tool

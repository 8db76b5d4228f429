// A life: nine acknowledged commands of one case, from registration to closing, with free text, caller and
// evidence, as a hotline and a body that works well would send them.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "engine/runtime/engine.h"

namespace lastkm::tool::bench {

inline constexpr int kStepsOfLife = 9;
inline constexpr std::array<std::string_view, kStepsOfLife> kSteps{
    "RegisterCase",   "AcceptCase",     "DispatchCase",   "SignCase", "MakeFirstContact",
    "SubmitFeedback", "AcceptFeedback", "RecordCallback", "CloseCase"};

/// Who does what where: the same for equal directories.
class Cast {
 public:
  /// refused "no-cast" where the directory in force has no compound with a hotline and a body that can lead.
  [[nodiscard]] static Result<Cast> of(runtime::Engine& engine);

  /// Step `step` (from 0) of life `number`. `before` is the outcome of the step before it; not looked at for
  /// the first. Equal arguments give equal submissions; each has an idempotency key or an external reference
  /// of its own, and every step but the first an expected version.
  [[nodiscard]] intake::Submission step(std::string_view run, std::int64_t number, int step,
                                        const runtime::Outcome& before) const;

 private:
  struct Scene {
    std::string place, place_title, category, category_title, type, urgency, lead;
  };
  std::string hotline_;
  std::vector<Scene> scenes_;
};

}  // namespace lastkm::tool::bench

// The constants of a deployment: its log id, number of lanes, first decider, kind of clock, vault. One record
// in `meta`, written at init.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/intake/submission.h"
#include "engine/lane/state.h"
#include "engine/log/event_log.h"

namespace lastkm::runtime {

struct Deployment {
  std::string log_id;  ///< 32 hex digits
  std::int32_t lanes = 64;
  std::int32_t decider = lane::kOldestDecider;  ///< version that its lanes begin at
  bool virtual_clock = false;
  std::string vault_id;
  Instant made_at;
  std::string storage;  ///< identity() of the log that it was written to; empty where that has none
  /// The CloudEvents source of its records.
  [[nodiscard]] std::string source() const { return "/lastkm/" + log_id; }
  /// What keys stand for, where nothing else is said: fixed for ever, as the answers of all keys depend on
  /// it.
  [[nodiscard]] intake::KeyStandsFor key_stands_for() const {
    return decider >= 2 ? intake::KeyStandsFor::request : intake::KeyStandsFor::content;
  }
  /// A lane before its first decision.
  [[nodiscard]] lane::LaneState begun(LaneId lane) const;
};

[[nodiscard]] Status write_deployment(log::EventLog& log, const Deployment& deployment);
/// not_found "no-deployment" where `meta` is empty; integrity "log-recreated" where the log has been put in
/// the place of the one that the deployment was written to.
[[nodiscard]] Result<Deployment> read_deployment(log::EventLog& log);

}  // namespace lastkm::runtime

// A log between whose owner's decision and its append an operator elsewhere, with a higher epoch, decides the
// same command otherwise: what reading back is for. With `echo` reading back is switched off: the owner is
// shown its own decisions whatever lies there (a control).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/log/forwarding_log.h"

namespace lastkm::simulation {

class OperatedLog final : public log::ForwardingLog {
 public:
  /// `strikes` is asked before each append of decisions; `source` is that of the deployment's records.
  OperatedLog(std::unique_ptr<log::EventLog> inner, std::string source, std::function<bool()> strikes,
              bool echo)
      : ForwardingLog(std::move(inner)),
        source_(std::move(source)),
        strikes_(std::move(strikes)),
        echo_(echo) {}

  Result<std::vector<std::int64_t>> append(std::span<const log::Append> records,
                                           log::Durability durability) override;
  Status read(log::Topic topic, std::int32_t partition, std::int64_t from, std::size_t max_records,
              std::size_t max_bytes, std::vector<log::StoredRecord>& out) override;

 private:
  void decide_otherwise(const log::Append& intended);

  const std::string source_;
  const std::function<bool()> strikes_;
  const bool echo_;
  /// By partition, once it was struck: what the owner believes to lie there.
  std::map<std::int32_t, std::vector<log::StoredRecord>> believed_;
};

}  // namespace lastkm::simulation

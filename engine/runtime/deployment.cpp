#include "engine/runtime/deployment.h"

#include <algorithm>

#include "engine/record/envelope.h"

namespace lastkm::runtime {

namespace {
constexpr std::string_view kType = "org.lastkm.deployment.v2";
/// Without a decider: its lanes begin at the oldest.
constexpr std::string_view kOldType = "org.lastkm.deployment.v1";

/// The parts of a list with commas that another one lacks.
std::string beyond(std::string_view list, std::string_view other) {
  const auto parts = [](std::string_view text) {
    std::vector<std::string_view> out;
    for (std::size_t from = 0; from <= text.size();) {
      const std::size_t comma = std::min(text.find(',', from), text.size());
      out.push_back(text.substr(from, comma - from));
      from = comma + 1;
    }
    return out;
  };
  const auto known = parts(other);
  std::string out;
  for (const std::string_view part : parts(list)) {
    if (std::find(known.begin(), known.end(), part) == known.end())
      out += (out.empty() ? "" : ", ") + std::string(part);
  }
  return out;
}
}  // namespace

lane::LaneState Deployment::begun(LaneId lane) const {
  lane::LaneState state;
  state.lane = lane;
  state.decider = decider;
  return state;
}

Status write_deployment(log::EventLog& log, const Deployment& deployment) {
  Object data{{"clock", deployment.virtual_clock ? "virtual" : "system"},
              {"decider", static_cast<std::int64_t>(deployment.decider)},
              {"lanes", static_cast<std::int64_t>(deployment.lanes)},
              {"log_id", deployment.log_id},
              {"vault_id", deployment.vault_id}};
  if (const std::string storage = log.identity(); !storage.empty()) data.set("storage", storage);
  const log::Append append{log::Topic::meta, 0,
                           log::Record{"deployment",
                                       record::wrap(kType, deployment.source(), "deployment", "deployment",
                                                    deployment.made_at, std::move(data)),
                                       {}}};
  auto written = log.append(std::span(&append, 1), log::Durability::synced);
  if (!written) return written.error();
  return done();
}

Result<Deployment> read_deployment(log::EventLog& log) {
  std::vector<log::StoredRecord> records;
  auto read = log.read(log::Topic::meta, 0, 0, 1, 1U << 20U, records);
  if (!read) return read.error();
  if (records.empty()) {
    return Error{ErrorKind::not_found, "no-deployment",
                 "the log holds no deployment: make one with 'lastkm init DIR', or finish the 'log copy' "
                 "that was begun",
                 ""};
  }
  const std::string& bytes = records.front().record.value;
  auto value = record::unwrap(bytes, kType);
  if (!value) {
    if (auto old = record::unwrap(bytes, kOldType)) value = std::move(old);
  }
  if (!value) return value.error();
  record::Members envelope(*value, "deployment record");
  Deployment deployment;
  deployment.made_at = envelope.demand_time("time");
  if (!envelope.good()) return envelope.error();
  record::Members data(*value->find("data"), "deployment");
  deployment.virtual_clock = data.demand_text("clock") == "virtual";
  deployment.lanes = static_cast<std::int32_t>(data.demand_number("lanes"));
  if (value->text("type") == kType)
    deployment.decider = static_cast<std::int32_t>(data.demand_number("decider"));
  deployment.log_id = data.demand_text("log_id");
  deployment.vault_id = data.demand_text("vault_id");
  deployment.storage = data.text("storage");
  if (!data.good()) return data.error();
  if (const std::string now = log.identity(); !deployment.storage.empty() && now != deployment.storage) {
    return Error{ErrorKind::integrity, "log-recreated",
                 "topics were deleted and made anew since this deployment was made: now " +
                     beyond(now, deployment.storage) + ", then " + beyond(deployment.storage, now) +
                     ". Nothing is written to them; restore them from a copy with 'lastkm log copy'",
                 ""};
  }
  return deployment;
}

}  // namespace lastkm::runtime

#include "engine/runtime/deployment.h"

#include "engine/record/envelope.h"

namespace lastkm::runtime {

namespace {
constexpr std::string_view kType = "org.lastkm.deployment.v2";
/// Without a decider: its lanes begin at the oldest.
constexpr std::string_view kOldType = "org.lastkm.deployment.v1";
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
                 "the topics are not those that this deployment was made with (" + deployment.storage +
                     "), but " + now +
                     ": one was deleted and made anew. Nothing is written to them; restore them from a copy "
                     "with 'lastkm log copy'",
                 ""};
  }
  return deployment;
}

}  // namespace lastkm::runtime

#include <spdlog/spdlog.h>

#include <filesystem>

#include "engine/log/embedded_log.h"
#include "engine/runtime/assemble.h"
#include "engine/runtime/lane_books.h"

namespace lastkm::runtime {

namespace {

namespace fs = std::filesystem;

Result<std::unique_ptr<store::Store>> open_state(const EngineOptions& options, const Deployment& deployment) {
  const std::string folder = options.folder + "/state";
  std::error_code ignored;
  if (options.read_only && !fs::exists(folder, ignored)) return store::make_memory_store();
  const store::RocksStoreOptions store_options{folder, state_families(), options.read_only};
  auto state = store::open_rocks_store(store_options);
  if (!state && state.error().kind == ErrorKind::integrity && !options.read_only) {
    // The state is a cache of the fold: a damaged one is set aside and made again.
    const std::string aside = folder + ".damaged";
    spdlog::warn("{}; it is set aside as {} and made again from the log", state.error().message, aside);
    fs::remove_all(aside, ignored);
    fs::rename(folder, aside, ignored);
    state = store::open_rocks_store(store_options);
  }
  if (!state) return state;
  auto log_id = (*state)->get(kMetaFamily, "log_id");
  if (!log_id) return log_id.error();
  if (*log_id && **log_id != deployment.log_id) {
    return Error{ErrorKind::integrity, "foreign-state",
                 "the state in " + folder + " belongs to another log (" + **log_id + "); move it away and start again", ""};
  }
  if (!*log_id && !options.read_only) {
    store::Batch batch;
    batch.put(kMetaFamily, "log_id", deployment.log_id);
    if (auto written = (*state)->write(batch); !written) return written.error();
  }
  return state;
}

}  // namespace

Status init(const std::string& folder, std::int32_t lanes, bool virtual_clock) {
  if (lanes < 1 || lanes > 1024) return Error{ErrorKind::bad_input, "bad-lanes", "the number of lanes must be 1 to 1024", ""};
  std::error_code failed;
  if (fs::exists(folder, failed) && !fs::is_empty(folder, failed)) {
    return Error{ErrorKind::refused, "folder-not-empty", folder + " is not empty: give a new or an empty folder", folder};
  }
  fs::create_directories(folder, failed);
  if (failed) return Error{ErrorKind::refused, "cannot-write", "cannot make " + folder + ": " + failed.message(), folder};
  auto vault = privacy::make_file_vault(folder + "/vault");
  if (!vault) return vault.error();
  auto log = log::open_embedded_log({.folder = folder, .partitions = lanes});
  if (!log) return log.error();
  Deployment deployment;
  deployment.log_id = (*vault)->random_aggregate().value;
  deployment.lanes = lanes;
  deployment.virtual_clock = virtual_clock;
  deployment.vault_id = (*vault)->id();
  deployment.made_at = SystemClock().now();
  return write_deployment(**log, deployment);
}

Result<std::unique_ptr<Engine>> open_engine(const EngineOptions& options) {
  std::error_code failed;
  if (!fs::exists(options.folder + "/log", failed)) {
    return Error{ErrorKind::not_found, "no-deployment",
                 "there is no deployment in " + options.folder + ": make one with 'lastkm init " + options.folder + "'", options.folder};
  }
  auto log = log::open_embedded_log({.folder = options.folder, .partitions = 0, .read_only = options.read_only});
  if (!log) return log.error();
  auto deployment = read_deployment(**log);
  if (!deployment) return deployment.error();
  auto vault = privacy::open_file_vault(options.folder + "/vault");
  if (!vault) return vault.error();
  if ((*vault)->id() != deployment->vault_id) {
    return Error{ErrorKind::integrity, "vault-foreign",
                 "the vault in " + options.folder + "/vault is not this deployment's: restore the right one", ""};
  }
  auto state = open_state(options, *deployment);
  if (!state) return state.error();
  auto attempts = Attempts::open(options.read_only ? "" : options.folder + "/attempts", deployment->lanes);
  if (!attempts) return attempts.error();
  return assemble(options, EngineParts{std::move(*log), std::move(*state), std::move(*vault), std::move(*attempts),
                                      std::make_unique<SystemClock>(), std::move(*deployment)});
}

}  // namespace lastkm::runtime

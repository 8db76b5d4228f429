#include <spdlog/spdlog.h>

#include <filesystem>

#include "engine/log/check_files.h"
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
  std::optional<Error> damaged;
  auto state = store::open_rocks_cache(store_options, damaged);
  if (damaged) spdlog::warn("{}; it is set aside as {}.damaged and made again from the log", damaged->message, folder);
  if (!state && options.read_only && state.error().kind == ErrorKind::integrity) return store::make_memory_store();
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

Result<std::unique_ptr<Engine>> open_engine(const EngineOptions& given) {
  EngineOptions options = given;
  if (auto plain = log::check_files({options.folder, options.folder + "/vault", options.folder + "/state"}); !plain) {
    return plain.error();
  }
  std::error_code failed;
  if (!fs::exists(options.folder + "/log", failed)) {
    if (fs::exists(options.folder + "/acknowledged", failed) || fs::exists(options.folder + "/vault", failed) ||
        fs::exists(options.folder + "/state", failed)) {
      return Error{ErrorKind::integrity, "log-rollback",
                   options.folder + " is a deployment whose folder 'log' is gone; nothing is written to it: restore it from a backup",
                   options.folder + "/log"};
    }
    return Error{ErrorKind::not_found, "no-deployment",
                 "there is no deployment in " + options.folder + ": make one with 'lastkm init " + options.folder + "'", options.folder};
  }
  auto log = log::open_embedded_log({.folder = options.folder, .partitions = 0, .read_only = options.read_only});
  if (!log && log.error().code == "disk-full" && options.workers == 0) {
    // Reading goes on; whoever wants to write is told why not.
    options.read_only = true;
    log = log::open_embedded_log(
        {.folder = options.folder, .partitions = 0, .read_only = true, .why_read_only = log.error()});
  }
  if (!log) return log.error();
  auto deployment = read_deployment(**log);
  if (!deployment) return deployment.error();
  auto vault = privacy::open_file_vault(options.folder + "/vault");
  if (!vault && vault.error().kind == ErrorKind::not_found) {
    return Error{ErrorKind::integrity, "vault-missing",
                 vault.error().message + ", but its log is there: put back the vault that was made with it", options.folder + "/vault"};
  }
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

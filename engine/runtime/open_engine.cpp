#include <spdlog/spdlog.h>

#include <chrono>
#include <filesystem>

#include "engine/log/check_files.h"
#include "engine/log/embedded_log.h"
#include "engine/log/empty_wals.h"
#include "engine/log/owned_log.h"
#include "engine/log/reading_log.h"
#include "engine/runtime/assemble.h"
#include "engine/runtime/checkpoint.h"
#include "engine/runtime/lane_books.h"

namespace lastkm::runtime {

namespace {

namespace fs = std::filesystem;

Result<std::unique_ptr<store::Store>> open_state(const EngineOptions& options, const Deployment& deployment) {
  const std::string folder = options.folder + "/state";
  std::error_code ignored;
  if (options.read_only && !fs::exists(folder, ignored)) return store::make_memory_store();
  store::RocksStoreOptions store_options;
  store_options.folder = folder;
  store_options.families = state_families();
  store_options.read_only = options.read_only;
  store_options.on_failure = options.on_failure;
  if (options.workers > 0) store_options.memory = store::kServingMemory;
  std::optional<Error> damaged;
  auto state = store::open_rocks_cache(store_options, damaged);
  if (damaged)
    spdlog::warn("{}; it is set aside as {}.damaged and made again from the log", damaged->message, folder);
  if (!state && options.read_only && state.error().kind == ErrorKind::integrity)
    return store::make_memory_store();
  if (!state) return state;
  if (!options.read_only) log::remove_empty_wals(folder);
  auto log_id = (*state)->get(kMetaFamily, "log_id");
  if (!log_id) return log_id.error();
  if (*log_id && **log_id != deployment.log_id) {
    return Error{
        ErrorKind::integrity, "foreign-state",
        "the state in " + folder + " belongs to another log (" + **log_id + "); move it away and start again",
        ""};
  }
  auto layout = (*state)->get(kMetaFamily, "layout");
  if (!layout) return layout.error();
  const bool other_layout = *log_id && *layout != kStateLayout;
  if (other_layout && options.read_only) return store::make_memory_store();
  if (other_layout) {
    spdlog::info("the state in {} was written by another version of this program; it is made again", folder);
    if (auto discarded = discard_state(**state); !discarded) return discarded.error();
  }
  if ((!*log_id || other_layout) && !options.read_only) {
    store::Batch batch;
    batch.put(kMetaFamily, "log_id", deployment.log_id);
    batch.put(kMetaFamily, "layout", std::string(kStateLayout));
    if (auto written = (*state)->write(batch); !written) return written.error();
  }
  return state;
}

Status make_folder(const std::string& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (!failed) return done();
  return Error{ErrorKind::refused, "cannot-write", "cannot make " + folder + ": " + failed.message(), folder};
}

/// Looked at before topics are made, which nobody would want without the vault.
Status check_vault_is_new(const std::string& vault) {
  std::error_code ignored;
  if (!fs::exists(vault, ignored) || fs::is_empty(vault, ignored)) return done();
  return Error{ErrorKind::refused, "vault-exists",
               vault +
                   " is not empty: a new deployment makes its own vault, so give a new or an empty folder as "
                   "--vault; who would join the deployment that this vault belongs to asks 'lastkm serve'",
               vault};
}

Status make_deployment(const std::string& folder, std::int32_t lanes, bool virtual_clock,
                       const LogPlace& place) {
  auto log = place.on_kafka ? open_kafka(place, true)
                            : log::open_embedded_log({.folder = folder, .partitions = lanes});
  if (!log) return log.error();
  if (auto there = read_deployment(**log); there || there.error().code != "no-deployment") {
    if (!there) return there.error();
    return Error{ErrorKind::refused, "log-not-empty",
                 "the log has a deployment already (" + there->log_id +
                     "): give another --prefix, or join it with 'lastkm serve'",
                 ""};
  }
  auto vault = privacy::make_file_vault(vault_folder(folder, place));
  if (!vault) return vault.error();
  Deployment deployment;
  deployment.log_id = (*vault)->random_aggregate().value;
  deployment.lanes = lanes;
  deployment.decider = lane::kNewestDecider;
  deployment.virtual_clock = virtual_clock;
  deployment.vault_id = (*vault)->id();
  deployment.made_at = SystemClock().now();
  if (auto written = write_deployment(**log, deployment); !written || !place.on_kafka) return written;
  LogPlace kept = place;
  kept.cluster_id = (*log)->cluster_id();
  kept.log_id = deployment.log_id;
  return write_log_place(folder, kept);
}

}  // namespace

Status init(const std::string& folder, std::int32_t lanes, bool virtual_clock, const LogPlace& place) {
  if (lanes < 1 || lanes > 1024)
    return Error{ErrorKind::bad_input, "bad-lanes", "the number of lanes must be 1 to 1024", ""};
  if (auto may = log::check_permission(folder, log::Use::write); !may) return may;
  std::error_code failed;
  const bool is_new = !fs::exists(folder, failed);
  if (!is_new && !fs::is_empty(folder, failed)) {
    return Error{ErrorKind::refused, "folder-not-empty",
                 folder + " is not empty: give a new or an empty folder", folder};
  }
  if (auto is_new_vault = check_vault_is_new(vault_folder(folder, place)); !is_new_vault) return is_new_vault;
  // Before the topics: where there can be no folder none are made.
  if (auto made = make_folder(folder); !made) return made;
  auto made = make_deployment(folder, lanes, virtual_clock, place);
  if (!made && is_new) fs::remove(folder, failed);  // only where nothing is in it
  return made;
}

Error without_log(const std::string& folder) {
  std::error_code failed;
  for (const char* const part : {"/acknowledged", "/vault", "/state"}) {
    if (!fs::exists(folder + part, failed)) continue;
    return Error{
        ErrorKind::integrity, "log-rollback",
        folder +
            " is a deployment whose folder 'log' is gone; nothing is written to it: restore it from a backup",
        folder + "/log"};
  }
  return Error{ErrorKind::not_found, "no-deployment",
               "there is no deployment in " + folder + ": make one with 'lastkm init " + folder + "'",
               folder};
}

namespace {

/// Changes the options to read_only where there is too little room to write.
Result<std::unique_ptr<log::EventLog>> open_log(EngineOptions& options, const LogPlace& place) {
  std::error_code failed;
  if (place.on_kafka) {
    auto log = open_kafka(place, false);
    if (log || log.error().code != "no-log" || place.log_id.empty()) return log;
    return Error{ErrorKind::integrity, "topic-missing",
                 "the brokers " + place.brokers + " have no topics " + place.prefix +
                     ".* any more, which held the log " + place.log_id +
                     "; restore them from a copy with 'lastkm log copy', never make them anew",
                 options.folder};
  }
  if (!fs::exists(options.folder + "/log", failed)) {
    return without_log(options.folder);
  }
  log::EmbeddedLogOptions log_options{
      .folder = options.folder, .read_only = options.read_only, .on_failure = options.on_failure};
  if (options.workers > 0) log_options.write_buffer_bytes *= 2;
  auto log = log::open_embedded_log(log_options);
  if (log || log.error().code != "disk-full" || options.workers > 0) return log;
  // Reading goes on; whoever wants to write is told why not.
  options.read_only = true;
  log_options.read_only = true;
  log_options.why_read_only = log.error();
  return log::open_embedded_log(log_options);
}

Result<std::unique_ptr<log::Ownership>> own(const EngineOptions& options, const LogPlace& place) {
  auto joined = join_owners(place);
  if (!joined) return joined.error();
  std::unique_ptr<log::Ownership> owned = std::move(*joined);
  // Longer than a process that was killed keeps what it had.
  bool held = owned->wait(std::chrono::seconds(8));
  while (!held && options.stand_by && options.stand_by()) held = owned->wait(std::chrono::milliseconds(200));
  if (!held) {
    return Error{
        ErrorKind::folder_in_use, "deployment-in-use",
        "another process owns the deployment " + place.prefix + " on " + place.brokers +
            ", or did until it was killed seconds ago: use the folder that it serves, stop it, or ask "
            "again",
        ""};
  }
  if (options.on_loss) owned->on_loss(options.on_loss);
  return owned;
}

Status is_meant(const std::string& folder, const LogPlace& place, const Deployment& deployment) {
  if (place.log_id.empty() || place.log_id == deployment.log_id) return done();
  return Error{ErrorKind::integrity, "foreign-log",
               "the topics " + place.prefix + ".* hold the log " + deployment.log_id + ", but " + folder +
                   " belongs to the log " + place.log_id +
                   "; give the right brokers and prefix, or another folder",
               folder};
}

/// The folder of a process that uses a log on Kafka holds nothing but caches; it is made where it is missing.
/// It remembers where its first use, and then each that serves, found the log; other uses are given another
/// way to it for themselves alone.
Status settle_folder(const EngineOptions& options, const LogPlace& place, const log::EventLog& log,
                     const Deployment& deployment) {
  if (options.read_only) return done();
  if (auto made = make_folder(options.folder); !made) return made;
  auto kept = read_log_place(options.folder);
  if (!kept) return kept.error();
  if (!kept->on_kafka || options.workers > 0) *kept = place;
  kept->cluster_id = log.cluster_id();
  kept->log_id = deployment.log_id;
  return write_log_place(options.folder, *kept);
}

}  // namespace

Result<std::unique_ptr<log::EventLog>> open_log_to_read(const std::string& folder,
                                                        const std::optional<LogPlace>& given) {
  if (auto may = log::check_permission(folder, log::Use::read); !may) return may.error();
  auto place = place_of(folder, given);
  if (!place) return place.error();
  EngineOptions options;
  options.folder = folder;
  options.read_only = true;
  auto log = open_log(options, *place);
  if (!log || !place->on_kafka) return log;
  const auto deployment = read_deployment(**log);
  if (!deployment) return deployment.error();
  if (auto meant = is_meant(folder, *place, *deployment); !meant) return meant.error();
  return log;
}

Result<std::unique_ptr<Engine>> open_engine(const EngineOptions& given) {
  EngineOptions options = given;
  const log::Use use = options.read_only ? log::Use::read : log::Use::write;
  if (auto usable = log::check_files({options.folder, options.folder + "/state"}, use); !usable)
    return usable.error();
  auto place = place_of(options.folder, options.log);
  if (!place) return place.error();
  const std::string vault_path = vault_folder(options.folder, *place);
  if (auto usable = log::check_files({vault_path}, log::Use::write); !usable) return usable.error();
  auto log = open_log(options, *place);
  if (!log) return log.error();
  auto deployment = read_deployment(**log);
  if (!deployment) return deployment.error();
  // Before the vault, which is another's too where the topics were made anew.
  if (auto meant = is_meant(options.folder, *place, *deployment); !meant) return meant.error();
  auto vault = privacy::open_file_vault(vault_path);
  if (!vault && vault.error().kind == ErrorKind::not_found) {
    return Error{ErrorKind::integrity, "vault-missing",
                 vault.error().message + ", but its log is there: " +
                     (place->on_kafka ? "give --vault DIR, the vault that was made with it"
                                      : "put back the vault that was made with it"),
                 vault_path};
  }
  if (!vault) return vault.error();
  if ((*vault)->id() != deployment->vault_id) {
    return Error{ErrorKind::integrity, "vault-foreign",
                 "the vault in " + vault_path + " is not this deployment's: restore the right one", ""};
  }
  if (!place->on_kafka && !options.decides) {
    return Error{ErrorKind::bad_input, "usage",
                 "Without the role engine a process follows others, and that needs a log on Kafka.", ""};
  }
  std::unique_ptr<log::Shares> shares;
  if (!options.decides) {
    *log = std::make_unique<log::ReadingLog>(std::move(*log));
    shares = std::make_unique<log::NoShares>();
  } else if (place->on_kafka && options.workers > 0 && !deployment->virtual_clock) {
    auto share = join_shares(*place);
    if (!share) return share.error();
    shares = std::move(*share);
  } else if (place->on_kafka && !options.read_only) {
    auto owned = own(options, *place);
    if (!owned) return owned.error();
    *log = std::make_unique<log::OwnedLog>(std::move(*log), std::move(*owned));
  }
  if (place->on_kafka) {
    if (auto settled = settle_folder(options, *place, **log, *deployment); !settled) return settled.error();
  }
  auto state = open_state(options, *deployment);
  if (!state) return state.error();
  auto attempts = Attempts::open(options.read_only ? "" : options.folder + "/attempts", deployment->lanes);
  if (!attempts) return attempts.error();
  return assemble(options,
                  EngineParts{std::move(*log), std::move(*state), std::move(*vault), std::move(*attempts),
                              std::make_unique<SystemClock>(), std::move(*deployment), std::move(shares)});
}

}  // namespace lastkm::runtime

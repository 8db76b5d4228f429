// lastkm log copy: moves a deployment between a folder and Kafka, or to another number of partitions.
#include "tools/lastkm/log_copy.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string_view>

#include "engine/log/embedded_log.h"
#include "engine/privacy/vault.h"
#include "engine/record/canonical.h"
#include "engine/runtime/copy_log.h"
#include "engine/runtime/redecide.h"
#include "engine/runtime/scratch_folder.h"
#include "projections/query/queries.h"
#include "tools/lastkm/progress.h"

namespace lastkm::tool {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kVaultOnItsWay = "vault.tmp";

/// A log named on the command line, opened so that nobody else writes it.
struct Named {
  runtime::LogPlace place;
  std::string folder;  ///< of an embedded one
  std::unique_ptr<log::Ownership> ownership;
  std::unique_ptr<log::EventLog> log;
};

Result<Named> name_of(Session& session, const std::string& text) {
  Named named;
  if (text.starts_with("embedded:") && text.size() > 9) {
    named.folder = session.path(text.substr(9));
    return named;
  }
  const std::size_t slash = text.rfind('/');
  if (!text.starts_with("kafka:") || slash == std::string::npos || slash < 7 || slash + 1 == text.size())
    return Error{ErrorKind::bad_input, "usage",
                 "'" + text + "' names no log: give embedded:DIR or kafka:HOST:PORT,…/PREFIX", ""};
  named.place = session.kafka_place();
  named.place.on_kafka = true;
  named.place.brokers = text.substr(6, slash - 6);
  named.place.prefix = text.substr(slash + 1);
  return named;
}

Status open(Named& named, bool make, std::int32_t lanes) {
  auto opened = named.place.on_kafka
                    ? runtime::open_kafka(named.place, make)
                    : log::open_embedded_log({.folder = named.folder, .partitions = make ? lanes : 0});
  if (!opened) return opened.error();
  named.log = std::move(*opened);
  if (!named.place.on_kafka) return done();
  auto owned = runtime::join_owners(named.place);
  if (!owned) return owned.error();
  named.ownership = std::move(*owned);
  if (named.ownership->wait(std::chrono::seconds(15))) return done();
  return Error{ErrorKind::folder_in_use, "deployment-in-use",
               "another process owns " + named.place.prefix + " on " + named.place.brokers +
                   ", or did until it was killed seconds ago: stop it, or ask again",
               ""};
}

/// The digests of all views of a log, folded afresh.
Result<std::string> views_of(log::EventLog& log, const runtime::Deployment& deployment) {
  const auto scratch = runtime::ScratchFolder::make("copy");
  if (!scratch) return scratch.error();
  projections::ReadSideOptions reading;
  reading.folder = scratch->path();
  reading.log_id = deployment.log_id;
  auto side = projections::open_read_side(log, reading);
  if (!side) return side.error();
  if (auto caught_up = (*side)->projector().catch_up(); !caught_up) return caught_up.error();
  const auto digest = (*side)->projector().digest();
  if (!digest) return digest.error();
  std::string out;
  for (const auto& view : digest->views) out += view.name + " " + view.sha256 + "\n";
  return out;
}

Result<bool> have_same_views(log::EventLog& from, log::EventLog& to, const runtime::Deployment& deployment) {
  const auto views = views_of(from, deployment);
  if (!views) return views.error();
  const auto views_of_copy = views_of(to, deployment);
  if (!views_of_copy) return views_of_copy.error();
  return *views == *views_of_copy;
}

/// The copy is whole all the same: who takes this for a failure would make it again, in vain.
Error beyond_this_program(const Error& why) {
  return Error{
      ErrorKind::integrity, "upgrade-required",
      "the copy is whole, byte for byte, and need not be made again; but this program is too old to "
      "check what is decided in it (" +
          why.message +
          "). With the newer program ask 'lastkm audit redecide' of the copy, and compare 'lastkm view "
          "digest' of both",
      ""};
}

/// What would be wrong with the copy however well it went.
Status may_be_copied(const Named& from, const Named& to) {
  const auto usage = [](std::string text) {
    return Error{ErrorKind::bad_input, "usage", std::move(text), ""};
  };
  if (from.folder == to.folder && from.place.brokers == to.place.brokers &&
      from.place.prefix == to.place.prefix)
    return usage("--from and --to name the same log.");
  if (to.place.on_kafka) return done();
  std::error_code failed;
  if (from.place.on_kafka && from.place.vault.empty() && !fs::exists(to.folder + "/vault", failed))
    return usage(
        "Which vault? --vault DIR names the one of the deployment: without its keys a copy is no use.");
  // Of a copy that was cut short these are there already.
  static constexpr std::array<std::string_view, 5> kOurs = {"log", "acknowledged", "owner", "vault",
                                                            kVaultOnItsWay};
  for (fs::directory_iterator entry(to.folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    if (std::find(kOurs.begin(), kOurs.end(), entry->path().filename().string()) != kOurs.end()) continue;
    return Error{ErrorKind::refused, "folder-not-empty",
                 to.folder + " is not empty: give a new or an empty folder", to.folder};
  }
  return done();
}

/// The folder of the vault that a copy needs; empty: it needs none, or has it. Looked at before the copy is
/// begun.
Result<std::string> vault_to_copy(const Named& from, const Named& to, const runtime::Deployment& deployment) {
  std::error_code failed;
  if (to.place.on_kafka || fs::exists(to.folder + "/vault", failed)) return std::string();
  std::string source = from.place.on_kafka ? from.place.vault : from.folder + "/vault";
  const auto vault = privacy::open_file_vault(source);
  if (!vault) return vault.error();
  if ((*vault)->id() == deployment.vault_id) return source;
  return Error{ErrorKind::integrity, "vault-foreign",
               "the vault in " + source + " is not this deployment's: give the right one", source};
}

/// Before the log: whoever has a copy of a log that is whole has its keys.
Status copy_vault(const std::string& source, const Named& to) {
  std::error_code failed;
  const std::string target = to.folder + "/vault";
  const std::string on_its_way = to.folder + "/" + std::string(kVaultOnItsWay);
  fs::remove_all(on_its_way, failed);
  if (!failed) fs::copy(source, on_its_way, fs::copy_options::recursive, failed);
  if (!failed) fs::permissions(on_its_way, fs::perms::owner_all, failed);
  if (!failed) fs::rename(on_its_way, target, failed);
  if (!failed) return done();
  return Error{ErrorKind::refused, "cannot-write",
               "the vault " + source + " cannot be copied: " + failed.message(), source};
}

}  // namespace

Result<Exit> copy_log(Session& session, const std::string& from_text, const std::string& to_text) {
  auto from = name_of(session, from_text);
  if (!from) return from.error();
  auto to = name_of(session, to_text);
  if (!to) return to.error();
  if (auto may = may_be_copied(*from, *to); !may) return may.error();
  if (auto opened = open(*from, false, 0); !opened) return opened.error();
  const auto deployment = runtime::read_deployment(*from->log);
  if (!deployment) return deployment.error();
  const auto vault = vault_to_copy(*from, *to, *deployment);
  if (!vault) return vault.error();
  if (auto opened = open(*to, true, deployment->lanes); !opened) return opened.error();
  if (!vault->empty()) {
    if (auto vault_copied = copy_vault(*vault, *to); !vault_copied) return vault_copied.error();
  }
  std::int64_t total = 0;
  for (std::int32_t partition = 0; partition < from->log->partitions(); ++partition) {
    for (const log::Topic topic : {log::Topic::commands, log::Topic::decisions}) {
      const auto end = from->log->end(topic, partition);
      if (!end) return end.error();
      total += *end;
    }
  }
  Result<runtime::Copied> copied(runtime::Copied{});
  {
    Progress progress(session.err(), session.shows_progress(), "copying", total);
    copied = runtime::copy_log(*from->log, *to->log, *deployment,
                               [&](std::int64_t looked) { progress.at(looked); });
  }
  if (!copied) return copied.error();

  const auto redecided = runtime::redecide(*to->log, *deployment, nullptr);
  if (!redecided) return redecided.error();
  std::optional<Error> needs_newer = redecided->needs_newer;
  const auto same_views = have_same_views(*from->log, *to->log, *deployment);
  if (!same_views) {
    if (same_views.error().code != "upgrade-required") return same_views.error();
    needs_newer = same_views.error();
  }
  if (session.json()) {
    session.print(Object{{"documents", copied->documents},
                         {"commands", copied->commands},
                         {"decisions", copied->decisions},
                         {"had_before", copied->had_before},
                         {"partitions", std::int64_t{to->log->partitions()}},
                         {"redecided", Object{{"equal", redecided->equal},
                                              {"different", redecided->different},
                                              {"newer", redecided->newer},
                                              {"given", redecided->given}}},
                         {"same_views", same_views ? Value(*same_views) : Value()}});
  } else {
    session.out() << "Copied " << copied->documents << " documents, " << copied->commands << " commands and "
                  << copied->decisions << " decisions (" << copied->had_before
                  << " were there), byte for byte, into " << to->log->partitions()
                  << " partitions.\nDecided again: " << redecided->equal << " equal, " << redecided->different
                  << " different"
                  << (redecided->newer > 0 ? " (" + std::to_string(redecided->newer) +
                                                 " of them only a newer program can decide)"
                                           : "")
                  << ". Views: "
                  << (!same_views   ? "not compared.\n"
                      : *same_views ? "the same.\n"
                                    : "NOT THE SAME.\n");
    if (to->place.on_kafka)
      session.out() << "Next: lastkm serve --data NEW --log kafka --brokers " << to->place.brokers
                    << " --prefix " << to->place.prefix << " --vault VAULT\n";
  }
  if (redecided->different > redecided->newer || (same_views && !*same_views)) return Exit::difference;
  if (needs_newer) return beyond_this_program(*needs_newer);
  return Exit::ok;
}

}  // namespace lastkm::tool

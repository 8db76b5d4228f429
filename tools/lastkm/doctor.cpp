// lastkm doctor: what is wrong with a data folder, and what to do about it.
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/log/permission.h"
#include "tools/lastkm/answers.h"
#include "tools/lastkm/program.h"
#include "tools/lastkm/remote.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

namespace fs = std::filesystem;

struct Finding {
  std::string check;
  std::string state;  ///< ok, warning, error
  std::string text;
  std::string advice;
};

class Examination {
 public:
  explicit Examination(Session& session) : session_(&session) {}

  void ok(const char* check, std::string text) { findings_.push_back({check, "ok", std::move(text), ""}); }
  void warn(const char* check, std::string text, std::string advice) {
    findings_.push_back({check, "warning", std::move(text), std::move(advice)});
  }
  void fail(const char* check, const Error& error, std::string advice) {
    if (worst_ == Exit::ok)
      worst_ = error.kind == ErrorKind::refused ? Exit::difference : exit_of(error.kind);
    findings_.push_back({check, "error", error.message + " [" + error.code + "]", std::move(advice)});
  }

  Exit report() {
    Array out;
    for (const Finding& one : findings_) {
      out.emplace_back(
          Object{{"check", one.check}, {"state", one.state}, {"text", one.text}, {"advice", one.advice}});
    }
    if (session_->json()) {
      session_->print(Object{{"ok", worst_ == Exit::ok}, {"checks", std::move(out)}});
      return worst_;
    }
    Table table({{"", Align::left}, {"check"}, {"", Align::left, 1000}});
    for (const Finding& one : findings_) {
      const Tone tone = one.state == "ok" ? Tone::good : one.state == "warning" ? Tone::warn : Tone::bad;
      table.add({Cell(one.state == "ok"        ? "✓"
                      : one.state == "warning" ? "!"
                                               : "✗",
                      tone),
                 one.check, one.text});
      if (!one.advice.empty()) table.add({"", "", Cell("→ " + one.advice, Tone::quiet)});
    }
    table.print(session_->out(), session_->style());
    return worst_;
  }

 private:
  Session* session_;
  std::vector<Finding> findings_;
  Exit worst_ = Exit::ok;
};

constexpr std::string_view kNewer = "run a newer program: nothing is damaged";

bool needs_newer(const Error& error) {
  return error.code == "upgrade-required" || error.code == "unknown-type";
}

std::string advice_for(const Error& error) {
  if (error.code == "deployment-in-use")
    return "other folders of this deployment are served: ask doctor of one of those (--data), or stop who "
           "serves them";
  if (error.kind == ErrorKind::folder_in_use)
    return "another process has the folder open; stop it, or let it serve (lastkm serve)";
  if (error.kind == ErrorKind::not_found)
    return "lastkm init DIR makes a deployment; or --data names the wrong folder";
  if (error.code == "permission-denied") return "do what the message says; nothing is missing or damaged";
  if (error.code == "clock-behind-log") return "set the machine's clock (NTP) before anything is written";
  if (error.code.starts_with("vault"))
    return "put back the vault folder that was made with this log; without its keys ids and sealed data are "
           "lost";
  if (error.code == "log-rollback")
    return "records that were acknowledged are missing: restore the newest backup, keep this folder for "
           "evidence";
  if (needs_newer(error)) return std::string(kNewer);
  if (error.kind == ErrorKind::integrity)
    return "stop writing, keep a copy of the folder, restore the newest backup";
  return "read the message; nothing was changed";
}

void look_at_disk(Examination& examination, const std::string& folder) {
  std::error_code failure;
  const fs::space_info space = fs::space(folder, failure);
  if (failure) return;
  const auto free = static_cast<std::int64_t>(space.available >> 20U);
  const std::string text = std::to_string(free) + " MiB free";
  if (free < 256) {
    examination.fail("disk", Error{ErrorKind::difference, "disk-full", text, ""},
                     "free some space before commands are refused");
  } else if (free < 2048) {
    examination.warn("disk", text, "less than 2 GiB: plan for more");
  } else {
    examination.ok("disk", text);
  }
}

void look_at_parts(Examination& examination, const std::string& folder, const runtime::LogPlace& place) {
  std::error_code failure;
  const auto look_for = [&](const char* part, const std::string& path) {
    if (fs::is_directory(path, failure)) return;
    if (failure == std::errc::permission_denied) return;  // told when the folder is opened
    examination.fail(part, Error{ErrorKind::integrity, "part-missing", "there is no " + path, folder},
                     "restore it from a backup; the folder is no use without it");
  };
  if (!place.on_kafka) look_for("log", folder + "/log");
  const std::string vault = runtime::vault_folder(folder, place);
  look_for("vault", vault);
  const auto permissions = fs::status(vault, failure).permissions();
  if (!failure && (permissions & (fs::perms::group_all | fs::perms::others_all)) != fs::perms::none)
    examination.warn("vault", "others than the owner may enter the vault's folder", "chmod 700 " + vault);
}

/// Asks them anew: a process that serves knows what it knew before they went away.
Status look_at_brokers(Examination& examination, const std::string& folder, const runtime::LogPlace& place) {
  const auto asked = runtime::open_log_to_read(folder, place);
  if (asked) {
    examination.ok("brokers",
                   place.brokers + " answer, and the topics " + place.prefix + ".* are as they must be");
  } else {
    examination.fail("brokers", asked.error(),
                     asked.error().kind == ErrorKind::unknown_outcome
                         ? "start them again; what was acknowledged is theirs to keep"
                         : "do what the message says");
  }
  return asked ? done() : Status(asked.error());
}

/// The first records can be read. Nobody else asks for them before all is made anew from the log.
Status has_its_head(log::EventLog& log) {
  for (const log::Topic topic : {log::Topic::directory, log::Topic::commands, log::Topic::decisions}) {
    const std::int32_t partitions = topic == log::Topic::directory ? 1 : log.partitions();
    for (std::int32_t partition = 0; partition < partitions; ++partition) {
      std::vector<log::StoredRecord> first;
      if (auto read = log.read(topic, partition, 0, 1, 1, first); !read) return read;
    }
  }
  return done();
}

std::string place_of(const runtime::Engine::Stopped& lane) {
  return std::to_string(lane.lane.value) + ":" + std::to_string(lane.at.value);
}

std::string advice_for(const runtime::Engine::Stopped& lane) {
  if (needs_newer(lane.why) || !lane.alone) return advice_for(lane.why);
  if (lane.why.code == "document-missing") return "restore the directory log from a backup, and start again";
  return "lastkm quarantine skip " + place_of(lane) + " --reason …";
}

/// Each with where it stands; together those for which the same is to be done, for the same reason.
void look_at_lanes(Examination& examination, const runtime::Engine& engine) {
  const auto stopped = engine.stopped();
  std::map<std::pair<std::string, std::string>, std::vector<const runtime::Engine::Stopped*>> alike;
  for (const runtime::Engine::Stopped& lane : stopped)
    alike[{lane.why.message, advice_for(lane)}].push_back(&lane);
  for (const auto& [why, lanes] : alike) {
    std::string places;
    for (const runtime::Engine::Stopped* lane : lanes)
      places += (places.empty() ? "" : ", ") + place_of(*lane);
    const bool many = lanes.size() > 1;
    examination.fail("lanes",
                     Error{ErrorKind::integrity, lanes.front()->why.code,
                           (many ? "lanes " : "lane ") + places +
                               (many ? " have stopped: " : " has stopped: ") + why.first,
                           ""},
                     why.second);
  }
  if (stopped.empty()) examination.ok("lanes", "all run");
}

void look_at_engine(Examination& examination, Folder& folder) {
  runtime::Engine& engine = folder.engine();
  const runtime::Deployment& deployment = engine.deployment();
  if (const Status whole = has_its_head(engine.log()); !whole) {
    examination.fail("log", whole.error(), advice_for(whole.error()));
  } else {
    examination.ok("log", std::to_string(deployment.lanes) + " lanes, log " + deployment.log_id +
                              "; nothing that was acknowledged is missing");
  }
  examination.ok("vault", "vault " + deployment.vault_id + " belongs to this log");
  if (deployment.virtual_clock) {
    examination.ok("clock", "virtual, at " + format_at_offset(engine.now(), Session::offset_of(engine)));
  } else {
    examination.ok("clock", "system clock, not behind the log");
  }
  if (engine.documents().empty()) {
    examination.warn("directory", "nothing is published", "lastkm directory publish --shipped --activate");
  } else if (engine.context(LaneId(0))->ordinal.value <
             static_cast<std::int64_t>(engine.documents().size())) {
    examination.warn("directory", "documents are published that are not in force",
                     "lastkm directory activate N");
  } else {
    examination.ok("directory", std::to_string(engine.documents().size()) + " documents in force");
  }
  look_at_lanes(examination, engine);
}

void look_at_views(Examination& examination, Folder& folder) {
  const auto side = folder.read_side();
  const auto caught = side ? (*side)->projector().catch_up() : Status(side.error());
  if (!caught) {
    examination.fail(
        "views", caught.error(),
        needs_newer(caught.error()) || caught.error().code == "offset-out-of-range"
            ? advice_for(caught.error())
            : "remove DIR/views while nothing serves the folder; they are folded anew from the log");
    return;
  }
  const auto status = (*side)->queries().status();
  if (!status) {
    examination.fail("views", status.error(), "lastkm view rebuild");
    return;
  }
  std::size_t live = 0;
  std::map<std::string, std::string> befell;  // what, and which
  for (const Value& view : *status->find("views")->if_array()) {
    if (view.text("state") == "live") {
      ++live;
      const std::string incident(view.text("incident"));
      if (incident.empty()) continue;
      std::string& names = befell[incident];
      names += (names.empty() ? "" : ", ") + std::string(view.text("name"));
      continue;
    }
    if (view.text("state") == "rebuilding") {
      examination.warn("views", std::string(view.text("name")) + " is being made anew",
                       "wait for it; `lastkm view status` says how far it is");
      continue;
    }
    examination.fail("views",
                     Error{ErrorKind::difference, "view-stopped",
                           std::string(view.text("name")) + " is " + std::string(view.text("state")) + " " +
                               std::string(view.text("why")),
                           ""},
                     "lastkm view rebuild " + std::string(view.text("name")));
  }
  for (const auto& [what, names] : befell) {
    examination.warn("views", names + ": " + what, "`lastkm view rebuild` clears this note");
  }
  examination.ok("views", std::to_string(live) + " views up to date");
}

Result<Exit> run(Session& session) {
  const auto where = session.data();
  if (!where) return where.error();
  Examination examination(session);
  if (const auto may = log::check_permission(*where, log::Use::write); !may) {
    examination.fail("folder", may.error(), advice_for(may.error()));
    return examination.report();
  }
  std::error_code failure;
  if (!fs::is_directory(*where, failure)) {
    const Error error{ErrorKind::not_found, "no-such-folder", "there is no folder " + *where, *where};
    examination.fail("folder", error, advice_for(error));
    return examination.report();
  }
  look_at_disk(examination, *where);
  const auto given = session.log_place();
  if (!given) return given.error();
  const auto place = runtime::place_of(*where, *given);
  if (!place) {
    examination.fail("log", place.error(), advice_for(place.error()));
    return examination.report();
  }
  if (!place->on_kafka && !fs::exists(*where + "/log", failure)) {
    const Error error = runtime::without_log(*where);
    if (error.kind == ErrorKind::not_found) {
      examination.fail("folder", error, advice_for(error));
      return examination.report();
    }
  }
  look_at_parts(examination, *where, *place);
  if (place->on_kafka) {
    const Status brokers = look_at_brokers(examination, *where, *place);
    // Where they are away, or have lost something, all that whoever serves the folder knows is from before.
    if (!brokers && !(session.is_served() && brokers.error().kind == ErrorKind::refused))
      return examination.report();
  }
  const auto folder = session.folder();
  if (!folder) {
    examination.fail("log", folder.error(), advice_for(folder.error()));
    return examination.report();
  }
  look_at_engine(examination, **folder);
  look_at_views(examination, **folder);
  return examination.report();
}

}  // namespace

void add_doctor(Program& program) {
  Verb verb = program.verb("doctor", "What is wrong with a folder, and what to do about it");
  program.on(verb, Needs::folder, [](Session& session) { return run(session); });
}

}  // namespace lastkm::tool

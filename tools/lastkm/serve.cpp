// lastkm serve: keeps a folder open, decides what comes, keeps the views up to date, answers verbs at
// DIR/lastkm.sock.
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <thread>

#include "engine/base/thread_name.h"
#include "tools/lastkm/program.h"
#include "tools/lastkm/server.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

struct Roles {
  bool engine = false;       ///< takes commands, and its share of deciding them
  bool projections = false;  ///< keeps views up to date
};

Result<Roles> roles_of(const std::string& text) {
  Roles out;
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, ',');) {
    if (word != "engine" && word != "projections") {
      return Error{
          ErrorKind::bad_input, "usage",
          "There is no role '" + word + "': --roles takes engine, projections or both, with a comma between.",
          ""};
    }
    (word == "engine" ? out.engine : out.projections) = true;
  }
  if (!out.engine && !out.projections) {
    return Error{ErrorKind::bad_input, "usage",
                 "Which role? --roles takes engine, projections or both, with a comma between.", ""};
  }
  return out;
}

Result<Exit> run(Session& session, int workers, const std::string& role_names, bool standby) {
  const auto roles = roles_of(role_names);
  if (!roles) return roles.error();
  const auto where = session.data();
  if (!where) return where.error();
  // Blocked before the first thread starts, so that none of them takes the signal.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const Socket stop(signalfd(-1, &signals, SFD_CLOEXEC));

  auto place = session.log_place();
  if (!place) return place.error();
  bool said = false;
  const auto stand_by = [&] {
    if (!said) spdlog::warn("another process owns the deployment; standing by until it ends");
    said = true;
    pollfd asked{.fd = stop.fd(), .events = POLLIN, .revents = 0};
    return poll(&asked, 1, 0) == 0;
  };
  // A signal to itself ends the serving in the one way that there is.
  const auto lost = std::make_shared<std::atomic<bool>>(false);
  const auto on_loss = [lost] {
    *lost = true;
    spdlog::error(
        "the deployment is no longer this process's: another one has taken it over, or the brokers have "
        "heard nothing of "
        "this one for longer than a session; this one stops");
    kill(getpid(), SIGTERM);
  };
  // What is on disk after a failed write only opening again can tell, and what a second sync says is not
  // true. Nothing is closed, for that would write.
  const auto on_failure = [](const Error& failure) {
    spdlog::critical(
        "{}. This process ends: what is on disk shows when it is started again, once writing works there",
        failure.message);
    std::_Exit(static_cast<int>(Exit::unknown_outcome));
  };
  auto folder = Folder::open({.folder = *where,
                              .workers = workers,
                              .log = std::move(*place),
                              .stand_by = stand_by,
                              .on_loss = on_loss,
                              .on_failure = on_failure,
                              .decides = roles->engine});
  if (!folder) return folder.error();
  if (standby && (*folder)->engine().log().cluster_id().empty()) {
    return Error{ErrorKind::bad_input, "usage",
                 "--standby is for a deployment on Kafka: a log in a folder has one engine and no other", ""};
  }
  const auto side = (*folder)->read_side();
  if (!side) return side.error();
  Server server(**folder);
  if (auto listening = server.listen(); !listening) return listening.error();
  Status followed = done();
  {
    const std::jthread follow([&](const std::stop_token& token) {
      if (!roles->projections) return;
      name_thread("views");
      followed = (*side)->projector().run(token, [&] { return (*folder)->engine().clocks_are_late(); });
      if (!followed) spdlog::error("views no longer follow the log: {}", followed.error().message);
    });
    if (session.json()) {
      session.print(Object{
          {"serving", *where}, {"socket", socket_path(*where)}, {"workers", workers}, {"roles", role_names}});
    } else {
      session.out() << "Serving " << *where << " at " << socket_path(*where) << " with " << workers
                    << " workers, as " << role_names << "; stop with SIGTERM or Ctrl-C.\n";
    }
    session.out().flush();
    server.run(stop.fd());
  }
  if (!session.json()) session.out() << "Stopped.\n";
  if (!followed) return followed.error();
  return *lost ? Exit::unknown_outcome : Exit::ok;
}

}  // namespace

void add_serve(Program& program) {
  auto workers =
      std::make_shared<int>(std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 16));
  Verb verb = program.verb("serve", "Keep a folder open for other processes; verbs find it by themselves");
  verb.option("--workers", *workers, "threads that own lanes").between(1, 64).with_default();
  auto roles = std::make_shared<std::string>("engine,projections");
  verb.option("--roles", *roles,
              "engine: takes commands and decides its share; projections: keeps views up to date")
      .with_default();
  auto standby = std::make_shared<bool>(false);
  verb.flag(
      "--standby", *standby,
      "on Kafka: follow what other engines decide, to take over at once (every engine does, also without)");
  program.on(verb, Needs::own_folder, [workers, roles, standby](Session& session) {
    return run(session, *workers, *roles, *standby);
  });
}

}  // namespace lastkm::tool

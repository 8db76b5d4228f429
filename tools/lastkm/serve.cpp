// lastkm serve: keeps a folder open, decides what comes, keeps the views up to date, answers verbs at
// DIR/lastkm.sock.
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "tools/lastkm/program.h"
#include "tools/lastkm/server.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

Result<Exit> run(Session& session, int workers) {
  const auto where = session.data();
  if (!where) return where.error();
  // Blocked before the first thread starts, so that none of them takes the signal.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const Socket stop(signalfd(-1, &signals, SFD_CLOEXEC));

  auto folder = Folder::open(*where, workers);
  if (!folder) return folder.error();
  const auto side = (*folder)->read_side();
  if (!side) return side.error();
  Server server(**folder);
  if (auto listening = server.listen(); !listening) return listening.error();
  Status followed = done();
  {
    const std::jthread follow([&](const std::stop_token& token) {
      followed = (*side)->projector().run(token);
      if (!followed) spdlog::error("views no longer follow the log: {}", followed.error().message);
    });
    if (session.json()) {
      session.print(Object{{"serving", *where}, {"socket", socket_path(*where)}, {"workers", workers}});
    } else {
      session.out() << "Serving " << *where << " at " << socket_path(*where) << " with " << workers
                    << " workers; stop with SIGTERM or Ctrl-C.\n";
    }
    session.out().flush();
    server.run(stop.fd());
  }
  if (!session.json()) session.out() << "Stopped.\n";
  if (!followed) return followed.error();
  return Exit::ok;
}

}  // namespace

void add_serve(Program& program) {
  auto workers =
      std::make_shared<int>(std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 16));
  Verb verb =
      program.verb("serve", "Keep a folder open for other processes; verbs find it by themselves");
  verb.option("--workers", *workers, "threads that own lanes")
      .between(1, 64)
      .with_default();
  program.on(verb, Needs::own_folder, [workers](Session& session) { return run(session, *workers); });
}

}  // namespace lastkm::tool

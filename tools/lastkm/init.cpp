// lastkm init DIR: makes a deployment. Publishes nothing.
#include "tools/lastkm/program.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

struct Given {
  std::string folder;
  std::int32_t lanes = 64;
  std::string clock = "system";
};

Result<Exit> run(Session& session, const Given& given) {
  if (given.folder.empty())
    return Error{ErrorKind::bad_input, "usage", "DIR is empty: say which folder is to be made.", ""};
  const std::string folder = session.path(given.folder);
  auto place = session.log_place();
  if (!place) return place.error();
  const runtime::LogPlace log = place->value_or(runtime::LogPlace());
  if (auto made = runtime::init(folder, given.lanes, given.clock == "virtual", log); !made)
    return made.error();
  auto opened = runtime::open_engine({.folder = folder});
  if (!opened) return opened.error();
  const runtime::Deployment& deployment = (*opened)->deployment();
  if (session.json()) {
    session.print(Object{{"folder", folder},
                         {"log_id", deployment.log_id},
                         {"vault_id", deployment.vault_id},
                         {"lanes", std::int64_t{deployment.lanes}},
                         {"clock", given.clock}});
  } else if (!session.options().quiet) {
    session.out() << "Made " << given.folder << ": " << deployment.lanes << " lanes, " << given.clock
                  << " clock, log " << deployment.log_id
                  << ".\nNext: lastkm directory publish --shipped --activate --data " << given.folder << '\n';
  }
  return Exit::ok;
}

}  // namespace

void add_init(Program& program) {
  auto given = std::make_shared<Given>();
  Verb verb = program.verb("init", "Make a data folder (publishes nothing)");
  verb.option("DIR", given->folder, "a new or empty folder").required();
  verb.option("--lanes", given->lanes, "lanes, fixed for ever (1 to 1024)").with_default();
  verb.option("--clock", given->clock, "virtual: commands carry their own time")
      .one_of({"system", "virtual"})
      .with_default();
  program.on(verb, Needs::nothing, [given](Session& session) { return run(session, *given); });
}

}  // namespace lastkm::tool

#include "tools/lastkm/demo_folder.h"

#include <filesystem>
#include <unordered_set>
#include <utility>

#include "engine/record/command.h"
#include "engine/runtime/each_record.h"
#include "tools/lastkm/play.h"
#include "tools/lastkm/shipped.h"

namespace lastkm::tool {

namespace {

/// A new folder with everything shipped in force.
Status make_folder(const std::string& folder) {
  if (auto made = runtime::init(folder, 64, true); !made) return made;
  auto engine = runtime::open_engine({.folder = folder});
  if (!engine) return engine.error();
  const auto published = publish_shipped(**engine);
  if (!published) return published.error();
  return (*engine)->activate(published->last);
}

/// The first case of a partition that no demonstration opened; empty: there is none.
Result<std::string> others_case(log::EventLog& log, std::int32_t partition) {
  std::unordered_set<std::string> played;
  std::string found;
  auto read = runtime::each_record(
      log, log::Topic::commands, partition, [&](log::StoredRecord& stored) -> Result<bool> {
        const auto command = record::decode_command(stored.record.value);
        if (!command) return command.error();
        if (command->client == kDemoClient) played.insert(command->aggregate.value);
        if (command->client != record::kEngineClient && !played.contains(command->aggregate.value))
          found = command->aggregate.value;
        return found.empty();
      });
  if (!read) return read.error();
  return found;
}

}  // namespace

Result<DemoFolder> demo_folder(Session& session) {
  if (session.options().data.empty()) {
    auto made = runtime::ScratchFolder::make("demo");
    if (!made) return made.error();
    if (auto deployed = make_folder(made->path()); !deployed) return deployed.error();
    std::string path = made->path();
    return DemoFolder{std::move(path), std::move(*made)};
  }
  namespace fs = std::filesystem;
  std::string folder = session.path(session.options().data);
  std::error_code failure;
  if (!fs::exists(folder, failure) || fs::is_empty(folder, failure)) {
    if (auto deployed = make_folder(folder); !deployed) return deployed.error();
  }
  return DemoFolder{std::move(folder), std::nullopt};
}

Status may_play(runtime::Engine& engine) {
  if (!engine.deployment().virtual_clock) {
    return Error{ErrorKind::refused, "not-virtual",
                 "A demonstration needs a folder with a virtual clock: lastkm init DIR --clock virtual.",
                 engine.folder()};
  }
  for (std::int32_t partition = 0; partition < engine.log().partitions(); ++partition) {
    const auto found = others_case(engine.log(), partition);
    if (!found) return found.error();
    if (found->empty()) continue;
    return Error{ErrorKind::refused, "others-cases",
                 engine.folder() + " holds cases that no demonstration opened, such as " + *found +
                     ", and what is played stays in the log: give a folder for demonstrations alone.",
                 engine.folder()};
  }
  return done();
}

}  // namespace lastkm::tool

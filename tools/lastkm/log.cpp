// lastkm log copy, and log dump: the records, byte for byte as stored, a line each.
#include "engine/log/event_log.h"
#include "tools/lastkm/log_copy.h"
#include "tools/lastkm/program.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

Result<Exit> dump(Session& session, const std::string& from) {
  const auto engine = session.engine();
  if (!engine) return engine.error();
  log::EventLog& log = (*engine)->log();
  const log::Topic topic = from == "commands"    ? log::Topic::commands
                           : from == "decisions" ? log::Topic::decisions
                           : from == "meta"      ? log::Topic::meta
                                                 : log::Topic::directory;
  const bool one = topic == log::Topic::directory || topic == log::Topic::meta;
  const std::int32_t partitions = one ? 1 : log.partitions();
  for (std::int32_t partition = 0; partition < partitions; ++partition) {
    std::int64_t next = 0;
    while (true) {
      std::vector<log::StoredRecord> records;
      if (auto read = log.read(topic, partition, next, 1024, 4U << 20U, records); !read) return read.error();
      if (records.empty()) break;
      for (const log::StoredRecord& stored : records) session.out() << stored.record.value << '\n';
      next = records.back().offset + 1;
    }
  }
  return Exit::ok;
}

}  // namespace

void add_log(Program& program) {
  Verb group = program.verb("log", "The log itself");
  group.needs_verb();
  auto from = std::make_shared<std::string>("decisions");
  Verb verb = group.verb("dump", "Every record as stored, a line each, partition by partition");
  verb.option("--from", *from, "commands, decisions, directory or meta")
      .one_of({"commands", "decisions", "directory", "meta"})
      .with_default();
  program.on(verb, Needs::folder, [from](Session& session) { return dump(session, *from); });

  auto source = std::make_shared<std::string>();
  auto target = std::make_shared<std::string>();
  Verb copy = group.verb(
      "copy",
      "Move a deployment between a folder and Kafka, or to other partitions (exit 8 where the copy differs)");
  copy.option("--from", *source, "embedded:DIR or kafka:HOST:PORT,…/PREFIX").required();
  copy.option("--to", *target, "the same; a new one, or a copy that was cut short").required();
  program.on(copy, Needs::nothing,
             [source, target](Session& session) { return copy_log(session, *source, *target); });
}

}  // namespace lastkm::tool

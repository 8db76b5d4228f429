// lastkm log copy, and log dump: the records, byte for byte as stored, a line each.
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "engine/log/event_log.h"
#include "tools/lastkm/log_copy.h"
#include "tools/lastkm/program.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

constexpr std::array<std::pair<std::string_view, log::Topic>, 4> kTopics{
    {{"commands", log::Topic::commands},
     {"decisions", log::Topic::decisions},
     {"directory", log::Topic::directory},
     {"meta", log::Topic::meta}}};

Status dump_topic(log::EventLog& log, log::Topic topic, std::ostream& out) {
  const bool one = topic == log::Topic::directory || topic == log::Topic::meta;
  const std::int32_t partitions = one ? 1 : log.partitions();
  for (std::int32_t partition = 0; partition < partitions; ++partition) {
    std::int64_t next = 0;
    while (out) {  // who reads it may have seen enough
      std::vector<log::StoredRecord> records;
      if (auto read = log.read(topic, partition, next, 1024, 4U << 20U, records); !read) return read;
      if (records.empty()) break;
      for (const log::StoredRecord& stored : records) out << stored.record.value << '\n';
      next = records.back().offset + 1;
    }
  }
  return done();
}

Result<Exit> dump_into(Session& session, log::EventLog& log, const std::string& given) {
  namespace fs = std::filesystem;
  const fs::path folder = session.path(given);
  std::error_code failed;
  fs::create_directories(folder, failed);
  for (const auto& [name, topic] : kTopics) {
    const fs::path path = folder / (std::string(name) + ".jsonl");
    std::ofstream file(path, std::ios::binary);
    if (auto dumped = dump_topic(log, topic, file); !dumped) return dumped.error();
    if (!file.flush()) {
      return Error{ErrorKind::refused, "cannot-write",
                   path.string() + " cannot be written: " + std::generic_category().message(errno),
                   path.string()};
    }
  }
  return Exit::ok;
}

struct Dump {
  std::string from;
  std::string into;
};

Result<Exit> dump(Session& session, const Dump& given) {
  const auto engine = session.engine();
  if (!engine) return engine.error();
  log::EventLog& log = (*engine)->log();
  if (!given.into.empty()) return dump_into(session, log, given.into);
  for (const auto& [name, topic] : kTopics) {
    if (name != given.from) continue;
    if (auto dumped = dump_topic(log, topic, session.out()); !dumped) return dumped.error();
  }
  return Exit::ok;
}

}  // namespace

void add_log(Program& program) {
  Verb group = program.verb("log", "The log itself");
  group.needs_verb();
  auto given = std::make_shared<Dump>(Dump{"decisions", ""});
  Verb verb = group.verb("dump", "Every record as stored, a line each, partition by partition");
  verb.option("--from", given->from, "commands, decisions, directory or meta")
      .one_of({"commands", "decisions", "directory", "meta"})
      .with_default();
  verb.option("--into", given->into, "all of them, each as DIR/TOPIC.jsonl").called("DIR");
  program.on(verb, Needs::folder, [given](Session& session) { return dump(session, *given); });

  auto source = std::make_shared<std::string>();
  auto target = std::make_shared<std::string>();
  Verb copy = group.verb(
      "copy",
      "Move a deployment between a folder and Kafka, or to other partitions (exit 8 where the copy differs; "
      "6 'upgrade-required' where it is whole, and only a newer program can check what is decided in it)");
  copy.option("--from", *source, "embedded:DIR or kafka:HOST:PORT,…/PREFIX").required();
  copy.option(
          "--to", *target,
          "the same; a new one, or a copy that was cut short. From Kafka to a folder also give --vault DIR")
      .required();
  program.on(copy, Needs::nothing,
             [source, target](Session& session) { return copy_log(session, *source, *target); });
}

}  // namespace lastkm::tool

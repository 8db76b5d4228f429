// Does to a data folder what only a test may do. For tests; never shipped.
#include <rocksdb/db.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <random>

#include "engine/log/acknowledged.h"
#include "engine/log/embedded_log.h"
#include "engine/log/framing.h"
#include "engine/privacy/vault.h"
#include "engine/record/canonical.h"
#include "engine/record/command.h"
#include "engine/record/decision.h"
#include "engine/record/digest.h"
#include "engine/record/parse.h"
#include "engine/store/store.h"

namespace {

using namespace lastkm;

constexpr std::string_view kUsage = R"(usage: edit_folder …
  cut FOLDER SEED                         drops the last k decisions of each partition, k by the seed (0: all)
  flip FOLDER TOPIC PARTITION N BYTE [BITS]
                                          flips these bits (else the lowest) of a byte of the N-th record's
                                          value, checksums made anew
  put FOLDER TOPIC PARTITION KEY VALUE    appends a record past the program
  rewrite FOLDER OLD NEW                  replaces text in the documents of the directory, digests made anew
  foreign-id FOLDER                       gives the deployment record another log id
  old-state FOLDER                        has the state be of another layout
  open-sealed FOLDER                      opens every sealed text of the commands with the vault's keys
)";

[[noreturn]] void fail(const std::string& why) {
  std::cerr << "edit_folder: " << why << '\n';
  std::exit(2);
}

void must(const rocksdb::Status& status) {
  if (!status.ok()) fail(status.ToString());
}

std::unique_ptr<rocksdb::DB> database(const std::string& folder) {
  rocksdb::DB* db = nullptr;
  must(rocksdb::DB::Open(rocksdb::Options(), folder + "/log", &db));
  return std::unique_ptr<rocksdb::DB>(db);
}

log::Topic topic_of(const std::string& name) {
  for (const log::Topic topic :
       {log::Topic::commands, log::Topic::decisions, log::Topic::directory, log::Topic::meta}) {
    if (log::name_of(topic) == name) return topic;
  }
  fail("no topic " + name);
}

/// The number of records: offsets are dense.
std::int64_t end_of(rocksdb::DB& db, log::Topic topic, std::int32_t partition) {
  const std::string past = log::key_of(topic, partition, INT64_MAX);
  const std::unique_ptr<rocksdb::Iterator> at(db.NewIterator({}));
  at->SeekForPrev(past);
  must(at->status());
  return at->Valid() && at->key().starts_with(past.substr(0, 3))
             ? log::offset_of(at->key().ToStringView()) + 1
             : 0;
}

std::int32_t partitions_of(rocksdb::DB& db) {
  std::string text;
  must(db.Get({}, "partitions", &text));
  return std::stoi(text);
}

void put(rocksdb::DB& db, const std::string& key, const std::string& value) {
  rocksdb::WriteOptions synced;
  synced.sync = true;
  must(db.Put(synced, key, value));
}

int cut(const std::string& folder, unsigned seed) {
  std::mt19937 random(seed);
  std::int64_t dropped = 0;
  std::int64_t left = 0;
  {
    const auto db = database(folder);
    for (const log::Topic topic :
         {log::Topic::commands, log::Topic::decisions, log::Topic::directory, log::Topic::meta}) {
      const bool many = topic == log::Topic::commands || topic == log::Topic::decisions;
      for (std::int32_t partition = 0; partition < (many ? partitions_of(*db) : 1); ++partition) {
        std::int64_t end = end_of(*db, topic, partition);
        if (topic == log::Topic::decisions) {
          const std::int64_t k =
              seed == 0 ? end : static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(end + 1));
          for (std::int64_t i = 0; i < k; ++i) must(db->Delete({}, log::key_of(topic, partition, --end)));
          dropped += k;
        }
        left += end;
      }
    }
    must(db->SyncWAL());
  }
  // The log is now one to which no more was ever acknowledged.
  std::filesystem::remove(folder + "/acknowledged");
  if (!log::Acknowledged::make_if_missing(folder + "/acknowledged")) fail("cannot make the mark");
  auto mark = log::Acknowledged::open(folder + "/acknowledged", false);
  if (!mark || !(*mark)->raise(left)) fail("cannot raise the mark");
  std::cout << dropped << '\n';
  return 0;
}

int flip(const std::string& folder, const std::string& topic, std::int32_t partition, std::int64_t n,
         std::size_t byte, int bits) {
  const auto db = database(folder);
  const std::string key = log::key_of(topic_of(topic), partition, n);
  std::string bytes;
  must(db->Get({}, key, &bytes));
  log::Record record;
  if (!log::unframe(bytes, record) || byte >= record.value.size()) fail("no such byte");
  record.value[byte] = static_cast<char>(record.value[byte] ^ bits);
  put(*db, key, log::frame(record));
  return 0;
}

int append(const std::string& folder, const std::string& topic, std::int32_t partition, std::string key,
           std::string value) {
  const auto db = database(folder);
  const log::Topic where = topic_of(topic);
  put(*db, log::key_of(where, partition, end_of(*db, where, partition)),
      log::frame({std::move(key), std::move(value), {}}));
  return 0;
}

int rewrite(const std::string& folder, const std::string& old, const std::string& now) {
  const auto db = database(folder);
  int changed = 0;
  for (std::int64_t n = 0; n < end_of(*db, log::Topic::directory, 0); ++n) {
    const std::string key = log::key_of(log::Topic::directory, 0, n);
    std::string bytes;
    must(db->Get({}, key, &bytes));
    log::Record record;
    if (!log::unframe(bytes, record)) fail("a record is no record");
    auto document = record::decode_document(record.value);
    if (!document) fail(document.error().message);
    std::string content = record::canonical(document->content);
    if (content.find(old) == std::string::npos) continue;
    for (std::size_t at = 0; (at = content.find(old, at)) != std::string::npos; at += now.size()) {
      content.replace(at, old.size(), now);
      ++changed;
    }
    document->content = *record::parse(content);
    document->sha256 = record::hex(record::sha256(content));
    const auto envelope = record::parse(record.value);
    record.value = record::encode(*document, envelope->text("source"));
    put(*db, key, log::frame(record));
  }
  std::cout << changed << '\n';
  return changed > 0 ? 0 : 2;
}

int foreign_id(const std::string& folder) {
  const auto db = database(folder);
  const std::string key = log::key_of(log::Topic::meta, 0, 0);
  std::string bytes;
  must(db->Get({}, key, &bytes));
  log::Record record;
  constexpr std::string_view kName = "\"log_id\":\"";
  if (!log::unframe(bytes, record)) fail("the deployment record is no record");
  const std::size_t at = record.value.find(kName);
  if (at == std::string::npos) fail("the deployment record has no log id");
  char& digit = record.value[at + kName.size()];
  digit = digit == '0' ? '1' : '0';
  put(*db, key, log::frame(record));
  return 0;
}

/// As a program with another layout of the state would have left it: rows that are nothing to this one.
int old_state(const std::string& folder) {
  const auto store = store::open_rocks_store({.folder = folder + "/state", .families = {"meta", "case"}});
  if (!store) fail(store.error().message);
  store::Batch batch;
  batch.put("meta", "layout", "1");
  std::size_t cases = 0;
  const Status scanned = (*store)->scan("case", "", [&](std::string_view key, std::string_view) {
    batch.put("case", std::string(key), "{}");
    return ++cases > 0;
  });
  if (!scanned) fail(scanned.error().message);
  if (cases == 0) fail("the state has no case");
  if (const Status written = (*store)->write(batch); !written) fail(written.error().message);
  return 0;
}

struct Opened {
  std::size_t texts = 0;
  std::string why;
};

void open_in(privacy::Vault& vault, const record::Command& command, const Value& value,
             const std::string& path, Opened& out) {
  if (privacy::is_sealed(value)) {
    auto plain = vault.open(value, privacy::Place{command.aggregate, command.id, path});
    ++out.texts;
    if (!plain) out.why = command.id.value + path + ": " + plain.error().message;
    return;
  }
  if (const Object* object = value.if_object()) {
    for (const Member& member : *object) open_in(vault, command, member.value, path + "/" + member.name, out);
  }
  if (const Array* array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i)
      open_in(vault, command, (*array)[i], path + "/" + std::to_string(i), out);
  }
}

int open_sealed(const std::string& folder) {
  auto log = log::open_embedded_log({.folder = folder, .read_only = true});
  if (!log) fail(log.error().message);
  auto vault = privacy::open_file_vault(folder + "/vault");
  if (!vault) fail(vault.error().message);
  Opened out;
  for (std::int32_t partition = 0; partition < (*log)->partitions(); ++partition) {
    std::vector<log::StoredRecord> records;
    if (auto read = (*log)->read(log::Topic::commands, partition, 0, SIZE_MAX, SIZE_MAX, records); !read)
      fail(read.error().message);
    for (const log::StoredRecord& stored : records) {
      const auto command = record::decode_command(stored.record.value);
      if (command) open_in(**vault, *command, command->input, "", out);
    }
  }
  if (!out.why.empty()) fail("P9: a sealed text does not open: " + out.why);
  std::cout << out.texts << " sealed texts open\n";
  return 0;
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> given(words + 1, words + count);
  if (given.size() == 3 && given[0] == "cut")
    return cut(given[1], static_cast<unsigned>(std::stoul(given[2])));
  if ((given.size() == 6 || given.size() == 7) && given[0] == "flip") {
    return flip(given[1], given[2], std::stoi(given[3]), std::stoll(given[4]), std::stoull(given[5]),
                given.size() == 7 ? std::stoi(given[6]) : 1);
  }
  if (given.size() == 6 && given[0] == "put")
    return append(given[1], given[2], std::stoi(given[3]), given[4], given[5]);
  if (given.size() == 4 && given[0] == "rewrite") return rewrite(given[1], given[2], given[3]);
  if (given.size() == 2 && given[0] == "foreign-id") return foreign_id(given[1]);
  if (given.size() == 2 && given[0] == "old-state") return old_state(given[1]);
  if (given.size() == 2 && given[0] == "open-sealed") return open_sealed(given[1]);
  std::cerr << kUsage;
  return 2;
}

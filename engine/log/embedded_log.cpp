#include "engine/log/embedded_log.h"

#include <rocksdb/db.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "engine/log/acknowledged.h"
#include "engine/log/check_files.h"
#include "engine/log/crash_point.h"
#include "engine/log/embedded_database.h"
#include "engine/log/framing.h"
#include "engine/log/free_space.h"
#include "engine/log/tails.h"

namespace lastkm::log {

namespace {

constexpr std::string_view kPartitionsKey = "partitions";
constexpr std::array kTopics = {Topic::commands, Topic::decisions, Topic::directory, Topic::meta};

class EmbeddedLog final : public EventLog {
 public:
  EmbeddedLog(EmbeddedLogOptions options, std::unique_ptr<rocksdb::DB> db, std::unique_ptr<Acknowledged> mark)
      : options_(std::move(options)),
        folder_(options_.folder + "/log"),
        db_(std::move(db)),
        mark_(std::move(mark)) {}

  ~EmbeddedLog() override { db_->Close().PermitUncheckedError(); }

  /// Learns partitions and ends, and compares what can be read with what was acknowledged.
  Status load() {
    if (auto known = load_partitions(); !known) return known;
    tails_ = std::make_unique<Tails>(partitions_);
    for (const Topic topic : kTopics) {
      auto& ends = ends_[index(topic)];
      ends.resize(static_cast<std::size_t>(count(topic)), 0);
      const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(rocksdb::ReadOptions()));
      for (std::int32_t partition = 0; partition < count(topic); ++partition) {
        const std::string past = key_of(topic, partition, INT64_MAX);
        at->SeekForPrev(past);
        if (at->Valid() && at->key().starts_with(past.substr(0, 3))) {
          ends[static_cast<std::size_t>(partition)] = offset_of(at->key().ToStringView()) + 1;
        }
        if (!at->status().ok()) return corrupt(folder_, at->status());
        total_ += ends[static_cast<std::size_t>(partition)];
      }
    }
    marked_ = mark_->records();
    if (total_ < mark_->records()) {
      return Error{ErrorKind::integrity, "log-rollback",
                   "the log in " + folder_ + " holds " + std::to_string(total_) + " records, but " +
                       std::to_string(mark_->records()) +
                       " were acknowledged: " + std::to_string(mark_->records() - total_) +
                       " are missing. Nothing is written to it; restore it from a backup",
                   folder_};
    }
    return done();
  }

  Result<std::vector<std::int64_t>> append(std::span<const Append> records, Durability durability) override {
    if (records.empty()) return std::vector<std::int64_t>();
    if (options_.read_only) {
      if (options_.why_read_only) return *options_.why_read_only;
      return Error{ErrorKind::refused, "read-only", "the log was opened for reading", folder_};
    }
    for (const Append& append : records) {
      if (!exists(append.topic, append.partition)) return no_such(append.topic, append.partition);
    }
    if (auto refused = refuse_early(records)) return *refused;
    Request request{records, {}, std::nullopt, 0, false};
    {
      std::unique_lock lock(queue_mutex_);
      queue_.push_back(&request);
      turn_.wait(lock, [&] { return request.finished || (!leading_ && queue_.front() == &request); });
      if (!request.finished) {
        // This thread leads: it writes what has gathered, for all.
        leading_ = true;
        const std::deque<Request*> group = std::move(queue_);
        queue_.clear();
        lock.unlock();
        write_group(group);
        lock.lock();
        leading_ = false;
        for (Request* member : group) member->finished = true;
        turn_.notify_all();
      }
    }
    if (request.error) return *request.error;
    if (durability == Durability::synced) {
      if (auto synced = sync_to(request.total); !synced) return synced.error();
    }
    return std::move(request.offsets);
  }

  Status sync() override {
    if (options_.read_only) return done();
    std::int64_t total = 0;
    {
      const std::lock_guard lock(ends_mutex_);
      if (failed_) return *failed_;
      total = total_;
    }
    return sync_to(total);
  }

  Status read(Topic topic, std::int32_t partition, std::int64_t from, std::size_t max_records,
              std::size_t max_bytes, std::vector<StoredRecord>& out) override {
    auto end_of = end(topic, partition);
    if (!end_of) return end_of.error();
    if (from >= *end_of) return done();
    if (tails_ &&
        tails_->read(topic, partition, std::max<std::int64_t>(from, 0), max_records, max_bytes, out))
      return done();
    const std::string first = key_of(topic, partition, std::max<std::int64_t>(from, 0));
    const std::string past = key_of(topic, partition, *end_of);
    const rocksdb::Slice upper(past);
    rocksdb::ReadOptions reading;
    reading.iterate_upper_bound = &upper;
    reading.verify_checksums = true;
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(reading));
    std::size_t bytes = 0;
    std::int64_t expected = std::max<std::int64_t>(from, 0);
    const std::int64_t until = max_records < static_cast<std::uint64_t>(*end_of - expected)
                                   ? expected + static_cast<std::int64_t>(max_records)
                                   : *end_of;
    for (at->Seek(first); expected < until && (bytes == 0 || bytes < max_bytes); at->Next(), ++expected) {
      // Offsets are dense here: one that is not there is damage, and never an early end.
      if (!at->Valid() && !at->status().ok()) return corrupt(folder_, at->status());
      StoredRecord stored;
      stored.offset = expected;
      if (!at->Valid() || offset_of(at->key().ToStringView()) != expected ||
          !unframe(at->value().ToStringView(), stored.record)) {
        return Error{ErrorKind::integrity, "log-corrupt",
                     std::string(name_of(topic)) + ", partition " + std::to_string(partition) + ", offset " +
                         std::to_string(expected) + " is missing or damaged; restore the log from a backup",
                     folder_};
      }
      bytes += at->value().size();
      out.push_back(std::move(stored));
    }
    return done();
  }

  Result<std::int64_t> end(Topic topic, std::int32_t partition) override {
    if (!exists(topic, partition)) return no_such(topic, partition);
    const std::lock_guard lock(ends_mutex_);
    return ends_[index(topic)][static_cast<std::size_t>(partition)];
  }

  std::uint64_t version() override {
    const std::lock_guard lock(ends_mutex_);
    return version_;
  }

  void wait(std::uint64_t seen, std::chrono::milliseconds at_most) override {
    std::unique_lock lock(ends_mutex_);
    grown_.wait_for(lock, at_most, [&] { return version_ != seen; });
  }

  std::int32_t partitions() const override { return partitions_; }

 private:
  struct Request {
    std::span<const Append> records;
    std::vector<std::int64_t> offsets;
    std::optional<Error> error;
    std::int64_t total = 0;  ///< records in the log with these
    bool finished = false;
  };

  static std::size_t index(Topic topic) { return static_cast<std::size_t>(topic) - 1; }
  std::int32_t count(Topic topic) const {
    return topic == Topic::commands || topic == Topic::decisions ? partitions_ : 1;
  }

  bool exists(Topic topic, std::int32_t partition) const {
    return partition >= 0 && partition < count(topic);
  }
  static Error no_such(Topic topic, std::int32_t partition) {
    return Error{ErrorKind::bad_input, "no-such-partition",
                 std::string(name_of(topic)) + " has no partition " + std::to_string(partition), ""};
  }

  Status load_partitions() {
    std::string text;
    rocksdb::Status status =
        db_->Get(rocksdb::ReadOptions(), rocksdb::Slice(kPartitionsKey.data(), kPartitionsKey.size()), &text);
    if (status.ok()) {
      std::from_chars(text.data(), text.data() + text.size(), partitions_);
      if (partitions_ < 1) {
        return Error{ErrorKind::integrity, "log-corrupt",
                     "the log in " + folder_ + " does not know its partitions", folder_};
      }
      if (options_.partitions != 0 && options_.partitions != partitions_) {
        return Error{ErrorKind::refused, "other-partitions",
                     "the log in " + folder_ + " has " + std::to_string(partitions_) + " partitions, not " +
                         std::to_string(options_.partitions),
                     folder_};
      }
      return done();
    }
    if (!status.IsNotFound()) return corrupt(folder_, status);
    if (mark_->records() > 0) {
      return Error{ErrorKind::integrity, "log-rollback",
                   "the log in " + folder_ + " is empty, but " + std::to_string(mark_->records()) +
                       " records were acknowledged. Nothing is written to it; restore it from a backup",
                   folder_};
    }
    if (options_.partitions < 1 || options_.read_only) {
      return Error{ErrorKind::not_found, "no-log", "there is no log in " + folder_, folder_};
    }
    partitions_ = options_.partitions;
    rocksdb::WriteOptions synced;
    synced.sync = true;
    status = db_->Put(synced, rocksdb::Slice(kPartitionsKey.data(), kPartitionsKey.size()),
                      std::to_string(partitions_));
    if (!status.ok()) return corrupt(folder_, status);
    return done();
  }

  Error fail(const std::string& why) {
    // After a failed write or sync nobody knows what is on disk: only opening again, which compares, can
    // tell.
    const std::string what = "writing to " + folder_ + " failed (" + why + ")";
    Error unsure = unknown(what + ": whether the records are there is not known");
    {
      const std::lock_guard lock(ends_mutex_);
      failed_ =
          Error{ErrorKind::integrity, "log-failed", what + "; end the process and start it again", folder_};
    }
    if (options_.on_failure) options_.on_failure(unsure);
    return unsure;
  }
  Error unknown(std::string what) const {
    return Error{ErrorKind::unknown_outcome, "unknown", std::move(what), folder_};
  }

  std::optional<Error> refuse_early(std::span<const Append> records) {
    {
      const std::lock_guard lock(ends_mutex_);
      if (failed_) return failed_;
    }
    // What was taken is still decided: decisions have a part of the reserve to themselves.
    const bool only_decisions = std::all_of(records.begin(), records.end(), [](const Append& append) {
      return append.topic == Topic::decisions;
    });
    const std::uint64_t keep = only_decisions ? options_.keep_free_bytes / 4 : options_.keep_free_bytes;
    const std::uint64_t free = options_.free_bytes ? options_.free_bytes() : space_.bytes();
    if (free >= keep) return std::nullopt;
    return disk_full(options_, free);
  }

  /// Only the leader is here.
  void write_group(const std::deque<Request*>& group) {
    const auto all_failed = [&group](const Error& error) {
      for (Request* request : group) request->error = error;
    };
    {
      const std::lock_guard lock(ends_mutex_);
      if (failed_) return all_failed(*failed_);
    }
    rocksdb::WriteBatch batch;
    std::int64_t added = 0;
    auto ends = [this] {
      const std::lock_guard lock(ends_mutex_);
      return ends_;
    }();
    std::vector<std::string> frames;
    for (Request* request : group) {
      request->offsets.reserve(request->records.size());
      for (const Append& append : request->records) {
        std::int64_t& end = ends[index(append.topic)][static_cast<std::size_t>(append.partition)];
        const std::string& framed = frames.emplace_back(frame(append.record));
        const rocksdb::Status put = batch.Put(key_of(append.topic, append.partition, end), framed);
        if (!put.ok()) return all_failed(fail(put.ToString()));
        request->offsets.push_back(end++);
        ++added;
      }
    }
    crash_point("log.before_write");
    // Not synced here: others may append while sync_to() waits for the disk.
    const rocksdb::Status status = db_->Write(rocksdb::WriteOptions(), &batch);
    if (!status.ok()) return all_failed(fail(status.ToString()));
    crash_point("log.written");
    auto framed = frames.begin();
    for (const Request* request : group) {
      auto offset = request->offsets.begin();
      for (const Append& append : request->records)
        tails_->add(append.topic, append.partition, *offset++, std::move(*framed++));
    }
    const std::lock_guard lock(ends_mutex_);
    ends_ = std::move(ends);
    total_ += added;
    for (Request* request : group) request->total = total_;
    ++version_;
    grown_.notify_all();
  }

  /// Returns once the first `total` records survive loss of power and the mark says so. Of those who wait one
  /// syncs, for all that is written by then.
  Status sync_to(std::int64_t total) {
    std::unique_lock lock(mark_mutex_);
    while (marked_ < total) {
      if (syncing_) {
        synced_.wait(lock);
        continue;
      }
      std::int64_t written = 0;
      {
        const std::lock_guard ends_lock(ends_mutex_);
        if (failed_) return unknown(failed_->message);
        written = total_;
      }
      syncing_ = true;
      lock.unlock();
      Status synced = sync_and_mark(written);
      lock.lock();
      syncing_ = false;
      if (synced) marked_ = std::max(marked_, written);
      synced_.notify_all();
      if (!synced) return synced;
    }
    return done();
  }

  /// Only the one who syncs is here.
  Status sync_and_mark(std::int64_t written) {
    if (!options_.leave_out_syncs) {
      const rocksdb::Status status = db_->SyncWAL();
      if (!status.ok()) return fail(status.ToString());
    }
    crash_point("log.synced");
    if (auto raised = mark_->raise(written); !raised) return fail(raised.error().message);
    crash_point("log.marked");
    return done();
  }

  const EmbeddedLogOptions options_;
  const std::string folder_;
  const std::unique_ptr<rocksdb::DB> db_;
  std::mutex mark_mutex_;
  std::condition_variable synced_;
  bool syncing_ = false;
  std::int64_t marked_ = 0;                   ///< so many records are on disk, and the mark says so
  const std::unique_ptr<Acknowledged> mark_;  ///< only the one who syncs writes it
  std::unique_ptr<Tails> tails_;
  std::int32_t partitions_ = 0;

  std::mutex queue_mutex_;
  std::condition_variable turn_;
  std::deque<Request*> queue_;
  bool leading_ = false;

  std::mutex ends_mutex_;
  std::condition_variable grown_;
  std::array<std::vector<std::int64_t>, kTopics.size()> ends_;
  std::int64_t total_ = 0;
  std::uint64_t version_ = 0;
  std::optional<Error> failed_;

  FreeSpace space_{options_.folder};
};

}  // namespace

Result<std::unique_ptr<EventLog>> open_embedded_log(const EmbeddedLogOptions& options) {
  const std::string folder = options.folder + "/log";
  const std::string mark_file = options.folder + "/acknowledged";
  const Use use = options.read_only ? Use::read : Use::write;
  if (auto usable = check_files({options.folder, folder}, use); !usable) return usable.error();
  const auto existed = database_exists(options);
  if (!existed) return existed.error();
  if (!options.read_only) {
    // The database writes while it opens, and ends the process where it cannot.
    const std::uint64_t free = options.free_bytes ? options.free_bytes() : FreeSpace(options.folder).bytes();
    if (free < options.keep_free_bytes) return disk_full(options, free);
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
  }
  // The mark is made before the database, so that no crash leaves a log without one. A reader looks at it
  // before it opens the database, which a writer beside may lengthen meanwhile; a writer once nobody else can
  // move it.
  if (!*existed) {
    if (auto made = Acknowledged::make_if_missing(mark_file); !made) return made.error();
  }
  auto mark = Acknowledged::open(mark_file, options.read_only);
  if (!mark) return mark.error();
  auto db = open_database(options);
  if (!db) return db.error();
  if (!options.read_only) mark = Acknowledged::open(mark_file, false);
  if (!mark) return mark.error();
  if (!options.read_only) std::ofstream(options.folder + "/owner", std::ios::trunc) << ::getpid() << '\n';
  auto log = std::make_unique<EmbeddedLog>(options, std::move(*db), std::move(*mark));
  if (auto loaded = log->load(); !loaded) return loaded.error();
  return std::unique_ptr<EventLog>(std::move(log));
}

}  // namespace lastkm::log

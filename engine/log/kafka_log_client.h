// Handles of librdkafka that end themselves, settings that hold for every client, and what each error means.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/log/kafka_log.h"

namespace lastkm::log::kafka {

template <auto Destroy>
struct Destroyer {
  template <class T>
  void operator()(T* handle) const {
    Destroy(handle);
  }
};
using Handle = std::unique_ptr<rd_kafka_t, Destroyer<rd_kafka_destroy>>;
using TopicHandle = std::unique_ptr<rd_kafka_topic_t, Destroyer<rd_kafka_topic_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Destroyer<rd_kafka_queue_destroy>>;

enum class Role : std::uint8_t {
  producer,
  follower,  ///< stays at the end of partitions
  scanner,   ///< reads from anywhere, one partition at a time
  asker,     ///< asks, and reads nothing
  member,    ///< of the group that shares partitions
};

/// What an error of the client means for what was asked.
enum class Meaning : std::uint8_t {
  retried,  ///< the client tries again by itself
  unknown,  ///< may or may not have happened; asking again may help
  fatal,    ///< this producer is of no use any more; another one is
  refused,  ///< did not happen, and asking again changes nothing
  stop,     ///< the log is not what it must be: nothing more is written or answered
};
[[nodiscard]] Meaning meaning_of(rd_kafka_resp_err_t code);
/// The error as a value. `where` is "lastkm.commands, partition 3, offset 17", as far as it is known.
[[nodiscard]] Error error_of(rd_kafka_resp_err_t code, const std::string& where,
                             std::string_view detail = {});
[[nodiscard]] std::string where(std::string_view topic, std::int32_t partition = -1,
                                std::int64_t offset = -1);

/// What the callbacks of a client reach; outlives its handle.
class Listener {
 public:
  explicit Listener(const KafkaLogOptions& of) : options(&of) {}
  const KafkaLogOptions* options;

  /// Passes on what the client says; what it tries again by itself, as debugging (7). Thread-safe.
  void hear(int level, std::string_view text) const;
  /// Why a broker could not be talked to, as the client said last; empty: it never was so.
  [[nodiscard]] std::string last_failure() const;

 private:
  mutable std::mutex mutex_;
  mutable std::string last_failure_;
};

/// Nobody answered: log-unreachable with the reason where the client knows one, or "no-access" where that is
/// the user's.
[[nodiscard]] Error unreachable(const Listener& listener, const std::string& where);

/// Why a configuration may not set this: the library does not know the name or take the value, or this log
/// sets it itself. The value is not told. nullopt: it may.
[[nodiscard]] std::optional<std::string> fault_of_setting(const std::string& name, const std::string& value);

/// refused "bad-setting": unknown to the library, or one that this log sets itself. `configure` adds
/// callbacks.
[[nodiscard]] Result<Handle> make_client(Listener& listener, Role role, const KafkaSettings& more = {},
                                         void (*configure)(rd_kafka_conf_t*) = nullptr);

[[nodiscard]] std::string topic_name(const KafkaLogOptions& options, Topic topic);
inline constexpr Topic kTopics[] = {Topic::commands, Topic::decisions, Topic::directory, Topic::meta};

}  // namespace lastkm::log::kafka

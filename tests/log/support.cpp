#include "tests/log/support.h"

#include <stdlib.h>

#include <fstream>

namespace lastkm::log::test {

namespace fs = std::filesystem;

fs::path Folder::biggest(const std::string& extension) const {
  fs::path found;
  std::uintmax_t size = 0;
  for (const auto& entry : fs::directory_iterator(database())) {
    if (entry.path().extension() != extension || entry.file_size() <= size) continue;
    found = entry.path();
    size = entry.file_size();
  }
  REQUIRE_FALSE(found.empty());
  return found;
}

Append command(std::int32_t partition, const std::string& value) {
  return {Topic::commands, partition, Record{"key-" + value.substr(0, 8), value, {{"epoch", "1"}}}};
}

std::unique_ptr<EventLog> open(EmbeddedLogOptions options) {
  auto opened = open_embedded_log(options);
  INFO((opened ? "" : opened.error().message));
  REQUIRE(opened);
  return std::move(*opened);
}

std::unique_ptr<EventLog> open(const Folder& folder) {
  return open({.folder = folder.text(), .partitions = kPartitions});
}

Error refused(EmbeddedLogOptions options) {
  const auto opened = open_embedded_log(options);
  REQUIRE_FALSE(opened);
  return opened.error();
}

Error refused(const Folder& folder) {
  return refused({.folder = folder.text(), .partitions = kPartitions});
}

void fill(EventLog& log, int n, Durability durability) {
  for (int i = 0; i < n; ++i) {
    const std::vector<Append> one{command(i % kPartitions, std::to_string(i) + std::string(200, 'x'))};
    REQUIRE(log.append(one, durability));
  }
}

std::vector<StoredRecord> all(EventLog& log, Topic topic, std::int32_t partition) {
  std::vector<StoredRecord> out;
  REQUIRE(log.read(topic, partition, 0, SIZE_MAX, SIZE_MAX, out));
  return out;
}

}  // namespace lastkm::log::test

// What the tests of logs share: a folder that goes away, records that tell where they come from, and short
// words.
#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/log/embedded_log.h"
#include "tests/scratch_folder.h"

namespace lastkm::log::test {

using lastkm::flip_byte;

struct Folder : ScratchFolder {
  [[nodiscard]] std::string text() const { return path.string(); }
  [[nodiscard]] std::filesystem::path database() const { return path / "log"; }
  [[nodiscard]] std::filesystem::path mark() const { return path / "acknowledged"; }
  /// The largest file of the database with this ending.
  [[nodiscard]] std::filesystem::path biggest(const std::string& extension) const;
};

inline constexpr std::int32_t kPartitions = 4;

[[nodiscard]] Append command(std::int32_t partition, const std::string& value);
/// Opens or makes; a refusal fails the test.
[[nodiscard]] std::unique_ptr<EventLog> open(EmbeddedLogOptions options);
[[nodiscard]] std::unique_ptr<EventLog> open(const Folder& folder);
/// The error of an opening that must be refused.
[[nodiscard]] Error refused(EmbeddedLogOptions options);
[[nodiscard]] Error refused(const Folder& folder);
/// Appends n records of about 200 bytes, one call each.
void fill(EventLog& log, int n, Durability durability);
[[nodiscard]] std::vector<StoredRecord> all(EventLog& log, Topic topic, std::int32_t partition);

}  // namespace lastkm::log::test

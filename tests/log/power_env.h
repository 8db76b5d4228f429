// A file system that forgets, on demand, what was never synced; or that fails. The database of the embedded
// log sees it.
#pragma once

#include <rocksdb/env.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace lastkm::log::test {

/// Files that existed before a rename or a creation was synced stay, as a journalling file system would have
/// it; what is lost are bytes.
class PowerEnv {
 public:
  PowerEnv();
  ~PowerEnv();
  PowerEnv(const PowerEnv&) = delete;
  PowerEnv& operator=(const PowerEnv&) = delete;

  [[nodiscard]] rocksdb::Env* env() const { return env_.get(); }
  /// Cuts every file written through here to what was synced. Close the database first.
  void lose_power();
  /// From now on every append to (or sync of) a WAL fails.
  void fail_writes();
  void fail_syncs();

 private:
  class Files;
  std::shared_ptr<Files> files_;
  std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace lastkm::log::test

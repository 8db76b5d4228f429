// RocksDB's own file of what it does ends the process where a line of it could not be written; so it keeps
// none.
#pragma once

#include <rocksdb/env.h>

namespace lastkm::store {

class SilentLogger final : public rocksdb::Logger {
 public:
  using Logger::Logv;
  void Logv(const char* /*format*/, va_list /*values*/) override {}
};

}  // namespace lastkm::store

#include "tests/log/power_env.h"

#include <rocksdb/file_system.h>

#include <atomic>
#include <filesystem>
#include <functional>

namespace lastkm::log::test {

namespace rdb = rocksdb;

class PowerEnv::Files final : public rdb::FileSystemWrapper {
 public:
  Files() : rdb::FileSystemWrapper(rdb::FileSystem::Default()) {}
  const char* Name() const override { return "files-that-forget"; }

  rdb::IOStatus NewWritableFile(const std::string& name, const rdb::FileOptions& options,
                                std::unique_ptr<rdb::FSWritableFile>* result,
                                rdb::IODebugContext* context) override;
  rdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rdb::IOOptions& options,
                           rdb::IODebugContext* context) override {
    const rdb::IOStatus status = rdb::FileSystemWrapper::RenameFile(from, to, options, context);
    const std::lock_guard lock(mutex_);
    if (auto file = synced_.extract(from); status.ok() && !file.empty()) synced_[to] = file.mapped();
    return status;
  }
  rdb::IOStatus DeleteFile(const std::string& name, const rdb::IOOptions& options,
                           rdb::IODebugContext* context) override {
    const rdb::IOStatus status = rdb::FileSystemWrapper::DeleteFile(name, options, context);
    const std::lock_guard lock(mutex_);
    if (status.ok()) synced_.erase(name);
    return status;
  }

  void synced(const std::string& name, std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    synced_[name] = bytes;
  }
  void lose_power() {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, bytes] : synced_) {
      std::error_code gone;
      if (std::filesystem::file_size(name, gone) > bytes && !gone) std::filesystem::resize_file(name, bytes);
    }
  }

  std::atomic<bool> writes_fail{false};
  std::atomic<bool> syncs_fail{false};

 private:
  std::mutex mutex_;
  std::map<std::string, std::uint64_t> synced_;
};

namespace {

bool is_wal(const std::string& name) {
  return name.ends_with(".log");
}

}  // namespace

class WatchedFile final : public rdb::FSWritableFileOwnerWrapper {
 public:
  WatchedFile(std::unique_ptr<rdb::FSWritableFile> file, std::string name,
              std::function<void(const std::string&, std::uint64_t)> synced,
              const std::atomic<bool>& writes_fail, const std::atomic<bool>& syncs_fail)
      : rdb::FSWritableFileOwnerWrapper(std::move(file)),
        name_(std::move(name)),
        synced_(std::move(synced)),
        writes_fail_(writes_fail),
        syncs_fail_(syncs_fail) {}

  rdb::IOStatus Append(const rdb::Slice& data, const rdb::IOOptions& options,
                       rdb::IODebugContext* context) override {
    if (writes_fail_ && is_wal(name_)) return rdb::IOStatus::IOError("injected: cannot append to " + name_);
    size_ += data.size();
    return rdb::FSWritableFileOwnerWrapper::Append(data, options, context);
  }
  rdb::IOStatus Append(const rdb::Slice& data, const rdb::IOOptions& options,
                       const rdb::DataVerificationInfo&, rdb::IODebugContext* context) override {
    return Append(data, options, context);
  }
  rdb::IOStatus Sync(const rdb::IOOptions& options, rdb::IODebugContext* context) override {
    return after_sync(rdb::FSWritableFileOwnerWrapper::Sync(options, context));
  }
  rdb::IOStatus Fsync(const rdb::IOOptions& options, rdb::IODebugContext* context) override {
    return after_sync(rdb::FSWritableFileOwnerWrapper::Fsync(options, context));
  }

 private:
  rdb::IOStatus after_sync(rdb::IOStatus status) {
    if (syncs_fail_ && is_wal(name_)) return rdb::IOStatus::IOError("injected: cannot sync " + name_);
    if (status.ok()) synced_(name_, size_);
    return status;
  }

  const std::string name_;
  const std::function<void(const std::string&, std::uint64_t)> synced_;
  const std::atomic<bool>& writes_fail_;
  const std::atomic<bool>& syncs_fail_;
  std::uint64_t size_ = 0;
};

rdb::IOStatus PowerEnv::Files::NewWritableFile(const std::string& name, const rdb::FileOptions& options,
                                               std::unique_ptr<rdb::FSWritableFile>* result,
                                               rdb::IODebugContext* context) {
  std::unique_ptr<rdb::FSWritableFile> file;
  rdb::IOStatus status = rdb::FileSystemWrapper::NewWritableFile(name, options, &file, context);
  if (!status.ok()) return status;
  synced(name, 0);
  *result = std::make_unique<WatchedFile>(
      std::move(file), name, [this](const std::string& which, std::uint64_t bytes) { synced(which, bytes); },
      writes_fail, syncs_fail);
  return status;
}

PowerEnv::PowerEnv() : files_(std::make_shared<Files>()), env_(rdb::NewCompositeEnv(files_)) {}
PowerEnv::~PowerEnv() = default;
void PowerEnv::lose_power() {
  files_->lose_power();
}
void PowerEnv::fail_writes() {
  files_->writes_fail = true;
}
void PowerEnv::fail_syncs() {
  files_->syncs_fail = true;
}

}  // namespace lastkm::log::test

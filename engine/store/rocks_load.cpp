#include "engine/store/rocks_load.h"

#include <rocksdb/sst_file_writer.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace lastkm::store {

namespace {

namespace fs = std::filesystem;

class RocksFile final : public LoadFile {
 public:
  RocksFile(const std::string& folder, std::string_view family, std::string path,
            rocksdb::ColumnFamilyHandle* handle, const FamilyOptions& how)
      : folder_(folder),
        family_(family),
        path_(std::move(path)),
        handle_(handle),
        writer_(rocksdb::EnvOptions(), rocksdb::Options(db_options({}), how.of(family_)), handle) {}

  Status open() {
    const rocksdb::Status opened = writer_.Open(path_);
    return opened.ok() ? done() : write_error(opened, folder_);
  }
  Status add(std::string_view key, std::string_view value) override {
    return added(key, writer_.Put(slice(key), slice(value)));
  }
  Status erase(std::string_view key) override { return added(key, writer_.Delete(slice(key))); }
  /// False: there is nothing in it.
  Result<bool> finish() {
    if (rows_ == 0) return false;
    const rocksdb::Status finished = writer_.Finish();
    if (!finished.ok()) return write_error(finished, folder_);
    return true;
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* handle() const { return handle_; }

 private:
  Status added(std::string_view key, const rocksdb::Status& status) {
    if (status.ok()) {
      ++rows_;
      return done();
    }
    if (!status.IsInvalidArgument()) return write_error(status, folder_);
    return Error{ErrorKind::integrity, "load-order",
                 "a load into " + family_ + " got the key '" + std::string(key) +
                     "' out of order: " + status.ToString(),
                 folder_};
  }

  const std::string& folder_;
  const std::string family_, path_;
  rocksdb::ColumnFamilyHandle* const handle_;
  rocksdb::SstFileWriter writer_;
  std::int64_t rows_ = 0;
};

class RocksLoad final : public Load {
 public:
  RocksLoad(Source source, const FamilyOptions& how, std::function<Error(const rocksdb::Status&)> fail)
      : source_(std::move(source)), how_(&how), fail_(std::move(fail)) {}

  Status open() {
    std::error_code failed;
    fs::remove_all(folder(), failed);
    if (!failed) fs::create_directories(folder(), failed);
    if (!failed) return done();
    return Error{ErrorKind::refused, "cannot-write", folder().string() + ": " + failed.message(),
                 source_.folder};
  }

  Result<LoadFile*> file(std::string_view family) override {
    const auto handle = source_.handle_of(family);
    if (!handle) return handle.error();
    const std::lock_guard lock(mutex_);
    const fs::path path = folder() / (std::to_string(files_.size()) + ".sst");
    auto file = std::make_unique<RocksFile>(source_.folder, family, path.string(), *handle, *how_);
    if (Status opened = file->open(); !opened) return opened.error();
    return files_.emplace_back(std::move(file)).get();
  }

  Status commit() override {
    std::map<rocksdb::ColumnFamilyHandle*, std::vector<std::string>> paths;
    for (const auto& file : files_) {
      const auto finished = file->finish();
      if (!finished) return finished.error();
      if (*finished) paths[file->handle()].push_back(file->path());
    }
    if (paths.empty()) return done();
    std::vector<rocksdb::IngestExternalFileArg> files;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    for (auto& [handle, of_family] : paths) {
      rocksdb::IngestExternalFileArg& one = files.emplace_back();
      one.column_family = handle;
      one.external_files = std::move(of_family);
      one.options.move_files = true;
      handles.push_back(handle);
    }
    // 7.8.3 can misorder what is ingested against what still lies in memory.
    const rocksdb::Status flushed = source_.db->Flush({}, handles);
    if (!flushed.ok()) return fail_(flushed);
    const rocksdb::Status ingested = source_.db->IngestExternalFiles(files);
    if (!ingested.ok()) return fail_(ingested);
    return done();
  }

 private:
  [[nodiscard]] fs::path folder() const { return fs::path(source_.folder) / kLoading; }

  Source source_;
  const FamilyOptions* how_;
  const std::function<Error(const rocksdb::Status&)> fail_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<RocksFile>> files_;
};

}  // namespace

Result<std::unique_ptr<Load>> begin_load_into(Source source, const FamilyOptions& how,
                                              std::function<Error(const rocksdb::Status&)> fail) {
  auto load = std::make_unique<RocksLoad>(std::move(source), how, std::move(fail));
  if (auto opened = load->open(); !opened) return opened.error();
  return std::unique_ptr<Load>(std::move(load));
}

}  // namespace lastkm::store

#include "engine/store/rocks_load.h"

#include <rocksdb/sst_file_writer.h>

#include <filesystem>
#include <map>
#include <utility>
#include <vector>

namespace lastkm::store {

namespace {

class RocksLoad final : public Load {
 public:
  explicit RocksLoad(Source source) : source_(std::move(source)) {}

  Status open(std::span<const std::string> families, const FamilyOptions& how) {
    namespace fs = std::filesystem;
    const fs::path folder = fs::path(source_.folder) / kLoading;
    std::error_code failed;
    fs::remove_all(folder, failed);
    if (!failed) fs::create_directories(folder, failed);
    if (failed) {
      return Error{ErrorKind::refused, "cannot-write", folder.string() + ": " + failed.message(),
                   source_.folder};
    }
    for (const std::string& family : families) {
      const auto handle = source_.handle_of(family);
      if (!handle) return handle.error();
      File& file = files_[family];
      file.handle = *handle;
      file.path = folder / (family + ".sst");
      const rocksdb::Options options(db_options({}), how.of(family));
      file.writer = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), options, *handle);
      const rocksdb::Status opened = file.writer->Open(file.path);
      if (!opened.ok()) return write_error(opened, source_.folder);
    }
    return done();
  }

  Status add(std::string_view family, std::string_view key, std::string_view value) override {
    const auto file = files_.find(family);
    const rocksdb::Status status = file == files_.end()
                                       ? rocksdb::Status::InvalidArgument("no family of this load")
                                       : file->second.writer->Put(slice(key), slice(value));
    if (status.ok()) {
      ++file->second.rows;
      return done();
    }
    if (!status.IsInvalidArgument()) return write_error(status, source_.folder);
    return Error{ErrorKind::integrity, "load-order",
                 "a load into " + std::string(family) + " got the key '" + std::string(key) +
                     "' out of order: " + status.ToString(),
                 source_.folder};
  }

  Status erase(std::string_view family, std::string_view key) override {
    const auto file = files_.find(family);
    if (file == files_.end()) return add(family, key, {});
    const rocksdb::Status status = file->second.writer->Delete(slice(key));
    if (!status.ok()) return write_error(status, source_.folder);
    ++file->second.rows;
    return done();
  }

  Status commit() override {
    std::vector<rocksdb::IngestExternalFileArg> files;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    for (auto& [name, file] : files_) {
      if (file.rows == 0) continue;
      const rocksdb::Status finished = file.writer->Finish();
      if (!finished.ok()) return write_error(finished, source_.folder);
      rocksdb::IngestExternalFileArg& one = files.emplace_back();
      one.column_family = file.handle;
      one.external_files = {file.path};
      one.options.move_files = true;
      handles.push_back(file.handle);
    }
    if (files.empty()) return done();
    // 7.8.3 can misorder what is ingested against what still lies in memory.
    const rocksdb::Status flushed = source_.db->Flush({}, handles);
    if (!flushed.ok()) return write_error(flushed, source_.folder);
    const rocksdb::Status ingested = source_.db->IngestExternalFiles(files);
    if (!ingested.ok()) return write_error(ingested, source_.folder);
    return done();
  }

 private:
  struct File {
    rocksdb::ColumnFamilyHandle* handle = nullptr;
    std::string path;
    std::unique_ptr<rocksdb::SstFileWriter> writer;
    std::int64_t rows = 0;
  };
  Source source_;
  std::map<std::string, File, std::less<>> files_;
};

}  // namespace

Result<std::unique_ptr<Load>> begin_load_into(Source source, std::span<const std::string> families,
                                              const FamilyOptions& how) {
  auto load = std::make_unique<RocksLoad>(std::move(source));
  if (auto opened = load->open(families, how); !opened) return opened.error();
  return std::unique_ptr<Load>(std::move(load));
}

}  // namespace lastkm::store

#include "engine/runtime/directory_log.h"

#include "engine/record/canonical.h"
#include "engine/record/digest.h"

namespace lastkm::runtime {

DirectoryLog::DirectoryLog(log::EventLog& log, std::string source)
    : log_(log), source_(std::move(source)), contexts_{std::make_shared<const directory::Context>()} {}

Status DirectoryLog::refresh() const {
  const std::lock_guard lock(mutex_);
  return refresh_locked();
}

Status DirectoryLog::refresh_locked() const {
  while (true) {
    std::vector<log::StoredRecord> records;
    if (auto read = log_.read(log::Topic::directory, 0, next_offset_, 64, 16U << 20U, records); !read)
      return read;
    if (records.empty()) return done();
    for (const log::StoredRecord& stored : records) {
      auto document = record::decode_document(stored.record.value);
      if (!document) return document.error();
      // Two processes published at once: the later one has asked for another ordinal.
      if (document->ordinal.value < static_cast<std::int64_t>(contexts_.size())) {
        next_offset_ = stored.offset + 1;
        continue;
      }
      if (document->ordinal.value != static_cast<std::int64_t>(contexts_.size())) {
        return Error{ErrorKind::integrity, "directory-gap",
                     "the directory log has ordinal " + std::to_string(document->ordinal.value) + " where " +
                         std::to_string(contexts_.size()) + " is next",
                     ""};
      }
      if (record::hex(record::sha256(record::canonical(document->content))) != document->sha256) {
        return Error{ErrorKind::integrity, "document-damaged",
                     "document '" + document->id + "' (directory ordinal " +
                         std::to_string(document->ordinal.value) +
                         ") is not the one that was published: its SHA-256 differs",
                     ""};
      }
      auto context = directory::with_document(contexts_.back(), *document);
      if (!context) return context.error();
      contexts_.push_back(std::move(*context));
      documents_.push_back(std::move(*document));
      next_offset_ = stored.offset + 1;
    }
  }
}

std::shared_ptr<const directory::Context> DirectoryLog::at(DirectoryOrdinal ordinal) const {
  const std::lock_guard lock(mutex_);
  const auto index = static_cast<std::size_t>(ordinal.value);
  if (index >= contexts_.size() && !refresh_locked()) return nullptr;
  return index < contexts_.size() ? contexts_[index] : nullptr;
}

std::shared_ptr<const directory::Context> DirectoryLog::newest() const {
  const std::lock_guard lock(mutex_);
  return contexts_.back();
}

std::vector<record::Document> DirectoryLog::documents() const {
  const std::lock_guard lock(mutex_);
  return documents_;
}

Result<record::Document> DirectoryLog::publish(const Value& content, Instant now) {
  for (const rules::Finding& finding : directory::check(content)) {
    if (finding.severity == "error") {
      return Error{ErrorKind::bad_input, finding.code, finding.text, finding.pointer};
    }
  }
  const std::lock_guard lock(mutex_);
  record::Document document;
  document.kind = content.text("kind");
  document.id = content.text("id");
  document.version = content.number("version", 1);
  document.content = content;
  document.sha256 = record::hex(record::sha256(record::canonical(content)));
  document.published_at = now;
  while (true) {
    // Read back, for another process may have got the ordinal; and then asked again with the next.
    if (auto fresh = refresh_locked(); !fresh) return fresh.error();
    for (const record::Document& earlier : documents_) {
      if (earlier.sha256 == document.sha256 && earlier.kind == document.kind && earlier.id == document.id)
        return earlier;
    }
    document.ordinal = DirectoryOrdinal(static_cast<std::int64_t>(contexts_.size()));
    if (auto context = directory::with_document(contexts_.back(), document); !context) return context.error();
    std::string value = record::encode(document, source_);
    if (value.size() > record::kMaxRecordBytes)
      return Error{ErrorKind::bad_input, "too-large", "the document is larger than a record may be (8 MiB)",
                   ""};
    const log::Append append{log::Topic::directory, 0,
                             log::Record{document.kind + "/" + document.id, std::move(value), {}}};
    if (auto offsets = log_.append(std::span(&append, 1), log::Durability::synced); !offsets)
      return offsets.error();
  }
}

}  // namespace lastkm::runtime

#include "engine/runtime/directory_log.h"

#include "engine/record/canonical.h"
#include "engine/record/digest.h"

namespace lastkm::runtime {

namespace {

const record::Document* find_same(const std::vector<record::Document>& documents,
                                  const record::Document& wanted) {
  for (const record::Document& one : documents) {
    if (one.sha256 == wanted.sha256 && one.kind == wanted.kind && one.id == wanted.id) return &one;
  }
  return nullptr;
}

}  // namespace

DirectoryLog::DirectoryLog(log::EventLog& log, std::string source)
    : log_(log), source_(std::move(source)), contexts_{std::make_shared<const directory::Context>()} {}

Status DirectoryLog::refresh() const {
  const std::lock_guard lock(mutex_);
  return refresh_locked({});
}

Status DirectoryLog::refresh_locked(std::vector<Appended> appended) const {
  auto own = appended.begin();
  while (true) {
    std::vector<log::StoredRecord> records;
    if (auto read = log_.read(log::Topic::directory, 0, next_offset_, 64, 16U << 20U, records); !read)
      return read;
    if (records.empty()) return done();
    for (const log::StoredRecord& stored : records) {
      if (own != appended.end() && own->value == stored.record.value &&
          own->document.ordinal.value == static_cast<std::int64_t>(contexts_.size())) {
        contexts_.push_back(std::move(own->context));
        documents_.push_back(std::move(own->document));
        next_offset_ = stored.offset + 1;
        ++own;
        continue;
      }
      // What another process has published comes before; so no context that was foreseen is right.
      own = appended.end();
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

std::shared_ptr<const directory::Context> DirectoryLog::at(DirectoryOrdinal ordinal,
                                                           std::optional<Error>* unread) const {
  const std::lock_guard lock(mutex_);
  const auto index = static_cast<std::size_t>(ordinal.value);
  if (index >= contexts_.size()) {
    if (const auto fresh = refresh_locked({}); !fresh) {
      if (unread != nullptr) *unread = fresh.error();
      return nullptr;
    }
  }
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

Result<std::vector<record::Document>> DirectoryLog::publish(std::span<const Value> contents, Instant now) {
  std::vector<record::Document> wanted;
  for (const Value& content : contents) {
    for (const rules::Finding& finding : directory::check(content)) {
      if (finding.severity == "error")
        return Error{ErrorKind::bad_input, finding.code, finding.text, finding.pointer};
    }
    record::Document document;
    document.kind = content.text("kind");
    document.id = content.text("id");
    document.version = content.number("version", 1);
    document.content = content;
    document.sha256 = record::hex(record::sha256(record::canonical(content)));
    document.published_at = now;
    wanted.push_back(std::move(document));
  }
  const std::lock_guard lock(mutex_);
  if (auto fresh = refresh_locked({}); !fresh) return fresh.error();
  while (true) {
    std::vector<record::Document> out;
    std::vector<Appended> appended;
    std::vector<log::Append> appends;
    auto context = contexts_.back();
    for (record::Document& document : wanted) {
      const record::Document* earlier = find_same(documents_, document);
      if (earlier == nullptr) earlier = find_same(out, document);
      if (earlier != nullptr) {
        out.push_back(record::Document(*earlier));
        continue;
      }
      document.ordinal = DirectoryOrdinal(context->ordinal.value + 1);
      auto next = directory::with_document(context, document);
      if (!next) return next.error();
      context = std::move(*next);
      std::string value = record::encode(document, source_);
      if (value.size() > record::kMaxRecordBytes) {
        return Error{ErrorKind::bad_input, "too-large",
                     "the document " + document.id + " is larger than a record may be (8 MiB)", ""};
      }
      appends.push_back(
          {log::Topic::directory, 0, log::Record{document.kind + "/" + document.id, value, {}}});
      appended.push_back({std::move(value), document, context});
      out.push_back(document);
    }
    if (appends.empty()) return out;
    if (auto offsets = log_.append(appends, log::Durability::synced); !offsets) return offsets.error();
    // Read back, for another process may have got the ordinals; what is not there is asked again with the
    // next.
    if (auto fresh = refresh_locked(std::move(appended)); !fresh) return fresh.error();
  }
}

}  // namespace lastkm::runtime

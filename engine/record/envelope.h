// What the records have in common: the CloudEvents envelope, and members by name with an error that says
// which.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/base/value.h"
#include "engine/record/writer.h"

namespace lastkm::record {

inline constexpr std::string_view kCommandType = "org.lastkm.command.v1";
inline constexpr std::string_view kDecisionType = "org.lastkm.decision.v1";
inline constexpr std::string_view kOwnerStartedType = "org.lastkm.owner-started.v1";
inline constexpr std::string_view kDocumentType = "org.lastkm.document.v1";

/// The envelope around `data`, as canonical JSON.
[[nodiscard]] std::string wrap(std::string_view type, std::string_view source, std::string_view id,
                               std::string_view subject, Instant time, Object data);
/// The same in two steps: begins the record; its data, an object in canonical JSON, is appended by the
/// caller; ends it and gives it away.
void begin_record(Writer& out);
[[nodiscard]] std::string end_record(Writer& out, std::string_view type, std::string_view source,
                                     std::string_view id, std::string_view subject, Instant time);
/// Most records are smaller.
inline constexpr std::size_t kRecordBytes = 1536;
void append_time(Writer& out, Instant time);  ///< with its quotes
/// Parses the bytes and demands the type; "unknown-type" where the record is of another one.
[[nodiscard]] Result<Value> unwrap(std::string_view bytes, std::string_view type);

/// The type of a record that is one of this engine's, whatever its version; "" where it is not.
[[nodiscard]] std::string own_type(std::string_view bytes);

/// Reads members of one object and remembers the first that is missing or of the wrong type.
class Members {
 public:
  Members(const Value& object, std::string_view what) : object_(object), what_(what) {}
  std::string text(std::string_view name);  ///< "" where absent
  std::string demand_text(std::string_view name);
  std::int64_t demand_number(std::string_view name);
  std::int64_t number(std::string_view name, std::int64_t otherwise);
  bool flag(std::string_view name);
  Instant demand_time(std::string_view name);
  const Value* any(std::string_view name) const { return object_.find(name); }
  /// A copy of the member; null where absent.
  Value copy(std::string_view name) const;
  [[nodiscard]] bool good() const { return wrong_.empty(); }
  [[nodiscard]] Error error() const;
  void fail(std::string_view name);

 private:
  const Value& object_;
  std::string what_;
  std::string wrong_;
};

}  // namespace lastkm::record

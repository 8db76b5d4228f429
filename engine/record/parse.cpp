#include "engine/record/parse.h"

#include <simdjson.h>

#include "engine/record/command.h"

namespace lastkm::record {

namespace {

namespace dom = simdjson::dom;

Error undecodable(std::string why) {
  return Error{ErrorKind::integrity, "undecodable", "the record is no JSON of this system: " + std::move(why), ""};
}

/// False, with the reason in `why`, where the element cannot be a Value.
bool convert(const dom::element& element, Value& out, std::string& why) {
  switch (element.type()) {
    case dom::element_type::OBJECT: {
      Object object;
      for (const auto [name, member] : dom::object(element)) {
        Value value;
        if (!convert(member, value, why)) return false;
        if (!object.add(std::string(name), std::move(value))) {
          why = "member '" + std::string(name) + "' stands twice";
          return false;
        }
      }
      out = Value(std::move(object));
      return true;
    }
    case dom::element_type::ARRAY: {
      Array array;
      for (const dom::element item : dom::array(element)) {
        if (!convert(item, array.emplace_back(), why)) return false;
      }
      out = Value(std::move(array));
      return true;
    }
    case dom::element_type::STRING: out = Value(std::string_view(element)); return true;
    case dom::element_type::INT64: out = Value(std::int64_t(element)); return true;
    case dom::element_type::BOOL: out = Value(bool(element)); return true;
    case dom::element_type::NULL_VALUE: out = Value(); return true;
    case dom::element_type::UINT64:
    case dom::element_type::DOUBLE: why = "a number is no 64-bit integer"; return false;
  }
  why = "an element of unknown type";
  return false;
}

}  // namespace

Result<Value> parse(std::string_view bytes) {
  // Buffers are reused between calls on a thread; nothing of a document outlives the call.
  thread_local dom::parser parser;
  if (bytes.size() > kMaxRecordBytes) return undecodable("larger than any record may be");
  dom::element root;
  // The depth of simdjson counts the root as one.
  if (parser.allocate(std::max<std::size_t>(bytes.size(), 64), kMaxDepth + 1) != simdjson::SUCCESS) {
    return undecodable("no memory to read it");
  }
  const simdjson::error_code code = parser.parse(bytes.data(), bytes.size()).get(root);
  if (code != simdjson::SUCCESS) return undecodable(simdjson::error_message(code));
  Value value;
  std::string why;
  if (!convert(root, value, why)) return undecodable(std::move(why));
  return value;
}

}  // namespace lastkm::record

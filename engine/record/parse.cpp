#include "engine/record/parse.h"

#include <algorithm>

#include "engine/record/ordered.h"

namespace lastkm::record {

namespace {

namespace dom = simdjson::dom;

Error undecodable(std::string why) {
  return Error{ErrorKind::integrity, "undecodable", "the record is no JSON of this system: " + std::move(why),
               ""};
}

}  // namespace

bool convert(const dom::element& element, Value& out, std::string& why) {
  switch (element.type()) {
    case dom::element_type::OBJECT: {
      Object& object = out.become<Object>();
      for (const auto [name, member] : dom::object(element)) {
        Value* const value = object.add(name);
        if (value == nullptr) {
          // What is wrong in it is said first, as it always was: refusals hold this text.
          Value other;
          if (!convert(member, other, why)) return false;
          why = "member '" + std::string(name) + "' stands twice";
          return false;
        }
        if (!convert(member, *value, why)) return false;
      }
      return true;
    }
    case dom::element_type::ARRAY: {
      Array& array = out.become<Array>();
      array.reserve(dom::array(element).size());
      for (const dom::element item : dom::array(element)) {
        if (!convert(item, array.emplace_back(), why)) return false;
      }
      return true;
    }
    case dom::element_type::STRING:
      out.become<std::string>(std::string_view(element));
      return true;
    case dom::element_type::INT64:
      out.become<std::int64_t>(std::int64_t(element));
      return true;
    case dom::element_type::BOOL:
      out.become<bool>(bool(element));
      return true;
    case dom::element_type::NULL_VALUE:
      out = Value();
      return true;
    case dom::element_type::UINT64:
    case dom::element_type::DOUBLE:
      why = "a number is no 64-bit integer";
      return false;
  }
  why = "an element of unknown type";
  return false;
}

simdjson::error_code read_root(std::string_view bytes, dom::element& root) {
  // Buffers are reused between calls on a thread, and grow to the largest record that it has read.
  thread_local dom::parser parser;
  if (bytes.size() > kMaxRecordBytes) return simdjson::CAPACITY;
  // The depth of simdjson counts the root as one.
  const std::size_t room = std::max<std::size_t>(bytes.size(), 4096);
  if (parser.capacity() < room || parser.max_depth() != kMaxDepth + 1) {
    if (const auto failed = parser.allocate(room, kMaxDepth + 1)) return failed;
  }
  return parser.parse(bytes.data(), bytes.size()).get(root);
}

Result<Value> parse(std::string_view bytes) {
  if (bytes.size() > kMaxRecordBytes) return undecodable("larger than any record may be");
  dom::element root;
  const simdjson::error_code code = read_root(bytes, root);
  if (code != simdjson::SUCCESS) return undecodable(simdjson::error_message(code));
  Value value;
  std::string why;
  if (!convert(root, value, why)) return undecodable(std::move(why));
  return value;
}

}  // namespace lastkm::record

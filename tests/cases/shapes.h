// What JSON Schemas of records have in common: codes, sealed boxes, and how a test compares a file with what
// a table says.
#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "engine/base/value.h"
#include "projections/explain/document_text.h"

namespace lastkm::shapes {

namespace fs = std::filesystem;

inline Object text() {
  return {{"type", "string"}, {"pattern", "^[!-~]{0,128}$"}};
}

/// {"sealed","key","commit"}, see engine/privacy/vault.h; beside a text also its "sketch", see
/// engine/privacy/sketch.h.
inline Object sealed_box() {
  return {{"type", "object"},
          {"additionalProperties", false},
          {"required", Array{"commit", "key", "sealed"}},
          {"properties", Object{{"commit", Object{{"type", "string"}, {"pattern", "^[0-9a-f]{64}$"}}},
                                {"key", Object{{"type", "string"}, {"minLength", 1}}},
                                {"sketch", Object{{"type", "string"}, {"minLength", 1}}},
                                {"sealed", Object{{"type", "string"}, {"pattern", "^[A-Za-z0-9_-]+$"}}}}}};
}

inline Object ref(const char* name) {
  return {{"$ref", std::string("#/definitions/") + name}};
}

/// What may stand anywhere in a record: codes, numbers and sealed boxes, never plain text.
inline Object definitions() {
  return {
      {"sealed", sealed_box()},
      {"held", Object{{"anyOf", Array{text(), Object{{"type", Array{"boolean", "integer", "null"}}},
                                      ref("sealed"), Object{{"type", "array"}, {"items", ref("held")}},
                                      Object{{"type", "object"}, {"additionalProperties", ref("held")}}}}}}};
}

inline std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Whether the files are to be written anew instead.
inline bool writing() {
  return std::getenv("LASTKM_WRITE_SCHEMAS") != nullptr;
}

/// The file is, byte for byte, what the table says; or becomes it.
inline void expect(const fs::path& path, Object schema) {
  const std::string wanted = explain::document_text(Value(std::move(schema))).text;
  if (writing()) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << wanted;
  }
  INFO(path << " is not as the table has it; LASTKM_WRITE_SCHEMAS=1 test_cases \"[schemas]\" writes it");
  CHECK(read(path) == wanted);
}

/// The folder holds so many files and no other.
inline void expect_files(const fs::path& folder, std::size_t count) {
  std::size_t found = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder))
    found += entry.is_regular_file();
  CHECK(found == count);
}

}  // namespace lastkm::shapes

// schemas/events holds a JSON Schema for the data of every event type; they are made from the table of event
// types. LASTKM_WRITE_SCHEMAS=1 writes them anew after a change of the table.
#include <catch2/catch.hpp>
#include <filesystem>

#include "engine/cases/evolve.h"
#include "projections/explain/phrases.h"
#include "tests/cases/shapes.h"
#include "tests/source_folder.h"

using namespace lastkm;

namespace {

namespace fs = std::filesystem;
using shapes::definitions;
using shapes::ref;
using shapes::text;

Object shape_of(const cases::EventMember& member) {
  const std::string& kind = member.kind;
  if (kind == "text") return text();
  if (kind == "integer") return {{"type", "integer"}};
  if (kind == "boolean") return {{"type", "boolean"}};
  if (kind == "bodies") return {{"type", "array"}, {"items", text()}};
  if (kind == "scores")
    return {{"type", "object"},
            {"additionalProperties", Object{{"type", "integer"}, {"minimum", 0}, {"maximum", 100}}}};
  if (kind == "co_handlers") {
    return {{"type", "array"},
            {"items", Object{{"anyOf", Array{text(), Object{{"type", "object"},
                                                            {"additionalProperties", false},
                                                            {"required", Array{"body"}},
                                                            {"properties",
                                                             Object{{"body", text()}, {"due", text()}}}}}}}}};
  }
  if (kind == "sealed") {
    // A caller's parts are sealed one by one.
    return {{"anyOf", Array{ref("sealed"), Object{{"type", "object"},
                                                  {"minProperties", 1},
                                                  {"additionalProperties", ref("sealed")}}}}};
  }
  REQUIRE(kind == "any");
  return ref("held");
}

Object schema_of(const cases::EventType& type) {
  Object properties;
  Array required;
  for (const cases::EventMember& member : type.members) {
    properties.set(member.name, shape_of(member));
    if (member.required) required.emplace_back(member.name);
  }
  Object out{{"$schema", "http://json-schema.org/draft-07/schema#"},
             {"$id", "https://lastkm.org/schemas/events/" + type.name + ".v1.schema.json"},
             {"title", "Data of " + type.name + ", version 1"},
             {"type", "object"},
             {"properties", std::move(properties)},
             {"additionalProperties", ref("held")},
             {"definitions", definitions()}};
  if (const auto phrase = explain::phrase_of_event(type.name))
    out.set("description", std::string(phrase->en) + " / " + std::string(phrase->zh));
  if (!required.empty()) out.set("required", std::move(required));
  return out;
}

/// Those of a lane, which no case has.
std::vector<cases::EventType> all_types() {
  std::vector<cases::EventType> types = cases::event_types();
  types.push_back({"ClockAdvanced", {}});
  types.push_back({"DeciderActivated", {{"version", "integer", true}}});
  types.push_back({"DirectoryActivated", {{"ordinal", "integer", true}}});
  types.push_back({"FollowUpsNoted", {{"lane", "integer", true}, {"number", "integer", true}}});
  return types;
}

}  // namespace

TEST_CASE("schemas/events says of every event type what the table says", "[schemas]") {
  const fs::path folder = fs::path(test::source_folder()) / "schemas" / "events";
  for (const cases::EventType& type : all_types()) {
    shapes::expect(folder / (type.name + ".v1.schema.json"), schema_of(type));
  }
  shapes::expect_files(folder, all_types().size());
}

TEST_CASE("every event type can be explained in a file note", "[schemas]") {
  for (const cases::EventType& type : cases::event_types()) {
    INFO(type.name);
    const auto phrase = explain::phrase_of_event(type.name);
    REQUIRE(phrase);
    CHECK(!phrase->zh.empty());
    CHECK(!phrase->en.empty());
  }
}

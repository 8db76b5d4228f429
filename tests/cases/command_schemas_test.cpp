// schemas/commands holds a JSON Schema for the input of every command: those of each shipped workflow in a
// folder of its name, made from the document; those of the engine itself in `engine`. LASTKM_WRITE_SCHEMAS=1
// writes them anew.
#include <catch2/catch.hpp>
#include <filesystem>

#include "engine/rules/workflow.h"
#include "tests/cases/shapes.h"
#include "tests/cases/world.h"
#include "tests/source_folder.h"

using namespace lastkm;

namespace {

namespace fs = std::filesystem;
using rules::Field;
using rules::FieldKind;
using shapes::ref;

Object matching(const char* pattern) {
  return {{"type", "string"}, {"pattern", pattern}};
}
Object code() {
  return matching("^[A-Za-z0-9][A-Za-z0-9_.:/@-]{0,63}$");
}
Object one_of(const std::vector<std::string>& codes) {
  Array all;
  for (const std::string& one : codes) all.emplace_back(one);
  return {{"enum", std::move(all)}};
}
Object record_of(Object properties, Array required) {
  return {{"type", "object"},
          {"additionalProperties", false},
          {"required", std::move(required)},
          {"properties", std::move(properties)}};
}
Object list_of(const Field& field, Object items, bool unique = false) {
  Object out{{"type", "array"}, {"items", std::move(items)}};
  if (field.min > 0) out.set("minItems", field.min);
  if (field.max != INT64_MAX) out.set("maxItems", field.max);
  if (unique) out.set("uniqueItems", true);
  return out;
}
Object number(const Field& field) {
  Object out{{"type", "integer"}};
  if (field.min != INT64_MIN) out.set("minimum", field.min);
  if (field.max != INT64_MAX) out.set("maximum", field.max);
  return out;
}

Object shape_of(const Field& field, const std::vector<std::string>& clocks) {
  switch (field.kind) {
    case FieldKind::code:
      return field.one_of.empty() ? code() : one_of(field.one_of);
    case FieldKind::text:
      return ref("sealed");
    case FieldKind::caller:
      return {{"anyOf", Array{ref("sealed"), Object{{"type", "object"},
                                                    {"minProperties", 1},
                                                    {"additionalProperties", false},
                                                    {"properties", Object{{"name", ref("sealed")},
                                                                          {"phone", ref("sealed")}}}}}}};
    case FieldKind::integer:
      return number(field);
    case FieldKind::boolean:
      return {{"type", "boolean"}};
    case FieldKind::time:
      return matching(
          "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})$");
    case FieldKind::date:
      return matching("^[0-9]{4}-[0-9]{2}-[0-9]{2}$");
    case FieldKind::place:
      return matching("^[0-9]{1,19}$");
    case FieldKind::clock:
      return one_of(clocks);
    case FieldKind::body:
    case FieldKind::category:
    case FieldKind::person:
      return code();
    case FieldKind::bodies:
      return list_of(field, code(), true);
    case FieldKind::co_handlers:
      return list_of(field, record_of({{"body", code()}, {"due", Object{{"type", "string"}}}}, {"body"}));
    case FieldKind::evidence:
      return list_of(
          field, record_of({{"sha256", matching("^[0-9A-Fa-f]{64}$")}, {"mime", matching("^[^/]+/[^/]+$")}},
                           {"sha256", "mime"}));
    case FieldKind::scores:
      return {{"type", "object"},
              {"additionalProperties", Object{{"type", "integer"}, {"minimum", 0}, {"maximum", 100}}}};
    case FieldKind::value:
      return {{"anyOf", Array{code(), Object{{"type", Array{"boolean", "integer"}}}, ref("sealed")}}};
  }
  return {};
}

/// What another case sends on: its number between the two lanes, who asks, and what a refusal is answered
/// with.
Object asked_by_a_case(Object fields) {
  const Object whole{{"type", "integer"}, {"minimum", 0}};
  return record_of({{"follow_up", record_of({{"lane", whole}, {"number", whole}}, {"lane", "number"})},
                    {"from", matching("^[0-9a-f]{32}$")},
                    {"input", std::move(fields)},
                    {"refused", code()}},
                   {"follow_up", "from", "input"});
}

Object titled(const std::string& folder, const std::string& name, const std::string& description,
              const Object& shape) {
  Object out{{"$schema", "http://json-schema.org/draft-07/schema#"},
             {"$id", "https://lastkm.org/schemas/commands/" + folder + "/" + name + ".schema.json"},
             {"title", "Input of " + name},
             {"description", description}};
  for (const Member& member : shape) out.set(member.name, member.value);
  out.set("definitions", shapes::definitions());
  return out;
}

std::size_t expect_commands(const fs::path& folder, const std::string& name) {
  const auto reading = rules::read_workflow(cases::from_file("schemas/workflows/" + name + ".json"), "");
  REQUIRE(reading.workflow);
  std::vector<std::string> clocks;
  for (const rules::ClockRule& clock : reading.workflow->clocks) clocks.push_back(clock.id);
  for (const rules::CommandRule& command : reading.workflow->commands) {
    Object properties;
    Array required;
    for (const Field& field : command.fields) {
      properties.set(field.name, shape_of(field, clocks));
      if (field.required) required.emplace_back(field.name);
    }
    Object fields = record_of(std::move(properties), std::move(required));
    shapes::expect(folder / name / (command.name + ".schema.json"),
                   titled(name, command.name, command.title.en + " / " + command.title.zh,
                          command.from_cases ? asked_by_a_case(std::move(fields)) : fields));
  }
  return reading.workflow->commands.size();
}

}  // namespace

TEST_CASE("schemas/commands says of every command what its input is", "[schemas]") {
  const fs::path folder = fs::path(test::source_folder()) / "schemas" / "commands";
  std::size_t files = expect_commands(folder, "three-party") + expect_commands(folder, "beijing");
  const Object ordinal{{"type", "integer"}, {"minimum", 0}};
  const Object nothing = record_of({}, {});
  const std::vector<std::tuple<std::string, std::string, Object>> own = {
      {"Activate", "Puts the documents up to an ordinal, or a version of the decider, into force in a lane",
       Object{{"type", "object"},
              {"additionalProperties", false},
              {"minProperties", 1},
              {"properties",
               Object{{"directory", ordinal}, {"decider", ordinal}, {"from", Object{{"type", "string"}}}}}}},
      {"AdvanceClock", "Moves the virtual clock", nothing},
      {"ClockDue", "Wakes a case in which something has fallen due", nothing},
      {"FollowUpsSent", "Notes up to which number a lane has sent what it asks of another",
       record_of({{"lane", ordinal}, {"number", ordinal}}, {"lane", "number"})},
      {"MigrateCase", "Puts a case under another workflow, or another version of its own",
       record_of({{"workflow", code()}, {"version", ordinal}, {"stage", code()}}, {"workflow", "version"})},
  };
  for (const auto& [name, description, shape] : own) {
    shapes::expect(folder / "engine" / (name + ".schema.json"), titled("engine", name, description, shape));
    ++files;
  }
  shapes::expect_files(folder, files);
}

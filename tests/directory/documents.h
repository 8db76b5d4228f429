// Documents for the tests of this folder: the shipped ones, and small ones made on the spot.
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "engine/directory/context.h"
#include "engine/json/read.h"
#include "engine/record/canonical.h"
#include "engine/record/digest.h"
#include "tests/source_folder.h"

namespace lastkm::directory {

inline Value parsed(const std::string& text) {
  return json::read_value(text, "test").value();
}

inline Value shipped(const std::string& name) {
  std::ifstream file(lastkm::test::source_folder() + "/schemas/directory/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return json::read_value(text.str(), name).value();
}

inline const std::vector<std::string>& shipped_names() {
  static const std::vector<std::string> names = {
      "calendar-2025-2026.json", "catalogue.json",       "departments.json", "bailianchi-places.json",
      "bailianchi-bodies.json",  "compound-places.json", "compounds.json"};
  return names;
}

inline record::Document published(const Value& content, std::int64_t ordinal) {
  return {.ordinal = DirectoryOrdinal(ordinal),
          .kind = std::string(content.text("kind")),
          .id = std::string(content.text("id")),
          .version = content.number("version"),
          .sha256 = record::hex(record::sha256(record::canonical(content))),
          .published_at = Instant{ordinal},
          .content = content};
}

inline std::shared_ptr<const Context> after(const std::shared_ptr<const Context>& before,
                                            const Value& content) {
  const std::int64_t ordinal = before == nullptr ? 1 : before->ordinal.value + 1;
  return with_document(before, published(content, ordinal)).value();
}

inline std::shared_ptr<const Context> with_shipped() {
  std::shared_ptr<const Context> context;
  for (const std::string& name : shipped_names()) context = after(context, shipped(name));
  return context;
}

/// A bodies document with one body of each kind given, at a place.
inline Value bodies(const std::string& id, std::int64_t version, const std::vector<std::string>& kinds,
                    const std::string& place = "510108", const std::string& title = "x") {
  Array list;
  for (const std::string& kind : kinds) {
    list.push_back(Object{{"id", kind + "-" + place},
                          {"kind", kind},
                          {"place", place},
                          {"title", Object{{"zh", title}, {"en", title}}},
                          {"roles", Array{"HANDLER"}}});
  }
  return Object{{"kind", "bodies"}, {"id", id}, {"version", version}, {"bodies", list}};
}

}  // namespace lastkm::directory

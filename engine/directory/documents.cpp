#include "engine/directory/documents.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace lastkm::directory {
namespace {

using Need = Fields::Need;

/// The lengths of division codes: province, city, district, street, community, compound, building.
constexpr std::array<std::size_t, 7> kCodeLengths = {2, 4, 6, 9, 12, 16, 19};

bool is_place_code(std::string_view code) {
  return std::find(kCodeLengths.begin(), kCodeLengths.end(), code.size()) != kCodeLengths.end() &&
         std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string place_code(Fields& fields, std::string_view name) {
  std::string code = fields.code(name);
  if (!code.empty() && !is_place_code(code)) {
    fields.fault(name, "bad-place-code",
                 "'" + code + "' is no place code of 2, 4, 6, 9, 12, 16 or 19 digits");
  }
  return code;
}

rules::Bilingual title(Fields& fields, Faults& faults, Need need = Need::required) {
  const Value* held = fields.value("title", need);
  if (held == nullptr) return {};
  Fields both(*held, fields.at("title"), faults);
  rules::Bilingual out{both.text("zh"), both.text("en")};
  both.end();
  return out;
}

/// What all documents have: kind, id, version, and words about them.
void header(Fields& fields, Faults& faults) {
  static_cast<void>(fields.code("kind"));
  static_cast<void>(fields.code("id"));
  static_cast<void>(fields.integer("version", 1, INT64_MAX));
  static_cast<void>(title(fields, faults, Need::optional));
  static_cast<void>(fields.text("note", Need::optional));
  static_cast<void>(fields.text("source", Need::optional));
  static_cast<void>(fields.flag("fictional", false));
}

/// Reads the list `name` entry by entry; entries whose key was seen before are faults.
template <class T, class Read, class Key>
std::vector<T> entries(const Value& document, std::string_view name, Faults& faults, Read read, Key key) {
  std::vector<T> out;
  Fields fields(document, "", faults);
  header(fields, faults);
  const Array* list = fields.list(name);
  fields.end();
  if (list == nullptr) return out;
  if (list->empty()) fields.fault(name, "empty-list", "at least one entry is needed");
  out.reserve(list->size());
  std::unordered_set<std::string> seen;
  for (std::size_t i = 0; i < list->size(); ++i) {
    Fields entry((*list)[i], child(fields.at(name), i), faults);
    T value = read(entry, faults);
    entry.end();
    const std::string& id = key(value);
    if (!id.empty() && !seen.insert(id).second) {
      faults.push_back({"duplicate-id", entry.pointer(), "'" + id + "' stands twice in the document"});
    }
    out.push_back(std::move(value));
  }
  return out;
}

Body read_body(Fields& fields, Faults& faults) {
  Body body;
  body.id = BodyId(fields.code("id"));
  body.kind = fields.code("kind");
  body.place = place_code(fields, "place");
  body.title = title(fields, faults);
  body.roles = fields.codes("roles");
  static_cast<void>(fields.text("note", Need::optional));
  if (!body.id.value.empty() && !body.kind.empty() && !body.place.empty() &&
      body.id.value != body.kind + "-" + body.place) {
    fields.fault("id", "bad-body-id",
                 "'" + body.id.value + "' must be kind and place: " + body.kind + "-" + body.place);
  }
  return body;
}

Place read_place(Fields& fields, Faults& faults) {
  Place place;
  place.code = place_code(fields, "code");
  place.title = title(fields, faults);
  place.level = fields.code("level");
  static_cast<void>(fields.text("note", Need::optional));
  return place;
}

std::optional<calendar::Amount> read_amount(Fields& category, Faults& faults) {
  const Value* held = category.value("action", Need::optional);
  if (held == nullptr) return std::nullopt;
  Fields fields(*held, category.at("action"), faults);
  const auto n = fields.integer("n", 1, 10000);
  const std::string name = fields.code("unit");
  fields.end();
  const auto unit = calendar::unit_of(name);
  if (!name.empty() && !unit) fields.fault("unit", "bad-unit", "'" + name + "' is none of NM NH ND WM WH WD");
  if (!n || !unit) return std::nullopt;
  return calendar::Amount{*n, *unit};
}

/// Codes of the category in other people's code systems. True where there is one.
bool read_codes(Fields& category, Faults& faults) {
  const Array* list = category.list("codes", Need::optional);
  if (list == nullptr) return false;
  for (std::size_t i = 0; i < list->size(); ++i) {
    Fields fields((*list)[i], child(category.at("codes"), i), faults);
    static_cast<void>(fields.code("system"));
    static_cast<void>(fields.code("code"));
    static_cast<void>(fields.code("confidence", Need::optional));
    fields.end();
  }
  return !list->empty();
}

Category read_category(Fields& fields, Faults& faults) {
  Category category;
  category.id = fields.code("id");
  category.title = title(fields, faults);
  category.type = fields.code("type");
  category.urgency = fields.code("urgency");
  category.responsible = fields.codes("responsible");
  category.co_handlers = fields.codes("co_handlers", Need::optional);
  category.whistle = fields.codes("whistle", Need::optional);
  category.coded = read_codes(fields, faults);
  const bool has_action = fields.value("action", Need::optional) != nullptr;
  category.action = read_amount(fields, faults);
  category.action_is_handling = fields.flag("action_is_handling", false);
  category.evidence_required = fields.flag("evidence_required", true);
  category.taken_back = fields.flag("taken_back", false);
  category.about_conduct = fields.flag("about_conduct", false);
  static_cast<void>(fields.codes("vote", Need::optional));
  static_cast<void>(fields.code("street", Need::optional));
  for (const std::string_view words : {"responsible_note", "vote_note", "limit_note", "basis"}) {
    static_cast<void>(fields.text(words, Need::optional));
  }
  if (category.responsible.empty() && fields.value("responsible", Need::optional) != nullptr) {
    fields.fault("responsible", "empty-list", "at least one kind of body must be responsible");
  }
  if (category.action_is_handling && !has_action) {
    fields.fault("action_is_handling", "bad-value",
                 "there is no action limit that could be the handling limit");
  }
  return category;
}

}  // namespace

std::vector<Body> read_bodies(const Value& document, Faults& faults) {
  return entries<Body>(document, "bodies", faults, read_body,
                       [](const Body& body) -> const std::string& { return body.id.value; });
}

std::vector<Place> read_places(const Value& document, Faults& faults) {
  return entries<Place>(document, "places", faults, read_place,
                        [](const Place& place) -> const std::string& { return place.code; });
}

std::vector<Category> read_catalogue(const Value& document, Faults& faults) {
  return entries<Category>(document, "categories", faults, read_category,
                           [](const Category& category) -> const std::string& { return category.id; });
}

}  // namespace lastkm::directory

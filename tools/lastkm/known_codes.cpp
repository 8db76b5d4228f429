#include "tools/lastkm/known_codes.h"

#include <algorithm>
#include <array>
#include <vector>

#include "engine/rules/vocabulary.h"
#include "projections/query/queries.h"
#include "tools/lastkm/nearest.h"

namespace lastkm::tool {

namespace {

using Codes = std::set<std::string, std::less<>>;

/// The members `name` of what stands in the lists `list` of the documents.
Codes listed(const runtime::Engine& engine, std::string_view list, std::string_view name) {
  Codes codes;
  for (const record::Document& document : engine.documents()) {
    const Value* held = document.content.find(list);
    if (held == nullptr || held->if_array() == nullptr) continue;
    for (const Value& one : *held->if_array()) codes.emplace(one.text(name));
  }
  return codes;
}

Codes stages(const runtime::Engine& engine, std::string_view /*name*/) {
  return listed(engine, "stages", "id");
}
Codes categories(const runtime::Engine& engine, std::string_view /*name*/) {
  return listed(engine, "categories", "id");
}
Codes bodies(const runtime::Engine& engine, std::string_view /*name*/) {
  return listed(engine, "bodies", "id");
}
Codes places(const runtime::Engine& engine, std::string_view /*name*/) {
  return listed(engine, "places", "code");
}

/// What commands take in a field of this name.
Codes taken(const runtime::Engine& engine, std::string_view name) {
  Codes codes;
  for (const rules::Workflow* workflow : engine.published()->all_workflows()) {
    for (const rules::CommandRule& command : workflow->commands) {
      for (const rules::Field& field : command.fields) {
        if (field.name == name) codes.insert(field.one_of.begin(), field.one_of.end());
      }
    }
  }
  return codes;
}

/// What a fact of the case may be.
Codes held(const runtime::Engine& engine, std::string_view name) {
  Codes codes;
  for (const rules::Workflow* workflow : engine.published()->all_workflows()) {
    const auto fact = rules::vocabulary_for(*workflow, nullptr).fact("case." + std::string(name));
    if (fact) codes.insert(fact->one_of.begin(), fact->one_of.end());
  }
  return codes;
}

Codes channels(const runtime::Engine& engine, std::string_view /*name*/) {
  return worded_codes(engine);
}

Codes workflows(const runtime::Engine& engine, std::string_view /*name*/) {
  Codes codes;
  for (const rules::Workflow* workflow : engine.published()->all_workflows()) {
    codes.insert(workflow->id);
    codes.insert(workflow->id + "@" + std::to_string(workflow->version));
  }
  return codes;
}

struct Kind {
  std::string_view name;      ///< of the term
  std::string_view what;      ///< it asks for
  std::string_view document;  ///< kind of the documents that know it
  Codes (*codes)(const runtime::Engine& engine, std::string_view name);
};
constexpr std::array<Kind, 11> kKinds = {{{"stage", "stage", "workflow", stages},
                                          {"type", "type", "workflow", taken},
                                          {"category", "category", "catalogue", categories},
                                          {"urgency", "urgency", "workflow", taken},
                                          {"channel", "channel", "workflow", channels},
                                          {"lead", "body", "bodies", bodies},
                                          {"holder", "body", "bodies", bodies},
                                          {"card", "card", "workflow", held},
                                          {"workflow", "workflow", "workflow", workflows},
                                          {"place", "place", "places", places},
                                          {"community", "place", "places", places}}};

/// Whether it is a place, one stands under it, or it would be a part of one: of what lies below its finest
/// places the directory says nothing.
bool is_place(const Codes& codes, std::string_view code) {
  const auto has_under = [&codes](std::string_view above) {
    const auto next = codes.upper_bound(above);
    return next != codes.end() && next->starts_with(above);
  };
  if (codes.contains(code) || has_under(code)) return true;
  for (std::string_view above = code; !above.empty(); above.remove_suffix(1)) {
    if (codes.contains(above)) return !has_under(above);
  }
  return false;
}

bool knows(const Kind& kind, const Codes& codes, std::string_view code) {
  return kind.what == "place" ? is_place(codes, code) : codes.contains(code);
}

/// What else a code is; nullptr: nothing. The words of workflows name more than channels.
const Kind* other_kind(const runtime::Engine& engine, const Kind& than, std::string_view code) {
  for (const Kind& kind : kKinds) {
    if (kind.what != than.what && kind.codes != channels && knows(kind, kind.codes(engine, kind.name), code))
      return &kind;
  }
  return nullptr;
}

/// Of a term "stage=…"; nullptr where it asks for no code.
const Kind* kind_of(std::string_view term) {
  const std::string_view name = term.substr(0, term.find('='));
  const auto* const kind =
      std::find_if(kKinds.begin(), kKinds.end(), [name](const Kind& k) { return k.name == name; });
  return kind == kKinds.end() ? nullptr : kind;
}

}  // namespace

std::set<std::string, std::less<>> worded_codes(const runtime::Engine& engine) {
  Codes codes;
  for (const record::Document& document : engine.documents()) {
    const Value* words = document.content.find("words");
    if (words == nullptr || words->if_object() == nullptr) continue;
    for (const Member& word : *words->if_object()) codes.insert(word.name);
  }
  return codes;
}

Status check_term(const runtime::Engine& engine, std::string_view term) {
  const Kind* kind = kind_of(term);
  if (kind == nullptr) return done();
  const std::string_view code = projections::meant_key(term.substr(kind->name.size() + 1));
  if (code.empty()) return done();
  const Codes codes = kind->codes(engine, kind->name);
  if (knows(*kind, codes, code)) return done();
  const std::string what(kind->what);
  std::string text = (is_complete(term) ? "There is no " : "No workflow knows the ") + what + " " +
                     std::string(code) + ", and no case has " + std::string(term);
  // Codes of one kind differ by little: a letter of four may be misspelt.
  const std::string near = nearest(code, codes, std::max<std::size_t>(code.size() / 4, 1));
  if (const Kind* other = other_kind(engine, *kind, code)) {
    text += "; " + std::string(code) + " is a " + std::string(other->what) + ".";
  } else {
    text += near.empty() ? "." : "; did you mean " + near + "?";
  }
  return Error{ErrorKind::not_found, "unknown-" + what,
               text + " `lastkm directory list` names the documents of kind " + std::string(kind->document) +
                   ", `lastkm directory show ID` their codes.",
               ""};
}

bool is_complete(std::string_view term) {
  const Kind* kind = kind_of(term);
  return kind != nullptr && kind->document != "workflow";
}

}  // namespace lastkm::tool

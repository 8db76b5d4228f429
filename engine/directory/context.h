// What is in force in a lane: every document version up to one directory ordinal. Immutable; shared by lanes;
// the only source of rules and registers that `decide` has. Pure.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/base/value.h"
#include "engine/calendar/calendar.h"
#include "engine/record/decision.h"
#include "engine/rules/workflow.h"

namespace lastkm::directory {

struct Body {
  BodyId id;
  std::string kind;   ///< "PSC", "STREET", "COMMUNITY_PARTY" …
  std::string place;  ///< place code
  rules::Bilingual title;
  std::vector<std::string> roles;  ///< that its people may play
};

struct Place {
  std::string code;  ///< 6, 9, 12, 16 digits: district, street, community, compound
  rules::Bilingual title;
  std::string level;
};

struct Category {
  std::string id;  ///< "C01"
  rules::Bilingual title;
  std::string type;                      ///< ENQUIRY | HELP | SUGGESTION | COMPLAINT | REPORT
  std::string urgency;                   ///< CRITICAL | URGENT | NORMAL
  std::vector<std::string> responsible;  ///< kinds of bodies; more than one: the dispatcher chooses
  std::vector<std::string> co_handlers;
  std::vector<std::string> whistle;
  bool coded = false;  ///< has a component or event code: is checked on site before the call-back
  std::optional<calendar::Amount> action;  ///< its own limit
  bool action_is_handling = false;         ///< that limit is the handling limit
  bool evidence_required = true;
  bool taken_back = false;  ///< duties taken back by departments: street and community may not lead
  bool about_conduct = false;
};

template <class T>
class Register;  // register.h

/// Documents of one kind with different ids add up; a newer version of an id replaces all that the older one
/// said. Where two ids speak of the same body, place or category, the document published last is heard.
class Context {
 public:
  DirectoryOrdinal ordinal;

  [[nodiscard]] const Body* find_body(const BodyId& id) const;
  /// The body of a kind that is responsible for a place: the one at the longest prefix of the place code.
  /// nullptr: none.
  [[nodiscard]] const Body* body_for(std::string_view kind, std::string_view place) const;
  /// The place, or the nearest place above a finer code (building level at most: 19 digits).
  /// nullptr where the code is no 1 to 19 digits, or nothing above it is in force.
  [[nodiscard]] const Place* find_place(std::string_view code) const;
  [[nodiscard]] const Category* find_category(std::string_view id) const;
  /// The calendar that was published last; nullptr: none.
  [[nodiscard]] const calendar::Calendar* working_calendar() const;
  [[nodiscard]] const rules::Workflow* find_workflow(std::string_view id, std::int64_t version) const;
  /// The newest version of each workflow, the one published last first.
  [[nodiscard]] const std::vector<const rules::Workflow*>& newest_workflows() const;
  /// Of every workflow every version.
  [[nodiscard]] std::vector<const rules::Workflow*> all_workflows() const;
  /// Minutes east of UTC for texts; 480 where no calendar is in force.
  [[nodiscard]] std::int32_t offset_minutes() const;
  /// Every document in force (the newest version of each id), sorted by kind and id.
  struct Entry {
    std::string kind, id, sha256;
    std::int64_t version = 0;
    DirectoryOrdinal ordinal;
  };
  [[nodiscard]] const std::vector<Entry>& documents() const;

 private:
  friend class ContextBuilder;
  // Shared with the contexts before and after: a document replaces only what it speaks of.
  std::shared_ptr<const Register<Body>> bodies_;
  std::shared_ptr<const Register<Place>> places_;
  std::shared_ptr<const Register<Category>> categories_;
  std::shared_ptr<const calendar::Calendar> calendar_;
  std::map<std::pair<std::string, std::int64_t>, std::shared_ptr<const rules::Workflow>> workflows_;
  std::vector<const rules::Workflow*> newest_;
  std::vector<Entry> documents_;
};

/// Checks a document by its kind (bodies, places, catalogue, calendar, workflow) and says all that is wrong
/// with it. No error among the findings: it can be published. What other documents say is not known here: a
/// body's place may be published later. With the roles that bodies play, a workflow is held against them too.
[[nodiscard]] std::vector<rules::Finding> check(const Value& document,
                                                const std::set<std::string>* played = nullptr);

/// The context after one more document: shares what has not changed with `before`.
/// refused "bad-document" where check() finds an error, or the content is of another kind, id or version than
/// the document says; refused "stale-version" where the id is in force with this version or a newer one,
/// unless the content is the same (then only the ordinal moves). `before` may be null: nothing in force.
[[nodiscard]] Result<std::shared_ptr<const Context>> with_document(
    const std::shared_ptr<const Context>& before, const record::Document& document);

}  // namespace lastkm::directory

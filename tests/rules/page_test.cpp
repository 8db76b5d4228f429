// What schemas/workflow.md says of event types, held against the table that the program works with.
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <sstream>

#include "engine/base/sealed_names.h"
#include "engine/rules/event_facts.h"
#include "engine/rules/names.h"
#include "tests/source_folder.h"

using namespace lastkm;
using namespace lastkm::rules;

namespace {

std::string page() {
  std::ifstream file(lastkm::test::source_folder() + "/schemas/workflow.md");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Said {
  std::string members, facts;
  bool operator==(const Said&) const = default;
};

std::vector<std::string> cells(const std::string& row) {
  std::vector<std::string> out;
  std::istringstream in(row.substr(1));
  for (std::string cell; std::getline(in, cell, '|');) {
    std::erase(cell, '`');
    const std::size_t begin = cell.find_first_not_of(' ');
    out.push_back(begin == std::string::npos ? ""
                                             : cell.substr(begin, cell.find_last_not_of(' ') + 1 - begin));
  }
  return out;
}

/// The rows of every table whose columns are "members" and "facts that it changes", by event type.
std::map<std::string, Said> said_by(const std::string& text) {
  std::map<std::string, Said> out;
  std::istringstream in(text);
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.find("| members | facts that it changes |") != std::string::npos) {
      inside = true;
      continue;
    }
    inside = inside && line.starts_with("|");
    if (!inside || line.starts_with("|--")) continue;
    const std::vector<std::string> row = cells(line);
    INFO(line);
    REQUIRE(row.size() == 3);
    std::istringstream types(row[0]);
    for (std::string type; types >> type;) CHECK(out.emplace(type, Said{row[1], row[2]}).second);
  }
  return out;
}

std::string written(const EventMember& member) {
  return member.name + (member.kind == "text" ? "" : ":" + member.kind) + (member.required ? "!" : "");
}

}  // namespace

TEST_CASE("workflow.md: the members of each event, which are required, and the facts that it changes") {
  const std::map<std::string, Said> said = said_by(page());
  CHECK(said.size() > 80);
  for (const auto& [type, row] : said) {
    INFO(type);
    CHECK(is_event(type));
    std::string members;
    for (const EventMember& member : members_of(type))
      members += (members.empty() ? "" : " ") + written(member);
    CHECK(row == Said{members, std::string(facts_changed_by(type))});
  }
  for (const std::string_view type : event_types()) {
    INFO(type);
    CHECK(said.contains(std::string(type)) == is_event(type));
  }
}

TEST_CASE("workflow.md: the names that are reserved, and the form of names") {
  const std::string text = page();
  std::string reserved;
  std::vector<std::string_view> names(kReporterNames.begin(), kReporterNames.end());
  names.insert(names.end(), kNarrativeNames.begin(), kNarrativeNames.end());
  std::sort(names.begin(), names.end());
  for (std::size_t i = 0; i < names.size(); ++i)
    reserved += std::string(i == 0                  ? ""
                            : i + 1 == names.size() ? " or "
                                                    : ", ") +
                "`" + std::string(names[i]) + "`";
  CHECK(text.find("Whatever is called " + reserved) != std::string::npos);
}

TEST_CASE("names: each form takes its own and no other") {
  struct Row {
    NameForm form;
    std::vector<std::string> good, bad;
  };
  const std::vector<Row> rows = {
      {NameForm::id, {"a", "S-1", "re_shelf"}, {"", "1st", "two words", "a.b", "_a", "é"}},
      {NameForm::command, {"S", "SignCase"}, {"sign", "Sign1", "Sign_Case", "Sign-Case"}},
      {NameForm::role, {"A", "CALL_AGENT"}, {"agent", "_A", "A1", "CALL-AGENT"}},
      {NameForm::field, {"n", "parts_days", "a1"}, {"N", "1a", "parts-days", "_a"}},
      {NameForm::refusal, {"no-proof", "x1"}, {"NO_PROOF", "no_proof", "-x", "1x"}},
  };
  for (const Row& row : rows) {
    INFO(words_for(row.form));
    for (const std::string& name : row.good) CHECK(is_name(name, row.form));
    for (const std::string& name : row.bad) CHECK_FALSE(is_name(name, row.form));
    const std::string longest(64, row.form == NameForm::command || row.form == NameForm::role ? 'A' : 'a');
    CHECK(is_name(longest, row.form));
    CHECK_FALSE(is_name(longest + longest.front(), row.form));
  }
}

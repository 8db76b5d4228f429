#include "tools/lastkm/verb.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <limits>
#include <utility>

namespace lastkm::tool {

namespace {
/// Who gives an empty text has most likely lost the value on the way, as by a variable that is not set.
constexpr const char* kNotEmpty = "NOT-EMPTY";

CLI::Option* not_empty(CLI::Option* option) {
  return option->check(CLI::Validator(
      [](const std::string& text) { return text.empty() ? "an empty text was given" : ""; }, "", kNotEmpty));
}
}  // namespace

Option& Option::required() {
  option_->required();
  return *this;
}

Option& Option::one_of(std::vector<std::string> values) {
  option_->check(CLI::IsMember(std::move(values)));
  return *this;
}

Option& Option::between(std::int64_t least, std::int64_t most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

Option& Option::with_default() {
  option_->capture_default_str();
  return *this;
}

Option& Option::called(const std::string& name) {
  option_->type_name(name);
  return *this;
}

Option& Option::may_be_empty() {
  option_->get_validator(kNotEmpty)->active(false);
  return *this;
}

Option& Option::not_with(const Option& other) {
  option_->excludes(other.option_);
  return *this;
}

Option& Option::hidden() {
  option_->group("");
  return *this;
}

Verb Verb::verb(const std::string& name, const std::string& help) {
  return Verb(app_->add_subcommand(name, help));
}

void Verb::needs_verb() {
  app_->require_subcommand(1);
}

Option Verb::option(const std::string& name, std::string& target, const std::string& help) {
  return Option(not_empty(app_->add_option(name, target, help)));
}

Option Verb::option(const std::string& name, std::optional<std::string>& target, const std::string& help) {
  return Option(app_->add_option_function<std::string>(
      name, [&target](const std::string& text) { target = text; }, help));
}

Option Verb::option(const std::string& name, std::vector<std::string>& target, const std::string& help) {
  return Option(not_empty(app_->add_option(name, target, help)));
}

Option Verb::option(const std::string& name, std::int32_t& target, const std::string& help) {
  return Option(app_->add_option(name, target, help));
}

Option Verb::option(const std::string& name, std::int64_t& target, const std::string& help) {
  return Option(app_->add_option(name, target, help));
}

Option Verb::option(const std::string& name, std::uint64_t& target, const std::string& help) {
  // Read as one without a sign, -1 would be a very large number.
  CLI::Option* option = app_->add_option(name, target, help);
  option->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()).description(""));
  return Option(option);
}

Option Verb::flag(const std::string& name, bool& target, const std::string& help) {
  return Option(app_->add_flag(name, target, help));
}

std::string Verb::name() const {
  return app_->get_name();
}

std::vector<Verb> Verb::verbs() const {
  std::vector<Verb> out;
  for (CLI::App* verb : app_->get_subcommands([](const CLI::App*) { return true; })) out.emplace_back(verb);
  return out;
}

std::string Verb::help() const {
  return app_->get_description();
}

namespace {

/// "{system,virtual}" in the type's name: what may be given.
std::string choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const auto open = type.find('{');
  const auto close = type.rfind('}');
  if (open == std::string::npos || close == std::string::npos || close < open) return "";
  std::string words = type.substr(open + 1, close - open - 1);
  std::replace(words.begin(), words.end(), ',', ' ');
  return words;
}

}  // namespace

std::vector<OptionWords> Verb::options() const {
  std::vector<OptionWords> out;
  for (const CLI::Option* option : std::as_const(*app_).get_options()) {
    for (const std::string& name : option->get_lnames()) {
      out.push_back(
          {name, option->get_description(), choices_of(*option), option->get_items_expected_max() > 0});
    }
  }
  return out;
}

std::set<std::string> Verb::valued_options() const {
  std::set<std::string> out;
  for (const OptionWords& option : options()) {
    if (option.takes_value) out.insert("--" + option.name);
  }
  for (const Verb& verb : verbs()) out.merge(verb.valued_options());
  return out;
}

}  // namespace lastkm::tool

// A verb of the command line and its options, without the parser that stands behind them: that one is a
// header of its own weight, and only verb.cpp and program.cpp read it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace lastkm::tool {

/// What is expected of an option. Each returns itself, so that they can be said one after another.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}
  Option& required();
  Option& one_of(std::vector<std::string> values);
  Option& between(std::int64_t least, std::int64_t most);
  /// Shows the value that the target holds now as the default.
  Option& with_default();
  /// How the value is called in the help text.
  Option& called(const std::string& name);
  /// An empty text says the same as leaving it out.
  Option& may_be_empty();
  /// Not to be given together with that one.
  Option& not_with(const Option& other);
  /// Left out of the help text.
  Option& hidden();

 private:
  CLI::Option* option_;
};

/// What a completion knows of an option.
struct OptionWords {
  std::string name;  ///< without dashes: "json"
  std::string help;
  std::string choices;  ///< what may be given, with blanks between; empty: anything
  bool takes_value = false;
};

/// A verb, or a group of verbs. Targets must outlive the program.
class Verb {
 public:
  explicit Verb(CLI::App* app) : app_(app) {}

  /// A verb of this verb.
  Verb verb(const std::string& name, const std::string& help);
  /// Does nothing by itself: one of its verbs must follow.
  void needs_verb();

  /// Texts are not empty, unless may_be_empty() says so.
  Option option(const std::string& name, std::string& target, const std::string& help);
  /// An empty text is a text too.
  Option option(const std::string& name, std::optional<std::string>& target, const std::string& help);
  Option option(const std::string& name, std::vector<std::string>& target, const std::string& help);
  Option option(const std::string& name, std::int32_t& target, const std::string& help);
  Option option(const std::string& name, std::int64_t& target, const std::string& help);
  Option option(const std::string& name, std::uint64_t& target, const std::string& help);
  Option flag(const std::string& name, bool& target, const std::string& help);

  [[nodiscard]] std::string name() const;
  [[nodiscard]] std::vector<Verb> verbs() const;
  [[nodiscard]] std::string help() const;
  /// Its options that have a long name.
  [[nodiscard]] std::vector<OptionWords> options() const;
  /// Those of them and of its verbs' that a value follows, with their dashes: "--data".
  [[nodiscard]] std::set<std::string> valued_options() const;
  [[nodiscard]] CLI::App& app() const { return *app_; }

 private:
  CLI::App* app_;
};

}  // namespace lastkm::tool

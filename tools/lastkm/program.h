// The command line: verbs with their options, and which one was chosen. Built anew for each call, also for
// those that reach a served folder through its socket.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tools/lastkm/session.h"
#include "tools/lastkm/verb.h"

namespace lastkm::tool {

using Action = std::function<Result<Exit>(Session&)>;

/// What a verb needs of the data folder.
enum class Needs : std::uint8_t {
  nothing,
  folder,      ///< opened here, or asked of the process that serves it
  own_folder,  ///< opened here, never through a socket
  any_folder,  ///< as folder, where one is named
};

class Program {
 public:
  Program();
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  Verb verb(const std::string& name, const std::string& help) { return root().verb(name, help); }
  /// What the verb does.
  void on(Verb verb, Needs needs, Action action);

  /// Runs the verb that the arguments name (without the program's own name). Errors are told on the error
  /// stream. An answer that could not be written to its end is one, no less than Exit::refused, unless who
  /// read it has gone.
  [[nodiscard]] Exit run(const std::vector<std::string>& arguments, const Streams& streams,
                         Folder* served = nullptr);

  /// The program itself: its verbs, and the options that every verb takes.
  [[nodiscard]] Verb root() const { return Verb(app_.get()); }

 private:
  Exit answer(const std::vector<std::string>& arguments, const Streams& streams, Folder* served);
  void add_log_options();
  [[nodiscard]] Exit parse(const std::vector<std::string>& arguments, const Streams& streams);
  std::unique_ptr<CLI::App> app_;
  Options options_;
  Needs needs_ = Needs::nothing;
  Action action_;
};

/// Says what was wrong, where, and what to do.
void tell(std::ostream& err, const Style& style, const Error& error);

}  // namespace lastkm::tool

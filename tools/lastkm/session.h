// What a verb works with: its streams, the options that every verb has, and the data folder, opened when
// first asked for.
#pragma once

#include <functional>
#include <istream>
#include <memory>
#include <mutex>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/base/value.h"
#include "engine/runtime/engine.h"
#include "projections/query/queries.h"
#include "tools/lastkm/exit_code.h"
#include "tools/lastkm/table.h"

namespace lastkm::tool {

/// Where a caller's words come from and go to: this process's, or a socket's.
struct Streams {
  std::istream* in = nullptr;
  std::ostream* out = nullptr;
  std::ostream* err = nullptr;
  std::function<bool()> out_is_closed = {};  ///< whether who reads it has gone; empty: not known
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  std::string cwd;     ///< what relative paths are relative to
  std::string locale;  ///< of the caller, as LC_ALL, LC_MESSAGES or LANG name it; may be empty
  int columns = 0;     ///< of the caller's terminal; 0: unknown
};

/// Options of every verb.
struct Options {
  std::string data;
  bool data_is_named = false;  ///< with --data, and not by the environment alone
  bool json = false;
  bool quiet = false;
  bool progress = false;
  bool verbose = false;
  std::string colour = "auto";
  std::string log;  ///< "", "embedded" or "kafka"
  runtime::LogPlace place;
  std::vector<std::string>
      wait_for;  ///< "LANE:ORDINAL": what the views have to reflect before they are asked
  std::int64_t wait_ms = 5000;
  bool positions = false;  ///< say on the error stream which ordinals an answer reflects
};

/// A data folder in use: the engine, and views that follow it.
class Folder {
 public:
  /// Errors of open_engine.
  [[nodiscard]] static Result<std::unique_ptr<Folder>> open(const runtime::EngineOptions& options);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] runtime::Engine& engine() { return *engine_; }
  /// Opens the views where that is still to do. Thread-safe.
  [[nodiscard]] Result<projections::ReadSide*> read_side();

 private:
  [[nodiscard]] projections::ReadSideOptions read_side_options();
  std::string path_;
  bool serving_ = false;
  std::function<void(const Error&)> on_failure_;
  std::unique_ptr<runtime::Engine> engine_;
  std::mutex mutex_;
  std::unique_ptr<projections::ReadSide> read_side_;
};

/// unknown_outcome "read-failed": a file or the input broke off; `handled` is a sentence that says what
/// became of what had come.
[[nodiscard]] Error read_failed(const std::string& where, const std::string& handled);

class Session {
 public:
  /// `served` is the folder that this process serves, or nullptr: then the folder is opened for this session
  /// alone.
  Session(Streams streams, Options options, Folder* served);

  [[nodiscard]] std::ostream& out() { return *streams_.out; }
  [[nodiscard]] std::ostream& err() { return *streams_.err; }
  [[nodiscard]] std::istream& in() { return *streams_.in; }
  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] bool json() const { return options_.json; }
  [[nodiscard]] const std::string& locale() const { return streams_.locale; }
  /// Columns to fill with sentences: those of the terminal, within 60 and 120; 100 where there is none.
  [[nodiscard]] std::size_t text_columns() const;
  [[nodiscard]] Style style() const;
  [[nodiscard]] Style error_style() const;
  [[nodiscard]] bool shows_progress() const;

  /// The options about Kafka with paths as the caller meant them.
  [[nodiscard]] runtime::LogPlace kafka_place() const;
  /// What --log and its companions say; nullopt: nothing.
  [[nodiscard]] Result<std::optional<runtime::LogPlace>> log_place() const;
  /// The path of the folder that this process serves, else of --data or LASTKM_DATA. bad_input "no-folder"
  /// where neither is given.
  [[nodiscard]] Result<std::string> data() const;
  [[nodiscard]] Result<Folder*> folder();
  /// Whether this process serves others too.
  [[nodiscard]] bool is_served() const { return is_served_; }
  [[nodiscard]] Result<runtime::Engine*> engine();
  /// The views, caught up with the log, and as far as --wait-for asks. unknown_outcome "views-behind" where
  /// that is not reached in time.
  [[nodiscard]] Result<projections::Queries*> queries();
  /// Minutes east of UTC for times in answers.
  [[nodiscard]] static std::int32_t offset_of(const runtime::Engine& engine);

  /// A path as the caller meant it.
  [[nodiscard]] std::string path(std::string_view given) const;
  /// refused "permission-denied" where this process may not read the file.
  [[nodiscard]] Status may_read(const std::string& file) const;
  /// The whole of a file, or of the input where the name is "-". not_found, refused "permission-denied",
  /// bad_input "too-large" (64 MiB), unknown_outcome "read-failed".
  [[nodiscard]] Result<std::string> read(std::string_view given);

  /// Says which ordinals the answer that follows reflects: to people how many decisions, before the table; to
  /// programs, and where --positions asks for it, {"positions":{"LANE":n}} on the error stream (with --json
  /// not where --quiet is given).
  void reflects(const projections::Positions& positions);
  /// The same of {"LANE":n}, as answers hold them.
  void reflects(const Value& positions);
  /// The same for programs and where --positions asks for it, with no line for people. Whether it was said.
  bool reflects_apart(const Value& positions);
  /// Holds until the views reflect what --wait-for names, where it names something; for verbs that do not ask
  /// the views.
  [[nodiscard]] Status wait_for();
  /// One JSON document on a line of its own.
  void print(const Value& value);

 private:
  [[nodiscard]] Status wait(projections::Projector& projector, std::int32_t lanes) const;
  Streams streams_;
  Options options_;
  Folder* folder_;
  const bool is_served_;
  std::unique_ptr<Folder> own_;
};

}  // namespace lastkm::tool

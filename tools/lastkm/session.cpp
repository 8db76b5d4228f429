#include "tools/lastkm/session.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "engine/log/check_files.h"
#include "engine/log/permission.h"
#include "engine/record/canonical.h"

namespace lastkm::tool {

Result<std::unique_ptr<Folder>> Folder::open(const runtime::EngineOptions& options) {
  auto engine = runtime::open_engine(options);
  if (!engine) return engine.error();
  auto folder = std::make_unique<Folder>();
  folder->path_ = options.folder;
  folder->serving_ = options.workers > 0;
  folder->on_failure_ = options.on_failure;
  folder->engine_ = std::move(*engine);
  return folder;
}

Result<projections::ReadSide*> Folder::read_side() {
  const std::lock_guard lock(mutex_);
  if (!read_side_) {
    const log::Use use = engine_->read_only() ? log::Use::read : log::Use::write;
    if (auto usable = log::check_files({path_ + "/views"}, use); !usable) return usable.error();
    auto opened = projections::open_read_side(engine_->log(), read_side_options());
    if (!opened) return opened.error();
    read_side_ = std::move(*opened);
  }
  return read_side_.get();
}

projections::ReadSideOptions Folder::read_side_options() {
  projections::ReadSideOptions options;
  options.folder = path_ + "/views";
  options.log_id = engine_->deployment().log_id;
  options.serving = serving_;
  options.read_only = engine_->read_only();
  options.on_failure = on_failure_;
  options.threads = std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 16);
  options.queries.offset_minutes = Session::offset_of(*engine_);
  options.queries.cursor_secret = engine_->vault().fingerprint("cursors of lists");
  options.queries.evaluations =
      [engine = engine_.get()](std::string_view workflow) -> std::optional<rules::Evaluation> {
    for (const record::Document& document : engine->documents()) {
      if (document.kind != "workflow" || document.id + "@" + std::to_string(document.version) != workflow)
        continue;
      Faults faults;  // it was published, so it has none
      return rules::read_evaluation(document.content.find("evaluation"), "/evaluation", faults);
    }
    return std::nullopt;
  };
  return options;
}

Session::Session(Streams streams, Options options, Folder* served)
    : streams_(std::move(streams)),
      options_(std::move(options)),
      folder_(served),
      is_served_(served != nullptr) {}

namespace {

bool wants_colours(const std::string& choice, bool terminal) {
  if (choice == "always") return true;
  return choice == "auto" && terminal && std::getenv("NO_COLOR") == nullptr;
}

}  // namespace

Style Session::style() const {
  return Style{!options_.json && wants_colours(options_.colour, streams_.out_is_terminal)};
}

Style Session::error_style() const {
  return Style{wants_colours(options_.colour, streams_.err_is_terminal)};
}

std::size_t Session::text_columns() const {
  if (streams_.columns <= 0) return 100;
  return static_cast<std::size_t>(std::clamp(streams_.columns, 60, 120));
}

bool Session::shows_progress() const {
  return options_.progress || (streams_.err_is_terminal && !options_.quiet);
}

Result<std::string> Session::data() const {
  if (is_served_) return folder_->path();
  if (!options_.data.empty()) return path(options_.data);
  return Error{ErrorKind::bad_input, "no-folder",
               "Which data folder? Give --data DIR or set LASTKM_DATA; `lastkm init DIR` makes a new one.",
               ""};
}

runtime::LogPlace Session::kafka_place() const {
  runtime::LogPlace place = options_.place;
  for (std::string* file : {&place.settings_file, &place.vault}) {
    if (!file->empty()) *file = std::filesystem::absolute(path(*file)).string();
  }
  return place;
}

namespace {
/// The option that means nothing for a log in the folder; empty: none was given.
std::string_view of_kafka_alone(const runtime::LogPlace& place) {
  if (!place.brokers.empty()) return "--brokers";
  if (place.prefix != runtime::LogPlace{}.prefix) return "--prefix";
  if (!place.settings_file.empty()) return "--kafka-config";
  return place.vault.empty() ? "" : "--vault";
}
}  // namespace

Result<std::optional<runtime::LogPlace>> Session::log_place() const {
  runtime::LogPlace place = kafka_place();
  place.on_kafka = options_.log == "kafka";
  if (place.on_kafka && place.brokers.empty())
    return Error{ErrorKind::bad_input, "usage", "Which brokers? --log kafka needs --brokers HOST:PORT,…", ""};
  const std::string_view stray = place.on_kafka ? "" : of_kafka_alone(place);
  if (!stray.empty()) {
    return Error{ErrorKind::bad_input, "usage",
                 std::string(stray) +
                     " says where a log on Kafka lies, and what goes with it: give --log kafka and --brokers "
                     "HOST:PORT,… too, or none of them where the folder knows its log",
                 ""};
  }
  if (options_.log.empty()) return std::optional<runtime::LogPlace>();
  return std::optional(std::move(place));
}

Result<Folder*> Session::folder() {
  if (folder_ != nullptr) return folder_;
  const auto where = data();
  if (!where) return where.error();
  auto place = log_place();
  if (!place) return place.error();
  auto opened = Folder::open({.folder = *where, .log = std::move(*place)});
  if (!opened) return opened.error();
  own_ = std::move(*opened);
  folder_ = own_.get();
  return folder_;
}

Result<runtime::Engine*> Session::engine() {
  const auto found = folder();
  if (!found) return found.error();
  return &(*found)->engine();
}

Result<projections::Queries*> Session::queries() {
  const auto found = folder();
  if (!found) return found.error();
  const auto side = (*found)->read_side();
  if (!side) return side.error();
  projections::Projector& projector = (*side)->projector();
  if (auto caught = projector.catch_up(); !caught) return caught.error();
  if (auto waited = wait(projector, (*found)->engine().deployment().lanes); !waited) return waited.error();
  return &(*side)->queries();
}

Status Session::wait_for() {
  if (options_.wait_for.empty()) return done();
  const auto waited = queries();
  return waited ? done() : Status(waited.error());
}

Status Session::wait(projections::Projector& projector, std::int32_t lanes) const {
  for (const std::string& given : options_.wait_for) {
    const std::size_t colon = given.find(':');
    std::int32_t lane = -1;
    std::int64_t ordinal = -1;
    const auto read = [&given](std::size_t from, std::size_t to, auto& number) {
      const auto [end, failed] = std::from_chars(given.data() + from, given.data() + to, number);
      return failed == std::errc{} && end == given.data() + to;
    };
    if (colon == std::string::npos || !read(0, colon, lane) || !read(colon + 1, given.size(), ordinal) ||
        lane < 0 || ordinal < 0) {
      return Error{ErrorKind::bad_input, "bad-position",
                   "'" + given + "': --wait-for takes LANE:ORDINAL, as `submit` answered them", ""};
    }
    if (lane >= lanes) {
      return Error{ErrorKind::bad_input, "bad-position",
                   "'" + given + "': the lanes of this deployment are 0 to " + std::to_string(lanes - 1), ""};
    }
    const Status waited =
        projector.wait_for(LaneId(lane), Ordinal(ordinal), std::chrono::milliseconds(options_.wait_ms));
    if (!waited) return waited;
  }
  return done();
}

std::int32_t Session::offset_of(const runtime::Engine& engine) {
  const auto context = engine.published();
  return context ? context->offset_minutes() : 480;
}

std::string Session::path(std::string_view given) const {
  const std::filesystem::path path(given);
  return path.is_absolute() || streams_.cwd.empty() ? path.string()
                                                    : (std::filesystem::path(streams_.cwd) / path).string();
}

Status Session::may_read(const std::string& file) const {
  auto may = log::check_permission(file, log::Use::read);
  if (may || !is_served_) return may;
  return Error{ErrorKind::refused, "permission-denied",
               "The process that serves the folder may not read " + file +
                   ": give it on the input (-), or put it where that process may read it.",
               file};
}

Error read_failed(const std::string& where, const std::string& handled) {
  return Error{ErrorKind::unknown_outcome, "read-failed", where + " could not be read to its end; " + handled,
               where};
}

namespace {

/// All that is left of it, and no more memory than the limit asks for.
Result<std::string> whole_of(std::istream& in, const std::string& where) {
  constexpr std::size_t max_bytes = 64U << 20U;
  std::string text;
  std::array<char, 65536> part;
  while (in.read(part.data(), part.size()), in.gcount() > 0) {
    text.append(part.data(), static_cast<std::size_t>(in.gcount()));
    if (text.size() > max_bytes)
      return Error{ErrorKind::bad_input, "too-large", where + " is larger than 64 MiB.", where};
  }
  if (in.bad()) return read_failed(where, "nothing was done with it.");
  return text;
}

}  // namespace

Result<std::string> Session::read(std::string_view given) {
  if (given == "-") return whole_of(in(), "The input");
  const std::string where = path(given);
  if (auto may = may_read(where); !may) return may.error();
  std::error_code failure;
  if (std::filesystem::is_directory(where, failure)) {
    return Error{ErrorKind::bad_input, "not-a-file", where + " is a folder; give a file, or - for the input.",
                 where};
  }
  std::ifstream file(where, std::ios::binary);
  if (!file)
    return Error{ErrorKind::not_found, "no-such-file", "There is no file " + where + " that can be read.",
                 where};
  return whole_of(file, where);
}

void Session::reflects(const projections::Positions& positions) {
  reflects(projections::to_value(positions));
}

void Session::reflects(const Value& positions) {
  if (reflects_apart(positions) || json()) return;
  std::int64_t decisions = 0;
  const Object& lanes = *positions.if_object();
  for (const Member& lane : lanes) decisions += positions.number(lane.name);
  const std::string of_lane = lanes.size() == 1 ? " of lane " + lanes.begin()->name : std::string();
  out() << style().dim("As of " + std::to_string(decisions) + " decisions" + of_lane + ".") << '\n';
}

bool Session::reflects_apart(const Value& positions) {
  if (!options_.positions && (!json() || options_.quiet)) return false;
  err() << record::canonical(Value(Object{{"positions", positions}})) << '\n';
  return true;
}

void Session::print(const Value& value) {
  out() << record::canonical(value) + '\n';
}

}  // namespace lastkm::tool

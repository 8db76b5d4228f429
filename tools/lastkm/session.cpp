#include "tools/lastkm/session.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/record/canonical.h"

namespace lastkm::tool {

Result<std::unique_ptr<Folder>> Folder::open(const std::string& path, int workers,
                                             std::optional<runtime::LogPlace> log,
                                             std::function<bool()> stand_by, std::function<void()> on_loss) {
  auto engine = runtime::open_engine(
      {.folder = path, .read_only = false, .workers = workers, .log = std::move(log),
       .stand_by = std::move(stand_by), .on_loss = std::move(on_loss)});
  if (!engine) return engine.error();
  auto folder = std::make_unique<Folder>();
  folder->path_ = path;
  folder->engine_ = std::move(*engine);
  return folder;
}

Result<projections::ReadSide*> Folder::read_side() {
  const std::lock_guard lock(mutex_);
  if (!read_side_) {
    auto opened =
        projections::open_read_side(engine_->log(), {.folder = path_ + "/views",
                                                     .log_id = engine_->deployment().log_id,
                                                     .offset_minutes = Session::offset_of(*engine_)});
    if (!opened) return opened.error();
    read_side_ = std::move(*opened);
  }
  return read_side_.get();
}

Session::Session(Streams streams, Options options, Folder* served)
    : streams_(std::move(streams)), options_(std::move(options)), folder_(served) {}

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

bool Session::shows_progress() const {
  return options_.progress || (streams_.err_is_terminal && !options_.quiet);
}

Result<std::string> Session::data() const {
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

Result<std::optional<runtime::LogPlace>> Session::log_place() const {
  runtime::LogPlace place = kafka_place();
  if (options_.log.empty() && !place.brokers.empty())
    return Error{ErrorKind::bad_input, "usage", "--brokers goes with --log kafka", ""};
  if (options_.log.empty()) return std::optional<runtime::LogPlace>();
  place.on_kafka = options_.log == "kafka";
  if (place.on_kafka && place.brokers.empty())
    return Error{ErrorKind::bad_input, "usage", "Which brokers? --log kafka needs --brokers HOST:PORT,…", ""};
  return std::optional(std::move(place));
}

Result<Folder*> Session::folder() {
  if (folder_ != nullptr) return folder_;
  const auto where = data();
  if (!where) return where.error();
  auto place = log_place();
  if (!place) return place.error();
  auto opened = Folder::open(*where, 0, std::move(*place));
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
  if (auto caught = (*side)->projector().catch_up(); !caught) return caught.error();
  return &(*side)->queries();
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

Result<std::string> Session::read(std::string_view given) {
  constexpr std::size_t kMaxBytes = 64U << 20U;
  if (given == "-") return std::string(std::istreambuf_iterator<char>(in()), {});
  const std::string where = path(given);
  std::error_code failure;
  if (std::filesystem::is_directory(where, failure)) {
    return Error{ErrorKind::bad_input, "not-a-file", where + " is a folder; give a file, or - for the input.",
                 where};
  }
  std::ifstream file(where, std::ios::binary);
  if (!file)
    return Error{ErrorKind::not_found, "no-such-file", "There is no file " + where + " that can be read.",
                 where};
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (text.size() > kMaxBytes) {
    return Error{ErrorKind::bad_input, "too-large", where + " is larger than 64 MiB.", where};
  }
  return text;
}

void Session::print(const Value& value) {
  std::string line;
  record::append_canonical(line, value);
  line += '\n';
  out() << line;
}

}  // namespace lastkm::tool

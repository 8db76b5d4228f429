#include "tools/lastkm/play.h"

#include <algorithm>
#include <array>

namespace lastkm::tool {

namespace {

constexpr std::int32_t kOffset = 480;

const std::vector<std::string>& words() {
  static const std::vector<std::string> kWords{"楼道里的问题已经三天没有人来处理，老人出入不便。",
                                               "晚上十点以后还在响，孩子没法睡觉，请尽快处理。",
                                               "已经向物业反映过两次，一直没有答复。",
                                               "情况比较急，请派人到现场看一下。",
                                               "希望社区组织大家商量一下，拿个办法出来。",
                                               "请问这件事该找哪个部门？需要带什么材料？"};
  return kWords;
}

/// How requests come in, in parts of a hundred.
struct Channel {
  const char* id;
  int share;
};
constexpr std::array<Channel, 7> kChannels{{{"CH-12345", 55},
                                            {"CH-GRID", 16},
                                            {"CH-CITY", 9},
                                            {"CH-OWN", 10},
                                            {"CH-110", 4},
                                            {"CH-PET", 3},
                                            {"CH-MEDIA", 3}}};

}  // namespace

Play::Play(runtime::Engine& engine, const PlayOptions& options)
    : engine_(&engine), options_(options), random_(options.seed) {}

Result<Play> Play::prepare(runtime::Engine& engine, const PlayOptions& options) {
  Play play(engine, options);
  if (auto cast = play.find_cast(); !cast) return cast.error();
  return play;
}

Status Play::find_cast() {
  const auto context = engine_->context(LaneId(0));
  for (const record::Document& document : engine_->documents()) {
    const Value* places = document.content.find("places");
    if (document.kind != "places" || places == nullptr || places->if_array() == nullptr) continue;
    for (const Value& place : *places->if_array()) {
      const Value* title = place.find("title");
      Place one{std::string(place.text("code")), std::string(title != nullptr ? title->text("zh") : "")};
      if (one.code.size() == 16) compounds_.push_back(one);
    }
  }
  for (int n = 1; n <= 99; ++n) {
    std::string id = std::string(n < 10 ? "C0" : "C") + std::to_string(n);
    if (context->find_category(id) != nullptr) categories_.push_back(std::move(id));
  }
  if (!compounds_.empty()) {
    const std::string& place = compounds_.front().code;
    if (const auto* hotline = context->body_for("HOTLINE", place)) hotline_ = hotline->id.value;
    if (const auto* center = context->body_for("DISTRICT_CENTER", place)) center_ = center->id.value;
  }
  if (categories_.empty() || hotline_.empty()) {
    return Error{ErrorKind::refused, "no-cast",
                 "What is in force has no compounds, categories or hotline to play with; first: lastkm "
                 "directory publish --shipped "
                 "--activate",
                 ""};
  }
  return done();
}

void Play::plan(Instant at, std::string who, std::optional<intake::Submission> request) {
  turns_.push(Turn{at, ++order_, std::move(who), std::move(request)});
}

intake::Submission Play::request(const std::string& category, const Place& place, Instant at) {
  const auto context = engine_->context(LaneId(0));
  const directory::Category* kind = context->find_category(category);
  std::int64_t roll = random_.between(0, 99);
  std::string channel = kChannels.front().id;
  for (const Channel& one : kChannels) {
    channel = one.id;
    roll -= one.share;
    if (roll < 0) break;
  }
  std::string actor = hotline_;
  const auto through = [&](const char* body_kind) {
    const directory::Body* body = context->body_for(body_kind, place.code);
    if (body == nullptr) return false;
    const bool agent = std::find(body->roles.begin(), body->roles.end(), "AGENT") != body->roles.end();
    if (agent) actor = body->id.value;
    return agent;
  };
  if (channel == "CH-GRID" && !through("GRID_WORKER")) through("GRID");
  if (channel == "CH-CITY") through("DISTRICT_CENTER");
  if (channel == "CH-OWN" && !through("COMMUNITY_PARTY")) through("RC");
  const bool anonymous = random_.percent(6);
  const std::int64_t door = random_.between(1, 6);
  Object data{{"type", kind->type},
              {"category", category},
              {"urgency", kind->urgency},
              {"place", place.code},
              {"text", place.title + "：" + kind->title.zh + "。" + random_.pick(words())},
              {"address", std::to_string(door) + "栋" + std::to_string(random_.between(1, 18)) + "楼"}};
  if (anonymous) {
    data.set("anonymous", true);
  } else {
    data.set("caller", Object{{"name", "居民" + std::to_string(random_.between(100, 999))},
                              {"phone", "028-0000" + std::to_string(random_.between(1000, 9999))}});
  }
  if (kind->about_conduct) {
    if (const auto* respondent = context->body_for("PSC", place.code))
      data.set("respondent", respondent->id.value);
    data.set("confidential", true);
  }
  intake::Submission submission = by(actor, "AGENT", "RegisterCase", std::move(data));
  submission.channel = channel;
  submission.reference =
      "D" + format_date(local_date(options_.start, kOffset)) + "-" + std::to_string(++references_);
  submission.at = at;
  return submission;
}

/// Every category once, then some far more often than others.
std::string Play::next_category() {
  if (dealt_ == 0) {
    for (std::size_t i = categories_.size(); i > 1; --i)
      std::swap(categories_[i - 1], categories_[random_.next() % i]);
  }
  if (dealt_ < categories_.size()) return categories_[dealt_++];
  return categories_[std::min(random_.next() % categories_.size(), random_.next() % categories_.size())];
}

void Play::plan_requests() {
  for (int day = 0; day < options_.days; ++day) {
    const Instant morning = options_.start + day * kMsPerDay;
    const bool weekend = weekday(local_date(morning, kOffset)) >= 5;
    const std::int64_t count =
        random_.between(options_.requests_per_day / 2, options_.requests_per_day * 3 / 2) *
        (weekend ? 6 : 10) / 10;
    for (std::int64_t i = 0; i < count; ++i) {
      const Instant at =
          morning + random_.between(-60, 15 * 60) * kMsPerMinute + random_.between(0, 59) * kMsPerSecond;
      const std::string category = next_category();
      const Place& place = random_.pick(compounds_);
      intake::Submission asked = request(category, place, at);
      if (random_.percent(5)) {  // the same call entered twice
        intake::Submission again = asked;
        again.at = at + random_.between(1, 240) * kMsPerMinute;
        plan(*again.at, "", again);
      } else if (random_.percent(4)) {  // the caller rings again and adds something
        intake::Submission more = asked;
        more.at = at + random_.between(30, 3000) * kMsPerMinute;
        more.data.if_object()->set(
            "text", std::string(asked.data.text("text")) + std::string("补充：今天又发生了一次。"));
        plan(*more.at, "", more);
      }
      plan(at, "", std::move(asked));
    }
  }
  // Two bad days: a burst main, and a power cut, each at one compound, everybody calls.
  for (const auto& [day, category] : {std::pair{9, "C07"}, std::pair{17, "C09"}}) {
    if (day >= options_.days ||
        std::find(categories_.begin(), categories_.end(), category) == categories_.end())
      continue;
    const Place& place = random_.pick(compounds_);
    const Instant from = options_.start + day * kMsPerDay + random_.between(0, 8 * 60) * kMsPerMinute;
    for (int i = 0; i < 25; ++i) {
      const Instant at = from + random_.between(0, 150) * kMsPerMinute;
      plan(at, "", request(category, place, at));
    }
  }
}

Result<runtime::Outcome> Play::send(intake::Submission submission, Instant at) {
  // The virtual clock may have moved on while others acted.
  submission.at = std::max(at, engine_->now());
  ++played_.commands;
  auto outcome = engine_->submit(std::span(&submission, 1)).front();
  if (!outcome) return outcome;
  switch (outcome->status) {
    case runtime::OutcomeStatus::accepted:
      ++played_.accepted;
      break;
    case runtime::OutcomeStatus::duplicate:
      ++played_.duplicates;
      break;
    case runtime::OutcomeStatus::rejected:
      ++played_.rejected;
      if (outcome->rejection) ++played_.refusals[outcome->rejection->code];
      break;
    case runtime::OutcomeStatus::recorded:
      break;
  }
  return outcome;
}

Status Play::turn(const Turn& turn) {
  if (!turn.request) return advance_case(turn);
  const auto outcome = send(*turn.request, turn.at);
  if (!outcome) return outcome.error();
  if (outcome->status != runtime::OutcomeStatus::accepted) return done();
  if (outcome->events.empty() || outcome->events.front().seq != 1) {
    ++played_.supplements;
    return done();
  }
  ++played_.cases;
  const auto state = engine_->find_case(outcome->aggregate.value);
  if (!state) return state.error();
  plan(when(*state, turn.at), outcome->aggregate.value);
  return done();
}

Status Play::advance_case(const Turn& turn) {
  const auto state = engine_->find_case(turn.who);
  if (!state) return state.error();
  auto next = step(*state, turn.at);
  if (!next) return done();
  next->case_id = turn.who;
  const auto outcome = send(std::move(*next), turn.at);
  if (!outcome) return outcome.error();
  if (outcome->status == runtime::OutcomeStatus::rejected) {
    // Somebody who may not do it yet tries again tomorrow, a few times.
    if (++unable_[turn.who] < 6) plan(turn.at + random_.between(12, 30) * kMsPerHour, turn.who);
    return done();
  }
  unable_.erase(turn.who);
  const auto after = engine_->find_case(turn.who);
  if (!after) return after.error();
  if (!after->ended) plan(when(*after, turn.at), turn.who);
  return done();
}

Result<Played> Play::run(const std::function<void(int day)>& progress) {
  plan_requests();
  const Instant end = options_.start + options_.days * kMsPerDay;
  while (!turns_.empty() && turns_.top().at < end) {
    const Turn next = turns_.top();
    turns_.pop();
    progress(static_cast<int>((next.at.ms - options_.start.ms) / kMsPerDay));
    if (auto taken = turn(next); !taken) return taken.error();
  }
  if (auto passed = engine_->advance(std::max(end, engine_->now())); !passed) return passed.error();
  progress(options_.days);
  return played_;
}

}  // namespace lastkm::tool

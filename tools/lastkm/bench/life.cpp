#include "tools/lastkm/bench/life.h"

#include <algorithm>

#include "tools/lastkm/random.h"

namespace lastkm::tool::bench {

namespace {

bool plays(const directory::Body& body, std::string_view role) {
  return std::find(body.roles.begin(), body.roles.end(), role) != body.roles.end();
}

/// Two pictures' digests, as a phone reports them.
Value evidence(std::uint64_t seed) {
  Random random(seed);
  constexpr std::string_view kDigits = "0123456789abcdef";
  Array out;
  for (int picture = 0; picture < 2; ++picture) {
    std::string digest;
    for (int digit = 0; digit < 64; ++digit) digest += kDigits[random.next() % kDigits.size()];
    out.emplace_back(Object{{"mime", "image/jpeg"}, {"sha256", digest}});
  }
  return Value(std::move(out));
}

}  // namespace

Result<Cast> Cast::of(runtime::Engine& engine) {
  Cast cast;
  const auto context = engine.context(LaneId(0));
  std::vector<std::pair<std::string, std::string>> compounds;
  for (const record::Document& document : engine.documents()) {
    const Value* places = document.content.find("places");
    if (document.kind != "places" || places == nullptr || places->if_array() == nullptr) continue;
    for (const Value& place : *places->if_array()) {
      const Value* title = place.find("title");
      if (place.text("code").size() == 16)
        compounds.emplace_back(place.text("code"), title == nullptr ? "" : title->text("zh"));
    }
  }
  for (const auto& [code, title] : compounds) {
    const directory::Body* hotline = context->body_for("HOTLINE", code);
    if (hotline == nullptr) continue;
    cast.hotline_ = hotline->id.value;
    for (int n = 1; n <= 99; ++n) {
      const std::string id = std::string(n < 10 ? "C0" : "C") + std::to_string(n);
      const directory::Category* category = context->find_category(id);
      // What is checked on site, taken back or about somebody's conduct has other steps than these nine.
      if (category == nullptr || category->coded || category->taken_back || category->about_conduct) continue;
      for (const std::string& kind : category->responsible) {
        const directory::Body* lead = context->body_for(kind, code);
        // Who leads does not review the own feedback, so the hotline cannot be both.
        if (lead == nullptr || !plays(*lead, "HANDLER") || lead->id == hotline->id) continue;
        cast.scenes_.push_back(
            {code, title, id, category->title.zh, category->type, category->urgency, lead->id.value});
        break;
      }
    }
  }
  if (cast.scenes_.empty()) {
    return Error{ErrorKind::refused, "no-cast",
                 "what is in force has no compound with a hotline and a body that can lead", ""};
  }
  return cast;
}

intake::Submission Cast::step(std::string_view run, std::int64_t number, int step,
                              const runtime::Outcome& before) const {
  const Scene& scene = scenes_[static_cast<std::size_t>(number) * 7919 % scenes_.size()];
  intake::Submission out;
  out.name = kSteps[static_cast<std::size_t>(step)];
  out.client = "bench";
  const std::string mark = std::string(run) + "-" + std::to_string(number);
  Object data;
  const auto by = [&out](const std::string& body, const char* role, const char* person) {
    out.actor = record::Actor{BodyId(body), role, person, ""};
  };
  if (step == 0) {
    out.channel = "CH-12345";
    out.reference = mark;
  } else {
    out.case_id = before.aggregate.value;
    out.expected_version = before.seq;
    out.idempotency_key = mark + "-" + std::to_string(step);
  }
  switch (step) {
    case 0:
      by(hotline_, "AGENT", "p-agent-17");
      data = Object{
          {"type", scene.type},
          {"category", scene.category},
          {"urgency", scene.urgency},
          {"place", scene.place},
          {"text", scene.place_title + "：" + scene.category_title +
                       "。楼道里的问题已经三天没有人来处理，老人出入不便，请尽快派人到现场看一下。"},
          {"address", std::to_string(number % 9 + 1) + "栋2单元" + std::to_string(number % 18 + 1) + "楼"},
          {"caller", Object{{"name", "居民" + std::to_string(number % 900 + 100)},
                            {"phone", "028-0000" + std::to_string(number % 9000 + 1000)}}}};
      break;
    case 1:
      by(hotline_, "AGENT", "p-agent-17");
      data = Object{{"type", scene.type},
                    {"category", scene.category},
                    {"urgency", scene.urgency},
                    {"place", scene.place}};
      break;
    case 2:
      by(hotline_, "DISPATCHER", "p-dispatcher-4");
      data = Object{{"lead", scene.lead}};
      break;
    case 3:
      by(scene.lead, "HANDLER", "p-handler-2");
      break;
    case 4:
      by(scene.lead, "HANDLER", "p-handler-2");
      data = Object{{"channel", "phone"}};
      break;
    case 5:
      by(scene.lead, "HANDLER", "p-handler-2");
      data = Object{{"text", "已安排人员到现场处理完毕，现场恢复正常，已电话告知来电人。"},
                    {"evidence", evidence(static_cast<std::uint64_t>(number))}};
      break;
    case 6:
      by(hotline_, "AGENT", "p-agent-17");
      break;
    case 7:
      by(hotline_, "CALLBACK", "p-callback-3");
      data = Object{{"reached", true}, {"contacted", true}, {"solved", "yes"}, {"satisfied", "yes"}};
      break;
    default:
      by(hotline_, "CALLBACK", "p-callback-3");
      break;
  }
  out.data = Value(std::move(data));
  return out;
}

}  // namespace lastkm::tool::bench

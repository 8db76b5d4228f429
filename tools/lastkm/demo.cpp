// lastkm demo: thirty days of a community in a few seconds, and what a dashboard would say of them.
#include <algorithm>
#include <chrono>

#include "tools/lastkm/answers.h"
#include "tools/lastkm/demo_folder.h"
#include "tools/lastkm/happened.h"
#include "tools/lastkm/play.h"
#include "tools/lastkm/program.h"
#include "tools/lastkm/progress.h"
#include "tools/lastkm/rates.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

struct Given {
  std::uint64_t seed = 1;
  int days = 30;
  int per_day = 20;
  std::string program = "lastkm";
  std::string shown_data;
};

struct Happening {
  const char* name;
  const char* title;
  std::int64_t count;
  Tone tone;
};

/// What a demonstration is meant to show.
std::vector<Happening> happenings(const Happened& happened) {
  const auto of = [&](std::string_view type) { return happened.count(type); };
  return {{"closed", "closed / 办结", of("CaseClosed"), Tone::good},
          {"answered", "answered on the spot / 即时答复", of("CaseAnswered"), Tone::good},
          {"returns", "asked to return / 申请退单", of("ReturnRequested"), Tone::plain},
          {"disputes", "before the panel / 争议裁定", of("DisputeOpened"), Tone::plain},
          {"extensions", "extended / 延期", of("ExtensionGranted"), Tone::plain},
          {"parked", "parked / 挂账", of("CaseParked"), Tone::warn},
          {"breaches", "limits exceeded / 超时", of("StageBreached") + of("SlaBreached"), Tone::warn},
          {"escalations", "escalated / 升级", of("CaseEscalated"), Tone::warn},
          {"yellow_cards", "yellow cards / 黄牌", of("YellowCardIssued"), Tone::warn},
          {"red_cards", "red cards / 红牌", of("RedCardIssued"), Tone::bad},
          {"supervisions", "supervised / 督办", of("SupervisionIssued"), Tone::bad},
          {"unhappy", "unhappy callers / 回访未解决或不满意", happened.unhappy, Tone::bad},
          {"reopenings", "reopened / 重办", of("CaseReopened"), Tone::bad}};
}

class Report {
 public:
  Report(Session& session, runtime::Engine& engine, projections::Queries& queries)
      : session_(&session), engine_(&engine), queries_(&queries) {}

  void heading(const std::string& text) { session_->out() << '\n' << session_->style().bold(text) << '\n'; }

  void happened(const Happened& happened) {
    heading("What happened / 发生了什么");
    session_->out() << "  " << happened.categories.size() << " categories, " << happened.channels.size()
                    << " channels, " << happened.compounds.size() << " compounds\n";
    Table table({{"happening"}, {"times", Align::right}});
    for (const Happening& one : happenings(happened))
      table.add({one.title, Cell(std::to_string(one.count), one.tone)});
    table.print(session_->out(), session_->style(), 2, session_->text_columns());
  }

  Status counts(const std::string& title, const std::string& dimension,
                const projections::CaseFilter& filter = {}, std::size_t most = 20) {
    auto counted = queries_->counts(filter, dimension, engine_->now());
    if (!counted) return counted.error();
    Array* const lines = &counted->lines;
    std::stable_sort(lines->begin(), lines->end(),
                     [](const Value& a, const Value& b) { return a.number("count") > b.number("count"); });
    std::int64_t largest = 1;
    for (const Value& line : *lines) largest = std::max(largest, line.number("count"));
    Table table({{dimension}, {"cases", Align::right}, {""}});
    for (std::size_t i = 0; i < lines->size() && i < most; ++i) {
      const Value& line = (*lines)[i];
      std::string bar;
      for (std::int64_t n = 0; n < line.number("count") * 24 / largest; ++n) bar += "▇";
      table.add({named(dimension, line), line.number("count"), Cell(bar, Tone::quiet)});
    }
    if (table.empty()) return done();
    heading(title);
    table.print(session_->out(), session_->style(), 2, session_->text_columns());
    return done();
  }

  Status rates() {
    for (const auto& [by, name] : {std::pair{projections::RatesBy::month, "month"},
                                   std::pair{projections::RatesBy::community, "community"}}) {
      const auto lines = queries_->rates(by, projections::RatesBasis::callback);
      if (!lines) return lines.error();
      heading(std::string("The three rates by ") + name + " of the call-back / 三率");
      rates_table(lines->lines, name).print(session_->out(), session_->style(), 2, session_->text_columns());
    }
    return done();
  }

  /// The life of the case to which most has happened.
  Result<std::string> life() {
    std::string best;
    std::int64_t most = 0;
    const auto page = queries_->list({}, projections::CaseOrder::opened, {}, engine_->now());
    if (!page) return page.error();
    for (const Value& line : page->lines) {
      const std::int64_t weight =
          line.number("version") + 6 * line.number("level") + (line.text("card") == "red" ? 5 : 0);
      if (weight > most) {
        most = weight;
        best = line.text("ref");
      }
    }
    if (best.empty()) return best;
    const auto history = queries_->history(best);
    if (!history) return history.error();
    heading("The life of case " + best + " / 一件诉求的全过程");
    Table table({{"when"}, {"what"}, {"who"}, {"rule"}});
    for (const Value& line : history->lines) {
      const Value* actor = line.find("actor");
      const std::string_view type = line.text("type");
      const bool pressure =
          type.ends_with("Breached") || type == "CaseEscalated" || type.ends_with("CardIssued");
      table.add({short_time(line.text("recorded_at")), Cell(type, pressure ? Tone::bad : Tone::plain),
                 actor != nullptr ? title_alone(actor->text("body")) : "",
                 Cell(rule_alone(line.text("rule")), Tone::quiet)});
    }
    table.print(session_->out(), session_->style(), 2, session_->text_columns());
    return best;
  }

 private:
  std::string title_of_body(std::string_view id) const {
    const auto* body = engine_->published()->find_body(BodyId(std::string(id)));
    return body != nullptr ? body->title.zh + " " + std::string(id) : std::string(id);
  }
  std::string title_alone(std::string_view id) const {
    const auto* body = engine_->published()->find_body(BodyId(std::string(id)));
    return body != nullptr ? body->title.zh : std::string(id);
  }
  /// Without the workflow, which is the same in each.
  static std::string rule_alone(std::string_view rule) {
    const auto slash = rule.find('/');
    return std::string(slash == std::string_view::npos ? rule : rule.substr(slash + 1));
  }
  std::string named(const std::string& dimension, const Value& line) const {
    const Value* key = line.find("key");
    const std::string text = key != nullptr && key->if_int() != nullptr ? std::to_string(*key->if_int())
                                                                        : std::string(line.text("key"));
    const auto context = engine_->published();
    if (dimension == "lead") return text.empty() ? "(nobody yet)" : title_of_body(text);
    if (dimension == "category" && context->find_category(text) != nullptr)
      return text + " " + context->find_category(text)->title.zh;
    if (dimension == "community" && context->find_place(text) != nullptr)
      return text + " " + context->find_place(text)->title.zh;
    return text;
  }

  Session* session_;
  runtime::Engine* engine_;
  projections::Queries* queries_;
};

void what_next(Session& session, const Given& given, const std::string& folder, const std::string& ref) {
  const std::string shown = given.shown_data.empty() ? folder : given.shown_data;
  const std::string data = " --data " + shown;
  const auto line = [&](const std::string& verb, const std::string& why, const std::string& rest = "") {
    session.out() << "  " << given.program << ' ' << verb << data << rest
                  << session.style().dim("   # " + why) << '\n';
  };
  session.out() << '\n' << session.style().bold("Try next / 接下来可以试试") << '\n';
  line("audit explain " + ref, "why each step of this case was taken");
  line("audit redecide", "make every decision again, compare byte for byte");
  line("case list --where overdue", "what is late now");
  line("worklist PSC-5101080170060001", "what waits for a property agency");
  line("rates --by body", "who answers, who solves");
  line("log dump --from decisions", "the records themselves", " | head -2");
  line("serve", "keep it open; other terminals' verbs find it");
}

Status tables(Report& report) {
  if (auto shown = report.counts("Requests by channel / 渠道", "channel"); !shown) return shown;
  if (auto shown = report.counts("Where the cases are / 环节", "stage"); !shown) return shown;
  if (auto shown = report.counts("Hot categories / 热点诉求", "category", {}, 8); !shown) return shown;
  if (auto shown = report.counts(
          "Escalation level / 升级层级 (0 compound, 1 community, 2 street, 3 district)", "level");
      !shown)
    return shown;
  if (auto shown = report.counts("Cards / 黄牌红牌", "card"); !shown) return shown;
  projections::CaseFilter late;
  late.overdue = true;
  late.open = true;
  if (auto shown = report.counts("Slowest bodies: open cases overdue / 超期在办", "lead", late, 8); !shown)
    return shown;
  return report.rates();
}

Result<Exit> run(Session& session, const Given& given) {
  auto where = demo_folder(session);
  if (!where) return where.error();
  const auto folder = Folder::open({.folder = where->path});
  if (!folder) return folder.error();
  runtime::Engine& engine = (*folder)->engine();
  if (auto may = may_play(engine); !may) return may.error();
  const auto begun = std::chrono::steady_clock::now();
  PlayOptions options{.seed = given.seed, .days = given.days, .requests_per_day = given.per_day, .start = {}};
  const Instant monday = start_of(to_date({2026, 3, 2}), 480) + 8 * kMsPerHour;
  // Played again in the same folder: the next days.
  const Date today = local_date(engine.now(), 480);
  options.start = engine.now() < monday ? monday : start_of(today + 1, 480) + 8 * kMsPerHour;
  auto play = Play::prepare(engine, options);
  if (!play) return play.error();
  const auto played = [&] {
    Progress progress(session.err(), session.shows_progress(), "playing", given.days);
    return play->run([&](int day) {
      progress.at(day, "day " + std::to_string(day) + " of " + std::to_string(given.days));
    });
  }();
  if (!played) return played.error();
  const auto side = (*folder)->read_side();
  if (!side) return side.error();
  if (auto caught = (*side)->projector().catch_up(); !caught) return caught.error();
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun).count();
  const auto happened = what_happened(engine, options.start);
  if (!happened) return happened.error();
  const bool is_temporary = where->made.has_value();
  if (is_temporary) where->path = where->made->keep();
  if (session.json()) {
    Object out{{"folder", where->path},
               {"seed", static_cast<std::int64_t>(given.seed)},
               {"days", given.days},
               {"commands", played->commands},
               {"accepted", played->accepted},
               {"rejected", played->rejected},
               {"duplicates", played->duplicates},
               {"supplements", played->supplements},
               {"cases", played->cases},
               {"categories", static_cast<std::int64_t>(happened->categories.size())},
               {"channels", static_cast<std::int64_t>(happened->channels.size())},
               {"compounds", static_cast<std::int64_t>(happened->compounds.size())},
               {"milliseconds", std::int64_t{took}}};
    for (const Happening& one : happenings(*happened)) out.set(one.name, one.count);
    session.print(out);
    return Exit::ok;
  }
  session.out() << session.style().bold("lastkm 社区治理“最后一公里”: " + std::to_string(given.days) +
                                        " days of a community")
                << "  (seed " << given.seed << ", " << took / 1000 << "." << took % 1000 / 100 << " s)\n"
                << "  " << played->commands << " commands: " << played->accepted << " accepted, "
                << played->rejected << " refused by a rule, " << played->duplicates << " repeats recognised, "
                << played->supplements << " supplements; " << played->cases << " cases.\n";
  if (!played->refusals.empty()) {
    session.out() << "  refused:";
    for (const auto& [code, count] : played->refusals) session.out() << ' ' << code << ' ' << count;
    session.out() << '\n';
  }
  Report report(session, engine, (*side)->queries());
  report.happened(*happened);
  if (auto shown = tables(report); !shown) return shown.error();
  const auto ref = report.life();
  if (!ref) return ref.error();
  what_next(session, given, where->path, *ref);
  if (is_temporary)
    session.out() << "All of it lies in " << where->path << "; remove it when you are done.\n";
  return Exit::ok;
}

}  // namespace

void add_demo(Program& program) {
  auto given = std::make_shared<Given>();
  Verb verb = program.verb("demo",
                           "Play a community for thirty days of virtual time in a folder of its own (without "
                           "--data a new one, which stays), and show what happened");
  verb.option("--seed", given->seed, "the same seed plays the same days").with_default();
  verb.option("--days", given->days, "days to play").between(1, 200).with_default();
  verb.option("--per-day", given->per_day, "requests a day, about").between(1, 5000).with_default();
  verb.option("--program", given->program, "how the program is called in the advice at the end").hidden();
  verb.option("--shown-data", given->shown_data, "how the folder is called there").hidden();
  program.on(verb, Needs::nothing, [given](Session& session) { return run(session, *given); });
}

}  // namespace lastkm::tool

#include "tools/lastkm/audit_explain.h"

#include "engine/runtime/directory_log.h"
#include "projections/explain/explain.h"
#include "tools/lastkm/answers.h"
#include "tools/lastkm/case_life.h"
#include "tools/lastkm/named_case.h"
#include "tools/lastkm/text_width.h"

namespace lastkm::tool {

namespace {

using explain::Language;

Language language_of(const Session& session, const std::string& asked) {
  const std::string_view name = asked.empty() ? std::string_view(session.locale()) : std::string_view(asked);
  return name.starts_with("zh") ? Language::chinese : Language::english;
}

class Printing {
 public:
  Printing(Session& session, Language language) : session_(session), language_(language) {}

  void line(const Value& line) {
    if (session_.json()) {
      session_.print(line);
      return;
    }
    const Style style = session_.style();
    const std::string_view kind = line.text("kind");
    std::string head = kind == "event" ? std::to_string(line.number("seq")) : kind == "refusal" ? "✗" : "=";
    head += "  " + short_time(line.text("when")) + "  ";
    head += kind == "event" ? line.text("event") : line.text("command");
    session_.out() << (kind == "refusal" ? style.red(head) : style.bold(head));
    if (const Value* place = line.find("place"); place != nullptr && !place->is_null()) {
      session_.out() << style.dim("  " + std::string(place->text("document")) + ":" +
                                  std::to_string(place->number("line")));
    }
    session_.out() << '\n';
    paragraph(std::string(line.text("text")), "    ", "    ");
    for (const Value& clock : *line.find("clocks")->if_array()) {
      const bool chinese = language_ == Language::chinese;
      paragraph((chinese ? "时限" : "Clock ") + std::string(clock.text("title")) + (chinese ? "：" : ": ") +
                    std::string(clock.text("how")),
                "    · ", "      ");
    }
  }

 private:
  void paragraph(const std::string& text, const std::string& first, const std::string& rest) {
    bool begun = false;
    for (const std::string& one : wrapped(printable(text), session_.text_columns() - text_width(rest))) {
      session_.out() << (begun ? rest : first) << one << '\n';
      begun = true;
    }
  }

  Session& session_;
  Language language_;
};

}  // namespace

Result<Exit> explain_case(Session& session, const std::string& about, const std::string& language) {
  const auto engine = session.engine();
  if (!engine) return engine.error();
  const auto named = case_named(**engine, about);
  if (!named) return named.error();
  const auto found = case_turns(**engine, *named);
  if (!found) return found.error();
  runtime::DirectoryLog directory((*engine)->log(), (*engine)->deployment().source());
  if (auto fresh = directory.refresh(); !fresh) return fresh.error();
  const Language spoken = language_of(session, language);
  explain::Explainer explainer(
      directory.documents(), [&directory](DirectoryOrdinal ordinal) { return directory.at(ordinal); }, spoken,
      Session::offset_of(**engine));
  session.reflects_apart(projections::to_value(found->positions));
  Printing printing(session, spoken);
  for (const explain::Turn& turn : found->turns) {
    for (const Value& line : explainer.lines(turn)) printing.line(line);
  }
  if (!session.json()) {
    session.out() << session.style().dim(spoken == Language::chinese
                                             ? "“流程@版本:行”指 lastkm directory show 流程@版本 所显示的行。"
                                             : "WORKFLOW@VERSION:LINE is a line of what `lastkm directory "
                                               "show WORKFLOW@VERSION` prints.")
                  << '\n';
  }
  return Exit::ok;
}

}  // namespace lastkm::tool

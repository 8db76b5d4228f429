#include "engine/rules/draw.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/rules/check_parts.h"

namespace lastkm::rules {
namespace {

using Lines = std::vector<std::string>;

/// Nodes are stages by number, and these.
constexpr int kBegin = -1;
constexpr int kOpen = -2;  ///< any stage that does not end

struct Picture {
  std::map<std::pair<int, int>, Lines> asked;  ///< by commands
  std::map<std::pair<int, int>, Lines> timed;  ///< by clocks
  std::map<int, Lines> stays;                  ///< what changes no stage
};

void add(Lines& lines, std::string line) {
  if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(std::move(line));
}

class Painter {
 public:
  Painter(const Workflow& workflow, Language language) : workflow_(workflow), language_(language) {
    for (const Stage& stage : workflow.stages) {
      if (!stage.ends) open_.insert(stage.id);
    }
  }

  Picture paint() {
    for (const CommandRule& command : workflow_.commands) {
      for (const Transition& transition : command.transitions) paint_transition(command, transition);
    }
    const Reach reached = reach(workflow_, {});
    for (const ClockRule& clock : workflow_.clocks) {
      paint_clock(clock, clock.on_due, "", reached);
      for (const Mark& mark : clock.marks) paint_clock(clock, mark.effects, " " + mark.id, reached);
    }
    return std::move(out_);
  }

  [[nodiscard]] const std::string& title(const Bilingual& text) const {
    return language_ == Language::zh ? text.zh : text.en;
  }
  [[nodiscard]] std::string_view open_title() const {
    return language_ == Language::zh ? "任一未结环节" : "any open stage";
  }

 private:
  [[nodiscard]] int number_of(const std::string& stage) const {
    const auto at = std::find_if(workflow_.stages.begin(), workflow_.stages.end(),
                                 [&stage](const Stage& each) { return each.id == stage; });
    return static_cast<int>(at - workflow_.stages.begin());
  }

  void paint_transition(const CommandRule& command, const Transition& transition) {
    std::string line = title(command.title) + " (";
    if (command.from_cases) line += language_ == Language::zh ? "其他案件" : "another case";
    for (const std::string& role : command.roles) line += (line.ends_with('(') ? "" : " ") + role;
    line += ")";
    const std::string& to = transition.effects.to;
    if (command.opens) add(out_.asked[{kBegin, number_of(to)}], line);
    std::set<std::string> from(transition.from.begin(), transition.from.end());
    if (open_.size() > 1 && std::includes(from.begin(), from.end(), open_.begin(), open_.end())) {
      for (const std::string& stage : open_) from.erase(stage);
      paint_edge(kOpen, to, line);
    }
    for (const std::string& stage : from) paint_edge(number_of(stage), to, line);
  }

  void paint_edge(int from, const std::string& to, const std::string& line) {
    if (to.empty() || number_of(to) == from) {
      add(out_.stays[from], line);
    } else {
      add(out_.asked[{from, number_of(to)}], line);
    }
  }

  void paint_clock(const ClockRule& clock, const Effects& effects, const std::string& suffix,
                   const Reach& reached) {
    if (effects.to.empty()) return;
    for (const std::string& stage : reached.clocks.at(clock.id)) {
      if (stage != effects.to)
        add(out_.timed[{number_of(stage), number_of(effects.to)}], title(clock.title) + suffix);
    }
  }

  const Workflow& workflow_;
  Language language_;
  std::set<std::string> open_;
  Picture out_;
};

/// Texts may hold what the format itself uses.
std::string mermaid(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\"#;:<>{}[]").find(c) != std::string_view::npos) {
      out += "#" + std::to_string(static_cast<int>(c)) + ";";
    } else {
      out.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
    }
  }
  return out;
}

std::string dot(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  }
  return out;
}

template <class Escape>
std::string joined(const Lines& lines, std::string_view between, Escape escape) {
  std::string out;
  for (const std::string& line : lines) {
    if (!out.empty()) out += between;
    out += escape(line);
  }
  return out;
}

std::string node(int number) {
  return number == kOpen ? "open" : "s" + std::to_string(number);
}

bool shows_open(const Picture& picture) {
  return picture.stays.count(kOpen) > 0 ||
         std::any_of(picture.asked.begin(), picture.asked.end(),
                     [](const auto& edge) { return edge.first.first == kOpen; });
}

std::string stays_of(const Picture& picture, int number, std::string_view between,
                     std::string (*escape)(std::string_view)) {
  const auto at = picture.stays.find(number);
  return at == picture.stays.end() ? std::string()
                                   : std::string(between) + joined(at->second, between, escape);
}

}  // namespace

std::string draw_mermaid(const Workflow& workflow, Language language) {
  Painter painter(workflow, language);
  const Picture picture = painter.paint();
  static constexpr std::string_view kBreak = "<br/>";
  const auto name = [](int number) { return number == kBegin ? "[*]" : node(number); };
  std::string out = "stateDiagram-v2\n";
  const auto state = [&](int number, std::string_view title) {
    out += "  state \"" + mermaid(title) + stays_of(picture, number, kBreak, mermaid) + "\" as " +
           node(number) + "\n";
  };
  const auto edge = [&](int from, const std::string& to, const Lines& lines, std::string_view mark) {
    out +=
        "  " + name(from) + " --> " + to + " : " + std::string(mark) + joined(lines, kBreak, mermaid) + "\n";
  };
  if (shows_open(picture)) state(kOpen, painter.open_title());
  for (std::size_t i = 0; i < workflow.stages.size(); ++i) {
    state(static_cast<int>(i), painter.title(workflow.stages[i].title));
  }
  for (const auto& [ends, lines] : picture.asked) edge(ends.first, node(ends.second), lines, "");
  for (const auto& [ends, lines] : picture.timed) edge(ends.first, node(ends.second), lines, "⏱ ");
  for (std::size_t i = 0; i < workflow.stages.size(); ++i) {
    if (workflow.stages[i].ends) out += "  " + node(static_cast<int>(i)) + " --> [*]\n";
  }
  return out;
}

std::string draw_dot(const Workflow& workflow, Language language) {
  Painter painter(workflow, language);
  const Picture picture = painter.paint();
  static constexpr std::string_view kBreak = "\\n";
  const auto name = [](int number) { return number == kBegin ? "begin" : node(number); };
  std::string out = "digraph \"" + dot(workflow.id) + "\" {\n" + "  graph [rankdir=TB, label=\"" +
                    dot(painter.title(workflow.title)) +
                    "\", labelloc=t, fontname=\"sans-serif\"]\n"
                    "  node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=11]\n"
                    "  edge [fontname=\"sans-serif\", fontsize=9]\n"
                    "  begin [shape=point, width=0.15]\n";
  const auto state = [&](int number, std::string_view title, std::string_view look) {
    out += "  " + node(number) + " [label=\"" + dot(title) + stays_of(picture, number, kBreak, dot) + "\"" +
           std::string(look) + "]\n";
  };
  const auto edge = [&](std::pair<int, int> ends, const Lines& lines, std::string_view look) {
    out += "  " + name(ends.first) + " -> " + name(ends.second) + " [label=\"" + joined(lines, kBreak, dot) +
           "\"" + std::string(look) + "]\n";
  };
  if (shows_open(picture)) state(kOpen, painter.open_title(), ", style=\"rounded,dotted\"");
  for (std::size_t i = 0; i < workflow.stages.size(); ++i) {
    const Stage& stage = workflow.stages[i];
    state(static_cast<int>(i), painter.title(stage.title), stage.ends ? ", peripheries=2" : "");
  }
  for (const auto& [ends, lines] : picture.asked) edge(ends, lines, "");
  for (const auto& [ends, lines] : picture.timed) edge(ends, lines, ", style=dashed");
  return out + "}\n";
}

}  // namespace lastkm::rules

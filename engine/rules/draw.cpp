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

/// What is written at an arrow or in a stage: a command, or a clock.
struct Line {
  std::string title;
  std::string who;  ///< roles, or that another case asks; empty for clocks
  bool from_cases = false;
  friend bool operator==(const Line&, const Line&) = default;
};
using Lines = std::vector<Line>;

/// Nodes are stages by number, and these.
constexpr int kBegin = -1;
constexpr int kOpen = -2;  ///< any stage that does not end
constexpr int kAny = -3;   ///< any stage at all

struct Picture {
  std::map<std::pair<int, int>, Lines> asked;  ///< by commands
  std::map<std::pair<int, int>, Lines> timed;  ///< by clocks
  std::map<int, Lines> stays;                  ///< what changes no stage
};

void add(Lines& lines, Line line) {
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
    return language_ == Language::chinese ? text.zh : text.en;
  }
  [[nodiscard]] std::string_view title_of(int group) const {
    if (group == kAny) return language_ == Language::chinese ? "任一环节" : "any stage";
    return language_ == Language::chinese ? "任一未结环节" : "any open stage";
  }
  /// Who may ask a command.
  [[nodiscard]] std::string who(const CommandRule& command) const {
    if (command.from_cases) return language_ == Language::chinese ? "其他案件" : "another case";
    std::string out;
    for (const std::string& role : command.roles) out += (out.empty() ? "" : " ") + role;
    return out;
  }

 private:
  [[nodiscard]] int number_of(const std::string& stage) const {
    const auto at = std::find_if(workflow_.stages.begin(), workflow_.stages.end(),
                                 [&stage](const Stage& each) { return each.id == stage; });
    return static_cast<int>(at - workflow_.stages.begin());
  }

  void paint_transition(const CommandRule& command, const Transition& transition) {
    const Line line{title(command.title), who(command), command.from_cases};
    const std::string& to = transition.effects.to;
    if (command.opens) add(out_.asked[{kBegin, number_of(to)}], line);
    std::set<std::string> from(transition.from.begin(), transition.from.end());
    if (to.empty() && from.size() == workflow_.stages.size() && from.size() > open_.size()) {
      add(out_.stays[kAny], line);
      return;
    }
    if (open_.size() > 1 && std::includes(from.begin(), from.end(), open_.begin(), open_.end())) {
      for (const std::string& stage : open_) from.erase(stage);
      paint_edge(kOpen, to, line);
    }
    for (const std::string& stage : from) paint_edge(number_of(stage), to, line);
  }

  void paint_edge(int from, const std::string& to, const Line& line) {
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
        add(out_.timed[{number_of(stage), number_of(effects.to)}], {title(clock.title) + suffix, "", false});
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

/// For labels that Graphviz reads as HTML.
std::string html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\"&<>").find(c) != std::string_view::npos) {
      out += "&#" + std::to_string(static_cast<int>(c)) + ";";
    } else {
      out.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
    }
  }
  return out;
}

std::string node(int number) {
  if (number == kBegin) return "begin";
  if (number == kOpen) return "open";
  if (number == kAny) return "any";
  return "s" + std::to_string(number);
}

/// Whether the node of a group of stages is to be seen.
bool shows(const Picture& picture, int group) {
  return picture.stays.count(group) > 0 ||
         std::any_of(picture.asked.begin(), picture.asked.end(),
                     [group](const auto& edge) { return edge.first.first == group; });
}

const Lines& stays_of(const Picture& picture, int number) {
  static const Lines none;
  const auto at = picture.stays.find(number);
  return at == picture.stays.end() ? none : at->second;
}

std::string mermaid(const Lines& lines) {
  std::string out;
  for (const Line& line : lines) {
    if (!out.empty()) out += "<br/>";
    out += mermaid(line.title) + (line.who.empty() ? "" : " (" + mermaid(line.who) + ")");
  }
  return out;
}

/// What other cases ask stands aslant. Each line ends, so that all are set to the left.
std::string html(const Lines& lines) {
  std::string out;
  for (const Line& line : lines) {
    out += (line.from_cases ? "<i>" + html(line.title) + "</i>" : html(line.title)) + "<br align=\"left\"/>";
  }
  return out;
}

/// An arrow and what is written at it have the colour of the stage that it leaves.
std::string colour(int number) {
  static constexpr std::string_view kColours[] = {"#1f5fa8", "#b3541e", "#2f7d32", "#8e3a9d", "#a8324a",
                                                  "#00798c", "#6b5b00", "#5b4b8a", "#c2185b", "#37668a"};
  return std::string(number < 0 ? "#444444"
                                : kColours[static_cast<std::size_t>(number) % std::size(kColours)]);
}

/// Below the picture: each command, its name, and who may ask it, in two columns.
std::string legend(const Workflow& workflow, const Painter& painter) {
  std::string out = "<table border=\"0\" cellborder=\"0\" cellspacing=\"0\" cellpadding=\"2\">";
  const std::size_t half = (workflow.commands.size() + 1) / 2;
  for (std::size_t row = 0; row < half; ++row) {
    out += "<tr>";
    for (std::size_t i = row; i < workflow.commands.size(); i += half) {
      const CommandRule& command = workflow.commands[i];
      const std::string begin = "<td align=\"left\">";
      out += begin + "<b>" + html(painter.title(command.title)) + "</b></td>" + begin + html(command.name) +
             "</td>" + begin + html(painter.who(command)) + "   </td>";
    }
    out += "</tr>";
  }
  return out + "</table>";
}

}  // namespace

std::string draw_mermaid(const Workflow& workflow, Language language) {
  Painter painter(workflow, language);
  const Picture picture = painter.paint();
  const auto name = [](int number) { return number == kBegin ? "[*]" : node(number); };
  std::string out = "stateDiagram-v2\n";
  const auto state = [&](int number, std::string_view title) {
    const std::string stays = mermaid(stays_of(picture, number));
    out += "  state \"" + mermaid(title) + (stays.empty() ? "" : "<br/>" + stays) + "\" as " + node(number) +
           "\n";
  };
  const auto edge = [&](int from, const std::string& to, const Lines& lines, std::string_view mark) {
    out += "  " + name(from) + " --> " + to + " : " + std::string(mark) + mermaid(lines) + "\n";
  };
  for (const int group : {kAny, kOpen}) {
    if (shows(picture, group)) state(group, painter.title_of(group));
  }
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
  const std::string font = "fontname=\"Noto Sans CJK SC, sans-serif\"";
  std::string out =
      "digraph workflow {\n  graph [rankdir=TB, nodesep=0.45, ranksep=0.5, labelloc=b, fontsize=10, " + font +
      ", label=<" + legend(workflow, painter) + ">]\n" +
      "  node [shape=box, style=\"rounded,filled\", fillcolor=white, fontsize=13, " + font + "]\n" +
      "  edge [fontsize=11, arrowsize=0.7, " + font + "]\n" +
      "  subgraph cluster_all {\n  graph [penwidth=0, labelloc=t, fontsize=16, label=<" +
      html(painter.title(workflow.title)) + ">]\n" + "  begin [shape=point, width=0.15, fillcolor=black]\n";
  const auto state = [&](int number, std::string_view title, std::string_view look) {
    const std::string stays = html(stays_of(picture, number));
    out += "  " + node(number) + " [label=<<b>" + html(title) + "</b>" +
           (stays.empty() ? "" : "<br/><font point-size=\"11\">" + stays + "</font>") + ">, color=\"" +
           colour(number) + "\"" + std::string(look) + "]\n";
  };
  // The way that cases go in the order of the stages is drawn straight.
  const auto edge = [&](std::pair<int, int> ends, const Lines& lines, std::string_view look) {
    const bool people =
        std::any_of(lines.begin(), lines.end(), [](const Line& line) { return !line.from_cases; });
    const std::string ink = colour(ends.first);
    out += "  " + node(ends.first) + " -> " + node(ends.second) + " [label=<" + html(lines) + ">, color=\"" +
           ink + "\", fontcolor=\"" + ink + "\"" + (people ? "" : ", style=dotted") +
           (people && ends.first >= 0 && ends.second > ends.first ? ", weight=4" : "") + std::string(look) +
           "]\n";
  };
  for (const int group : {kAny, kOpen}) {
    if (shows(picture, group)) state(group, painter.title_of(group), ", style=\"rounded,dashed\"");
  }
  for (std::size_t i = 0; i < workflow.stages.size(); ++i) {
    const Stage& stage = workflow.stages[i];
    state(static_cast<int>(i), painter.title(stage.title),
          stage.ends ? ", peripheries=2, fillcolor=\"#eeeeee\"" : "");
  }
  for (const auto& [ends, lines] : picture.asked) edge(ends, lines, "");
  for (const auto& [ends, lines] : picture.timed) edge(ends, lines, ", style=dashed");
  return out + "  }\n}\n";
}

}  // namespace lastkm::rules

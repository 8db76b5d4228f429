// lastkm completion bash|zsh|fish: a script for the shell, made from the verbs as they are.
#include <set>

#include "tools/lastkm/program.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

// clang-format off
constexpr std::string_view kHead = R"SH(# For bash: eval "$(lastkm completion bash)"; for zsh: eval "$(lastkm completion zsh)"
_lastkm() {
  local word previous path="" words="" files="" i current=${COMP_WORDS[COMP_CWORD]}
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]} previous=${COMP_WORDS[i-1]}
    case $word in -*) continue ;; esac
    case $previous in @VALUED@) continue ;; esac
    path="${path:+$path }$word"
  done
  previous=${COMP_WORDS[COMP_CWORD-1]}
  case $previous in
    --data|--keep) COMPREPLY=($(compgen -d -- "$current")); return ;;
)SH";
constexpr std::string_view kMiddle = R"SH(  esac
  while true; do
    case $path in
)SH";
constexpr std::string_view kTail = R"SH(      *' '*) path=${path% *} ;;
      *) path="" ;;
    esac
  done
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  case $current in -*) return ;; esac
  [ -z "$files" ] || COMPREPLY+=($(compgen -f -- "$current"))
}
complete -o filenames -F _lastkm lastkm
)SH";
constexpr std::string_view kFish = R"SH(# For fish: lastkm completion fish | source
function __lastkm_at
    set -l path
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if contains -- $word @VALUED@
            set skip 1
        else if not string match -q -- '-*' $word
            set path $path $word
        end
    end
    test "$path" = "$argv"
end
function __lastkm_in
    set -l path
    for word in (commandline -opc)[2..-1]
        string match -q -- '-*' $word; or set path $path $word
    end
    string match -q -- "$argv*" "$path"
end
complete -c lastkm -f
)SH";
// clang-format on

class Script {
 public:
  explicit Script(const Verb& root) : root_(root), valued_(root.valued_options()) { look(root, ""); }

  [[nodiscard]] std::string bash(bool zsh) const {
    std::string out;
    if (zsh) out = "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n";
    return out + with_valued(kHead, "|") + choices_ + std::string(kMiddle) + verbs_ + std::string(kTail);
  }
  [[nodiscard]] std::string fish() const { return with_valued(kFish, " ") + fish_; }

 private:
  /// Verbs in the order of their paths; what may follow each.
  void look(const Verb& level, const std::string& path) {
    const std::vector<Verb> verbs = level.verbs();
    std::string words;
    for (const Verb& verb : verbs) {
      words += verb.name() + " ";
      fish_ += "complete -c lastkm -n '__lastkm_at " + path + "' -a " + verb.name() + " -d " +
               quoted(verb.help()) + "\n";
    }
    for (const OptionWords& option : level.options()) add_option(option, path, words);
    if (!path.empty()) {
      for (const OptionWords& option : root_.options()) {
        if (option.name != "version" && option.name != "help") words += "--" + option.name + " ";
      }
    }
    const bool files = verbs.empty();
    verbs_ += "      '" + path + "') words='" + words + "'" + (files ? " files=1" : "") + "; break ;;\n";
    if (files) fish_ += "complete -c lastkm -n '__lastkm_in " + path + "' -F\n";
    for (const Verb& verb : verbs) look(verb, path.empty() ? verb.name() : path + " " + verb.name());
  }

  void add_option(const OptionWords& option, const std::string& path, std::string& words) {
    words += "--" + option.name + " ";
    if (!option.choices.empty() && with_choices_.insert(option.name).second) {
      choices_ += "    --" + option.name + ") COMPREPLY=($(compgen -W '" + option.choices +
                  "' -- \"$current\")); return ;;\n";
    }
    fish_ += "complete -c lastkm";
    if (!path.empty()) fish_ += " -n '__lastkm_in " + path + "'";
    fish_ += " -l " + option.name + (option.takes_value ? " -r" : "");
    if (!option.choices.empty()) fish_ += " -f -a " + quoted(option.choices);
    fish_ += " -d " + quoted(option.help) + "\n";
  }

  [[nodiscard]] std::string with_valued(std::string_view text, const char* separator) const {
    std::string list;
    for (const std::string& name : valued_) list += (list.empty() ? "" : separator) + name;
    std::string out(text);
    constexpr std::string_view kPlace = "@VALUED@";
    out.replace(out.find(kPlace), kPlace.size(), list);
    return out;
  }
  static std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("\\'") : std::string(1, c);
    return out + "'";
  }

  const Verb& root_;
  const std::set<std::string> valued_;
  std::string verbs_, choices_, fish_;
  std::set<std::string> with_choices_;
};

Result<Exit> run(Session& session, const Verb& root, const std::string& shell) {
  const Script script(root);
  session.out() << (shell == "fish" ? script.fish() : script.bash(shell == "zsh"));
  return Exit::ok;
}

}  // namespace

void add_completion(Program& program) {
  auto shell = std::make_shared<std::string>();
  Verb verb = program.verb("completion", "Completion for a shell: eval \"$(lastkm completion bash)\"");
  verb.option("SHELL", *shell, "bash, zsh or fish").required().one_of({"bash", "zsh", "fish"});
  program.on(verb, Needs::nothing,
             [shell, root = program.root()](Session& session) { return run(session, root, *shell); });
}

}  // namespace lastkm::tool

// lastkm completion bash|zsh: a script for the shell, made from the verbs as they are.
#include "tools/lastkm/program.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

// clang-format off
constexpr std::string_view kHead = R"SH(# For bash: eval "$(lastkm completion bash)"; for zsh: eval "$(lastkm completion zsh)"
_lastkm() {
  local word path="" words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case $word in
      -*) ;;
      *) [ "${COMP_WORDS[i-1]}" = --data ] || path="${path:+$path }$word" ;;
    esac
  done
  if [ "${COMP_WORDS[COMP_CWORD-1]}" = --data ]; then
    COMPREPLY=($(compgen -d -- "${COMP_WORDS[COMP_CWORD]}"))
    return
  fi
  while true; do
    case $path in
)SH";
constexpr std::string_view kTail = R"SH(      *' '*) path=${path% *} ;;
      *) path="" ;;
    esac
  done
  COMPREPLY=($(compgen -W "$words" -f -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o filenames -F _lastkm lastkm
)SH";
// clang-format on

std::string words_of(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += name + " ";
  return out;
}

/// A line of the script's case for each verb: what may follow it.
void collect(const Verb& verb, const std::string& path, const std::string& common, std::string& out) {
  std::string words;
  for (const Verb& one : verb.verbs()) words += one.name() + " ";
  words += words_of(verb.option_names());
  if (!path.empty()) words += common;
  out += "      '" + path + "') words='" + words + "'; break ;;\n";
  for (const Verb& one : verb.verbs()) collect(one, path.empty() ? one.name() : path + " " + one.name(), common, out);
}

Result<Exit> run(Session& session, const Verb& root, const std::string& shell) {
  std::vector<std::string> common = root.option_names();
  std::erase_if(common, [](const std::string& name) { return name == "--version" || name == "--help"; });
  std::string cases;
  collect(root, "", words_of(common), cases);
  if (shell == "zsh") {
    session.out() << "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n";
  }
  session.out() << kHead << cases << kTail;
  return Exit::ok;
}

}  // namespace

void add_completion(Program& program) {
  auto shell = std::make_shared<std::string>();
  Verb verb = program.verb("completion", "Completion for a shell: eval \"$(lastkm completion bash)\"");
  verb.option("SHELL", *shell, "bash or zsh").required().one_of({"bash", "zsh"});
  program.on(verb, Needs::nothing,
             [shell, root = program.root()](Session& session) { return run(session, root, *shell); });
}

}  // namespace lastkm::tool

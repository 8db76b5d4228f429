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

/// A line of the script's case for each verb: what may follow it.
void collect(const CLI::App& app, const std::string& path, const std::string& common, std::string& out) {
  std::string words;
  const auto verbs = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* verb : verbs) words += verb->get_name() + " ";
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
  }
  if (!path.empty()) words += common;
  out += "      '" + path + "') words='" + words + "'; break ;;\n";
  for (const CLI::App* verb : verbs) {
    collect(*verb, path.empty() ? verb->get_name() : path + " " + verb->get_name(), common, out);
  }
}

Result<Exit> run(Session& session, const CLI::App& app, const std::string& shell) {
  std::string common;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      if (name != "version" && name != "help") common += "--" + name + " ";
    }
  }
  std::string cases;
  collect(app, "", common, cases);
  if (shell == "zsh") {
    session.out() << "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n";
  }
  session.out() << kHead << cases << kTail;
  return Exit::ok;
}

}  // namespace

void add_completion(Program& program) {
  auto shell = std::make_shared<std::string>();
  CLI::App* verb = program.verb("completion", "Completion for a shell: eval \"$(lastkm completion bash)\"");
  verb->add_option("SHELL", *shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
  program.on(verb, Needs::nothing,
             [shell, app = &program.app()](Session& session) { return run(session, *app, *shell); });
}

}  // namespace lastkm::tool

// lastkm completion bash|zsh: a script for the shell, made from the verbs as they are.
#include "tools/lastkm/program.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

struct Words {
  std::string path;   ///< "case show"; empty: the program
  std::string words;  ///< verbs and options there
};

void collect(const CLI::App& app, const std::string& path, const std::string& common,
             std::vector<Words>& out) {
  std::string words;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; }))
    words += verb->get_name() + " ";
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
  }
  if (!path.empty()) words += common;
  out.push_back({path, words});
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    collect(*verb, path.empty() ? verb->get_name() : path + " " + verb->get_name(), common, out);
  }
}

std::string bash_script(const std::vector<Words>& all) {
  std::string out = R"SH(# lastkm for bash: eval "$(lastkm completion bash)" _lastkm() {
    local word path = "" words = "" i for ((i = 1; i < COMP_CWORD; i++));
    do word = $ {
        COMP_WORDS[i]
      }
    case $word in -*) ;; *) case "${COMP_WORDS[i-1]}" in --data) ;; *) path="${path:+$path }$word" ;; esac ;; esac
  done
  case ${COMP_WORDS[COMP_CWORD-1]} in --data) COMPREPLY=($(compgen -d -- "${COMP_WORDS[COMP_CWORD]}")); return ;; esac
  while true; do
    case $path in
)SH";
  for (const Words& one : all) out += "      '" + one.path + "') words='" + one.words + "'; break ;;\n";
      out += R"SH(      *' '*) path=${path% *} ;;
      *) path="" ;;
    esac
  done
  COMPREPLY=($(compgen -W "$words" -f -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o filenames -F _lastkm lastkm
)SH";
      return out;
  }

  Result<Exit> run(Session & session, const CLI::App& app, const std::string& shell) {
    std::vector<Words> all;
    std::string common;
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) {
        if (name != "version") common += "--" + name + " ";
      }
    }
    collect(app, "", common, all);
    if (shell == "zsh")
      session.out() << "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n";
    session.out() << bash_script(all);
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

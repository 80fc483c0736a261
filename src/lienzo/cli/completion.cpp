#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <sstream>

#include "lienzo/cli/command.h"
#include "lienzo/cli/console.h"
#include "lienzo/cli/exit_code.h"

// The scripts are made from the options themselves, so that they never lag behind.

namespace lienzo::cli {
namespace {

constexpr const char* kCompletionExamples =
    "Examples:\n"
    "  eval \"$(lienzo completion bash)\"              in ~/.bashrc\n"
    "  lienzo completion zsh > ~/.zfunc/_lienzo      in a folder of $fpath\n"
    "  lienzo completion fish > ~/.config/fish/completions/lienzo.fish";

enum class Values { kNone, kText, kFiles, kFolders, kChoices };

struct OptionInfo {
  std::vector<std::string> names;  // "-n", "--count"
  std::string description;
  Values values = Values::kNone;
  std::vector<std::string> choices;
};

struct CommandInfo {
  std::vector<std::string> words;                             // "lienzo", "dataset", "preview"
  std::vector<std::pair<std::string, std::string>> commands;  // name, description
  std::vector<OptionInfo> options;
  OptionInfo positional;
};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

// What an option takes, from the name of its type; see add_choice.
void read_type(const CLI::Option& option, OptionInfo& info) {
  const std::string type = option.get_type_name();
  if (option.get_items_expected_max() == 0) return;
  if (type.find("FILE") != std::string::npos) {
    info.values = Values::kFiles;
  } else if (type.find("DIR") != std::string::npos) {
    info.values = Values::kFolders;
  } else if (type.find('|') != std::string::npos) {
    info.values = Values::kChoices;
    info.choices = split(type, '|');
  } else {
    info.values = Values::kText;
  }
}

void collect(const CLI::App& app, std::vector<std::string> words, std::vector<CommandInfo>& list) {
  words.push_back(app.get_name());
  CommandInfo info;
  info.words = words;
  for (const CLI::Option* option : app.get_options()) {
    OptionInfo item;
    item.description = option->get_description();
    read_type(*option, item);
    if (option->get_positional()) {
      info.positional = item;
      continue;
    }
    for (const std::string& name : option->get_snames()) item.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) item.names.push_back("--" + name);
    info.options.push_back(std::move(item));
  }
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* command : commands)
    info.commands.emplace_back(command->get_name(), command->get_description());
  list.push_back(std::move(info));
  for (const CLI::App* command : commands) collect(*command, words, list);
}

std::string joined_names(const CommandInfo& command) {
  std::string text;
  for (const auto& [name, description] : command.commands) text += name + " ";
  for (const OptionInfo& option : command.options)
    text += fmt::format("{} ", fmt::join(option.names, " "));
  return text;
}

std::string bash_values(const OptionInfo& option) {
  switch (option.values) {
    // mapfile, since names of files may hold blanks.
    case Values::kFiles:
      return "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$word\")";
    case Values::kFolders:
      return "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$word\")";
    case Values::kChoices:
      return fmt::format("mapfile -t COMPREPLY < <(compgen -W \"{}\" -- \"$word\")",
                         fmt::join(option.choices, " "));
    default: return "COMPREPLY=()";
  }
}

std::string bash_script(const std::vector<CommandInfo>& commands) {
  std::string steps, values, words, positionals;
  for (const CommandInfo& command : commands) {
    const std::string path = fmt::format("{}", fmt::join(command.words, " "));
    for (const auto& [name, description] : command.commands) {
      steps += fmt::format("      \"{0} {1}\") path=\"{0} {1}\" ;;\n", path, name);
    }
    for (const OptionInfo& option : command.options) {
      if (option.values == Values::kNone) continue;
      for (const std::string& name : option.names) {
        values += fmt::format("    \"{} {}\") {}; return ;;\n", path, name, bash_values(option));
      }
    }
    words += fmt::format("    \"{}\") names=\"{}\" ;;\n", path, joined_names(command));
    if (command.positional.values != Values::kNone && command.positional.values != Values::kText) {
      positionals += fmt::format("    \"{}\") {} ;;\n", path, bash_values(command.positional));
    }
  }
  return fmt::format(R"(# Completion of lienzo for bash.
_lienzo() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} path=lienzo names k
  for ((k = 1; k < COMP_CWORD; ++k)); do
    case "$path ${{COMP_WORDS[k]}}" in
{}    esac
  done
  case "$path $previous" in
{}  esac
  case "$path" in
{}  esac
  if [[ $word != -* ]]; then
    case "$path" in
{}    esac
  fi
  mapfile -t -O "${{#COMPREPLY[@]}}" COMPREPLY < <(compgen -W "$names" -- "$word")
}}
complete -F _lienzo lienzo
)",
                     steps,
                     values,
                     words,
                     positionals);
}

// For single quotes of zsh and fish, and for zsh's own [] and : of a specification.
std::string escape(const std::string& text, bool zsh) {
  std::string escaped;
  for (char letter : text) {
    if (letter == '\'') {
      escaped += zsh ? "'\\''" : "\\'";
    } else if (zsh && (letter == '[' || letter == ']' || letter == ':')) {
      escaped += std::string("\\") + letter;
    } else {
      escaped += letter;
    }
  }
  return escaped;
}

std::string zsh_values(const OptionInfo& option) {
  switch (option.values) {
    case Values::kNone: return "";
    case Values::kFiles: return ":file:_files";
    case Values::kFolders: return ":folder:_files -/";
    case Values::kChoices: return fmt::format(":value:({})", fmt::join(option.choices, " "));
    case Values::kText: return ":value: ";
  }
  return "";
}

std::string zsh_script(const std::vector<CommandInfo>& commands) {
  std::string steps, cases;
  for (const CommandInfo& command : commands) {
    const std::string path = fmt::format("{}", fmt::join(command.words, " "));
    std::string described;
    for (const auto& [name, description] : command.commands) {
      steps +=
          fmt::format("      \"{0} {1}\") path_of_words=\"{0} {1}\"; last=$k ;;\n", path, name);
      described += fmt::format(" '{}:{}'", name, escape(description, true));
    }
    cases += fmt::format("    \"{}\")\n", path);
    if (!described.empty()) {
      cases += fmt::format("      commands=({} )\n      _describe command commands\n", described);
    }
    cases += "      _arguments -S";
    for (const OptionInfo& option : command.options) {
      for (const std::string& name : option.names) {
        cases += fmt::format(
            " \\\n        '{}[{}]{}'", name, escape(option.description, true), zsh_values(option));
      }
    }
    if (command.positional.values != Values::kNone)
      cases += fmt::format(" \\\n        '*{}'", zsh_values(command.positional));
    cases += " ;;\n";
  }
  return fmt::format(R"(#compdef lienzo
# Completion of lienzo for zsh.
_lienzo() {{
  local path_of_words=lienzo last=1 k
  local -a commands
  for ((k = 2; k < CURRENT; ++k)); do
    case "$path_of_words ${{words[k]}}" in
{}    esac
  done
  # _arguments counts from the command's own name.
  shift $((last - 1)) words
  ((CURRENT -= last - 1))
  case "$path_of_words" in
{}  esac
}}
if [[ ${{zsh_eval_context[-1]}} == loadautofunc ]]; then
  _lienzo "$@"
else
  compdef _lienzo lienzo
fi
)",
                     steps,
                     cases);
}

std::string fish_values(const OptionInfo& option) {
  switch (option.values) {
    case Values::kNone: return "";
    case Values::kFiles: return " -rF";
    case Values::kFolders: return " -xa '(__fish_complete_directories)'";
    case Values::kChoices: return fmt::format(" -xa '{}'", fmt::join(option.choices, " "));
    case Values::kText: return " -x";
  }
  return "";
}

std::string fish_script(const std::vector<CommandInfo>& commands) {
  std::string text = "# Completion of lienzo for fish.\ncomplete -c lienzo -f\n";
  for (const CommandInfo& command : commands) {
    std::string condition;
    for (size_t k = 1; k < command.words.size(); ++k) {
      condition +=
          fmt::format("{}__fish_seen_subcommand_from {}", k > 1 ? "; and " : "", command.words[k]);
    }
    std::string before_commands = condition.empty() ? "__fish_use_subcommand" : condition;
    for (const auto& [name, description] : command.commands) {
      if (!condition.empty())
        before_commands += fmt::format("; and not __fish_seen_subcommand_from {}", name);
    }
    for (const auto& [name, description] : command.commands) {
      text += fmt::format("complete -c lienzo -n '{}' -a {} -d '{}'\n",
                          before_commands,
                          name,
                          escape(description, false));
    }
    if (condition.empty()) condition = "__fish_use_subcommand";
    if (command.positional.values == Values::kFiles ||
        command.positional.values == Values::kFolders) {
      text += fmt::format("complete -c lienzo -n '{}' -F\n", condition);
    } else if (command.positional.values == Values::kChoices) {
      text +=
          fmt::format("complete -c lienzo -n '{}'{}\n", condition, fish_values(command.positional));
    }
    for (const OptionInfo& option : command.options) {
      text += fmt::format("complete -c lienzo -n '{}'", condition);
      for (const std::string& name : option.names) {
        text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      text += fmt::format("{} -d '{}'\n", fish_values(option), escape(option.description, false));
    }
  }
  return text;
}

}  // namespace

void add_completion(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("completion", "Print a script that completes commands in your shell");
  command->footer(kCompletionExamples);
  auto shell = std::make_shared<std::string>();
  add_choice(*command, "SHELL", *shell, {"bash", "zsh", "fish"}, "Your shell")->required();
  command->callback([&app, &action, shell] {
    action = [&app, shell] {
      std::vector<CommandInfo> commands;
      collect(app, {}, commands);
      print(*shell == "bash"  ? bash_script(commands)
            : *shell == "zsh" ? zsh_script(commands)
                              : fish_script(commands));
      return kExitOk;
    };
  });
}

}  // namespace lienzo::cli

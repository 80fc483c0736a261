#include "lienzo/cli/commandline.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <string_view>

#include "lienzo/base/error.h"
#include "lienzo/base/suggest.h"
#include "lienzo/base/version.h"
#include "lienzo/cli/console.h"
#include "lienzo/cli/exit_code.h"
#include "lienzo/cli/parse_number.h"
#include "lienzo/image/io.h"

namespace lienzo::cli {
namespace {

constexpr const char* kProgramExamples =
    "Examples:\n"
    "  lienzo imagine \"un cubo rojo encima de un cubo azul\"\n"
    "  lienzo imagine \"a sign that says HELLO in the snow\" -n 4 --grid\n"
    "  lienzo help imagine\n";

constexpr const char* kHelpExamples =
    "Examples:\n"
    "  lienzo help imagine\n"
    "  lienzo help dataset preview                     the same as lienzo dataset preview --help";

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(each->get_name());
  }
  return names;
}

// The command that the words name. Throws Error(kInvalidInput) where there is none.
const CLI::App* find_command(const CLI::App* app, const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    const auto found =
        app->get_subcommands([&](const CLI::App* each) { return each->get_name() == word; });
    if (found.empty()) {
      throw Error(ErrorKind::kInvalidInput,
                  fmt::format("no command '{}'{}", word, suggestion(word, command_names(*app))));
    }
    app = found.front();
  }
  return app;
}

void add_help(CLI::App& app, Action& action) {
  CLI::App* help = app.add_subcommand("help", "Explain a command");
  help->footer(kHelpExamples);
  auto words = std::make_shared<std::vector<std::string>>();
  help->add_option("COMMAND", *words, "The command to explain")->type_name("")->expected(0, 2);
  help->callback([&app, &action, words] {
    action = [&app, words] {
      const CLI::App* command = find_command(&app, *words);
      std::string name = app.get_name();
      for (size_t k = 0; k + 1 < words->size(); ++k) name += " " + (*words)[k];
      print(words->empty() ? app.help() : command->help(name));
      return kExitOk;
    };
  });
}

// "Commands" in help texts, where CLI11 would say "Subcommands".
void name_groups(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    command->group("Commands");
    name_groups(*command);
  }
}

// The deepest command that was typed.
const CLI::App* typed_command(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? &app : typed_command(*chosen.front());
}

std::string full_name(const CLI::App* app) {
  return app->get_parent() ? full_name(app->get_parent()) + " " + app->get_name() : app->get_name();
}

// CLI11 by itself reads -1 as the largest number, 010 as eight, and what is too large as the
// largest that fits.
template <typename Integer>
CLI::Option* check_whole_number(CLI::Option* option, Integer low, Integer high) {
  return option->transform(CLI::Validator(
      [=](std::string& text) {
        const auto value = parse_number<Integer>(text);
        if (!value || *value < low || *value > high)
          return fmt::format("got '{}', expected a whole number from {} to {}", text, low, high);
        text = std::to_string(*value);
        return std::string();
      },
      ""));
}

// What CLI11 says of an option's value, or of its number of values, in our words; else its own. Not
// by std::regex, which takes stack for each letter of a value.
std::string explain_value(const std::string& theirs) {
  constexpr std::string_view kUnread = "Could not convert: ", kIs = " = ", kMissing = " missing";
  constexpr std::string_view kTwice = ": At Most 1 required but received ", kNone = ": 1 required ";
  const std::string_view text = theirs;
  if (const size_t is = text.find(kIs); text.starts_with(kUnread) && is != text.npos) {
    return fmt::format("{}: got '{}', expected a number",
                       text.substr(kUnread.size(), is - kUnread.size()),
                       text.substr(is + kIs.size()));
  }
  const std::string_view option = text.substr(0, text.find(':'));
  std::string_view rest = text.substr(option.size());
  if (rest.starts_with(kTwice)) return fmt::format("{} is given more than once", option);
  if (rest.starts_with(kNone) && rest.ends_with(kMissing) &&
      rest.size() > kNone.size() + kMissing.size()) {
    rest.remove_prefix(kNone.size());
    rest.remove_suffix(kMissing.size());
    return fmt::format("{} needs a value: {}", option, rest);
  }
  return theirs;
}

// What to say about a command line that CLI11 refuses.
std::string explain(const CLI::ParseError& error,
                    const CLI::App& app,
                    int argc,
                    const char* const* argv) {
  const CLI::App* command = typed_command(app);
  const auto extras = dynamic_cast<const CLI::ExtrasError*>(&error) ? command->remaining(true)
                                                                    : std::vector<std::string>{};
  if (extras.empty()) return explain_value(error.what());
  const std::string& extra = extras.front();
  if (extra == "--") return "too much stands behind --; options go before it";
  std::vector<std::string> names;
  if (extra.starts_with("-")) {
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    if (extra.find(' ') != std::string::npos)
      return fmt::format("'{0}' begins like an option; put -- before it: {1} ... -- '{0}'",
                         extra,
                         full_name(command));
    return fmt::format("unknown option '{}'{}", extra, suggestion(extra, names));
  }
  if (command != &app) {
    return fmt::format("'{}' is one argument too many{}",
                       extra,
                       command->get_name() == "imagine" ? "; put the whole prompt in quotes" : "");
  }
  const std::string near = suggestion(extra, command_names(app));
  if (!near.empty()) return fmt::format("no command '{}'{}", extra, near);
  const bool words_only = argc > 1 && argv[1][0] != '-';
  return fmt::format("no command '{}'{}",
                     extra,
                     words_only ? "; to draw it, type: lienzo imagine \"" + extra + "\"" : "");
}

int parse_and_run(int argc, const char* const* argv) {
  Action action;
  const auto app = make_commandline(action);
  try {
    app->parse(argc, argv);
  } catch (const CLI::Success& success) {
    std::ostringstream text;
    app->exit(success, text, text);
    print(text.str());
    flush_output();
    return kExitOk;
  } catch (const CLI::ParseError& error) {
    complain(explain(error, *app, argc, argv));
    say(fmt::format("Try: {} --help", full_name(typed_command(*app))));
    return kExitUsage;
  }
  if (!action) {
    const CLI::App* command = typed_command(*app);
    say(command->help(command->get_parent() ? full_name(command->get_parent()) : ""));
    return kExitUsage;
  }
  const int code = action();
  flush_output();
  return code;
}

}  // namespace

CLI::Option* add_choice(CLI::App& app,
                        const std::string& name,
                        std::string& target,
                        const std::vector<std::string>& choices,
                        const std::string& description) {
  const auto check = [choices](const std::string& value) {
    for (const std::string& choice : choices) {
      if (choice == value) return std::string();
    }
    return fmt::format("no '{}' here, expected one of: {}{}",
                       value,
                       fmt::join(choices, ", "),
                       suggestion(value, choices));
  };
  return app.add_option(name, target, description)
      ->type_name(fmt::format("{}", fmt::join(choices, "|")))
      ->check(check);
}

CLI::Option* add_name(CLI::App& app,
                      const std::string& name,
                      std::string& target,
                      const std::vector<std::string>& choices,
                      const std::string& description) {
  return app.add_option(name, target, description)
      ->type_name(fmt::format("{}", fmt::join(choices, "|")));
}

CLI::Option* limit(CLI::Option* option, int64_t low, int64_t high) {
  return check_whole_number(option, low, high);
}

CLI::Option* limit_real(CLI::Option* option, double low, double high) {
  const auto check = [=](const std::string& text) {
    const auto value = parse_number<double>(text);
    if (value && *value >= low && *value <= high) return std::string();  // not for nan
    return fmt::format("got '{}', expected a number from {:g} to {:g}", text, low, high);
  };
  return option->check(check);
}

CLI::Option* check_seed(CLI::Option* option) {
  return check_whole_number(option, uint64_t{0}, UINT64_MAX)->type_name("SEED");
}

std::unique_ptr<CLI::App> make_commandline(Action& action) {
  auto app = std::make_unique<CLI::App>(
      "Lienzo draws pictures from words, with a network of its own.", "lienzo");
  app->require_subcommand(0, 1);
  app->set_help_flag("-h,--help", "Explain this command");
  app->set_version_flag("--version", fmt::format("lienzo {}", version()), "Print the version");
  app->get_formatter()->column_width(32);
  app->get_formatter()->label("SUBCOMMAND", "COMMAND");
  app->footer(fmt::format("{}\n{}", kProgramExamples, exit_code_help()));
  add_imagine(*app, action);
  add_edit(*app, action);
  add_inpaint(*app, action);
  add_upscale(*app, action);
  add_train(*app, action);
  add_evaluate(*app, action);
  add_dataset(*app, action);
  add_model(*app, action);
  add_serve(*app, action);
  add_worker(*app, action);
  add_key(*app, action);
  add_bench(*app, action);
  add_completion(*app, action);
  add_help(*app, action);
  name_groups(*app);
  return app;
}

int run(int argc, const char* const* argv) {
  // Before any thread: starting libvips touches the environment.
  try {
    image::start_image_library();
    show_log(/*quiet=*/false);
    return parse_and_run(argc, argv);
  } catch (const std::exception& error) {
    const Failure failure = describe_failure(error);
    complain(failure.message);
    return failure.code;
  }
}

}  // namespace lienzo::cli

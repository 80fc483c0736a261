#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>

#include "lienzo/base/error.h"
#include "lienzo/cli/command.h"
#include "lienzo/cli/console.h"
#include "lienzo/cli/exit_code.h"
#include "lienzo/cli/service_options.h"
#include "lienzo/http/gate.h"

namespace lienzo::cli {
namespace {

constexpr const char* kKeyExamples =
    "Examples:\n"
    "  lienzo key create Ana\n"
    "  lienzo key create team --scope admin --expires 90\n"
    "  lienzo key list\n"
    "  lienzo key revoke lz_ab12cd34";

struct KeyOptions {
  ServiceOptions service;
  std::string name;
  std::vector<std::string> scopes;
  int expires = 0;  // days
  int rate = 0, queued = 0;
  double cost = 0;
  bool json = false;
};

std::string day(const std::optional<jobs::Millis>& time) {
  if (!time) return "-";
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(static_cast<std::time_t>(*time / 1000)));
}

int create(const KeyOptions& options) {
  const auto store = open_store(options.service);
  http::NewKey key = http::make_key(
      options.name, options.scopes.empty() ? std::vector<std::string>{"generate"} : options.scopes);
  if (options.expires > 0)
    key.row.expires = key.row.created + int64_t{options.expires} * 86'400'000;
  key.row.requests_per_minute = options.rate;
  key.row.queued = options.queued;
  key.row.largest_cost = options.cost;
  store->add_key(key.row);
  print(key.secret + "\n");
  say("This is the only time that it is shown; the server keeps a digest of it.");
  return kExitOk;
}

int list(const KeyOptions& options) {
  const auto store = open_store(options.service);
  const std::vector<jobs::ApiKey> keys = store->list_keys();
  if (options.json) {
    Json all = Json::array();
    for (const jobs::ApiKey& key : keys) {
      all.push_back({{"id", key.id},
                     {"name", key.name},
                     {"scopes", key.scopes},
                     {"created", key.created},
                     {"expires", key.expires ? Json(*key.expires) : Json()},
                     {"revoked", key.revoked ? Json(*key.revoked) : Json()},
                     {"last_used", key.last_used ? Json(*key.last_used) : Json()}});
    }
    print_json(all);
    return kExitOk;
  }
  print(fmt::format("{:<12} {:<20} {:<16} {:<11} {:<11} {:<11} {}\n",
                    "KEY",
                    "NAME",
                    "SCOPES",
                    "CREATED",
                    "LAST USED",
                    "EXPIRES",
                    "REVOKED"));
  for (const jobs::ApiKey& key : keys) {
    print(fmt::format("{:<12} {:<20} {:<16} {:<11} {:<11} {:<11} {}\n",
                      key.id,
                      key.name,
                      fmt::format("{}", fmt::join(key.scopes, ",")),
                      day(key.created),
                      day(key.last_used),
                      day(key.expires),
                      day(key.revoked)));
  }
  return kExitOk;
}

int revoke(const KeyOptions& options) {
  const std::string id = options.name.substr(0, options.name.find('_', 3));
  if (!open_store(options.service)->revoke_key(id)) {
    throw Error(ErrorKind::kNotFound,
                fmt::format("[key] there is no key {}; `lienzo key list` shows them", id));
  }
  say(fmt::format("{} is revoked.", id));
  return kExitOk;
}

}  // namespace

void add_key(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("key", "Make and revoke keys of the server");
  command->require_subcommand(0, 1);
  command->footer(kKeyExamples);
  auto options = std::make_shared<KeyOptions>();

  CLI::App* making = command->add_subcommand("create", "Make a key and show it once");
  making->add_option("NAME", options->name, "Whose it is, for people")->required()->type_name("");
  making
      ->add_option(
          "--scope", options->scopes, "read, generate (the default) or admin; may be given again")
      ->type_name("SCOPE");
  limit(
      making->add_option("--expires", options->expires, "Days until it expires (never)"), 1, 36500);
  limit(making->add_option("--rate", options->rate, "Requests a minute (the server's limit)"),
        1,
        1'000'000);
  limit(
      making->add_option("--queued", options->queued, "Jobs waiting at once (the server's limit)"),
      1,
      1'000'000);
  limit_real(
      making->add_option(
          "--largest", options->cost, "Pixels x steps x pictures of one job (the server's limit)"),
      1,
      1e18)
      ->type_name("NUMBER");
  add_service_options(*making, options->service);
  making->callback([&action, options] { action = [options] { return create(*options); }; });

  CLI::App* listing = command->add_subcommand("list", "Show keys, without their secrets");
  listing->add_flag("--json", options->json, "As JSON");
  add_service_options(*listing, options->service);
  listing->callback([&action, options] { action = [options] { return list(*options); }; });

  CLI::App* revoking = command->add_subcommand("revoke", "Make a key worthless");
  revoking->add_option("KEY", options->name, "Its first letters, as `lienzo key list` shows them")
      ->required()
      ->type_name("");
  add_service_options(*revoking, options->service);
  revoking->callback([&action, options] { action = [options] { return revoke(*options); }; });
}

}  // namespace lienzo::cli

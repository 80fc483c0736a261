#include "postgres_server.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <pqxx/connection>
#include <pqxx/except>
#include <stdexcept>
#include <thread>
#include <vector>

namespace lienzo::jobs {
namespace {

namespace fs = std::filesystem;

// The server's programs refuse to run as root; then they run as this user.
const passwd* other_user() {
  if (geteuid() != 0) return nullptr;
  const passwd* user = getpwnam("postgres");
  return user != nullptr ? user : getpwnam("nobody");
}

// The newest version's; Debian keeps them out of the path.
fs::path find_programs() {
  std::vector<fs::path> found;
  std::error_code problem;
  for (fs::directory_iterator it("/usr/lib/postgresql", problem), end; !problem && it != end;
       it.increment(problem)) {
    if (fs::exists(it->path() / "bin/initdb")) found.push_back(it->path() / "bin");
  }
  return found.empty() ? fs::path() : *std::max_element(found.begin(), found.end());
}

pid_t spawn(const std::vector<std::string>& command, const fs::path& log) {
  const passwd* user = other_user();
  std::vector<char*> arguments;
  for (const std::string& argument : command)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child != 0) return child;
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  dup2(out, 1);
  dup2(out, 2);
  if (user != nullptr &&
      (setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) {
    _exit(126);
  }
  // It ends with the test, however that ends.
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (getppid() != parent || chdir("/") != 0) _exit(126);
  execv(arguments[0], arguments.data());
  _exit(127);
}

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::unique_ptr<PostgresServer> PostgresServer::start() {
  const fs::path programs = find_programs();
  if (programs.empty()) return nullptr;
  return std::unique_ptr<PostgresServer>(new PostgresServer(programs));
}

PostgresServer::PostgresServer(fs::path programs) : programs_(std::move(programs)) {
  // Short, since the path of a socket has at most 107 characters.
  std::string name = "/tmp/lienzo-postgres-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = name;
  const passwd* user = other_user();
  if (user != nullptr && chown(name.c_str(), user->pw_uid, user->pw_gid) != 0)
    throw std::runtime_error("cannot give away " + name);
  const pid_t initdb = spawn({programs_ / "initdb",
                              "--pgdata=" + (folder_ / "data").string(),
                              "--username=lienzo",
                              "--auth=trust",
                              "--encoding=UTF8",
                              "--locale=C.UTF-8",
                              "--no-sync",
                              "--no-instructions"},
                             folder_ / "log");
  int status = 0;
  waitpid(initdb, &status, 0);
  if (status != 0) throw std::runtime_error("initdb failed: " + text_of(folder_ / "log"));
  launch();
}

PostgresServer::~PostgresServer() {
  stop(SIGINT);
  fs::remove_all(folder_);
}

std::string PostgresServer::url() const {
  return "postgresql://lienzo@/postgres?host=" + folder_.string();
}

void PostgresServer::launch() {
  server_ = spawn({programs_ / "postgres",
                   "-D",
                   folder_ / "data",
                   "-c",
                   "listen_addresses=",
                   "-c",
                   "unix_socket_directories=" + folder_.string(),
                   "-c",
                   "fsync=off",
                   "-c",
                   "full_page_writes=off",
                   "-c",
                   "shared_buffers=16MB"},
                  folder_ / "log");
  for (int attempt = 0; attempt < 600; ++attempt) {
    try {
      pqxx::connection connection(url());
      return;
    } catch (const pqxx::broken_connection&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
  throw std::runtime_error("the server does not answer: " + text_of(folder_ / "log"));
}

void PostgresServer::stop(int signal) {
  if (server_ < 0) return;
  kill(server_, signal);
  waitpid(server_, nullptr, 0);
  server_ = -1;
}

void PostgresServer::restart() {
  stop(SIGQUIT);
  launch();
}

}  // namespace lienzo::jobs

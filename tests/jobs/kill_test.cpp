// kill_test sqlite|postgresql KILLS [SEED]
// Kills processes that submit and do jobs at random moments, and counts what is left: every job
// that was accepted is done once, with one picture, whose file is whole.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <stdexcept>
#include <thread>

#include "../weights/temporary_folder.h"
#include "lienzo/base/error.h"
#include "lienzo/base/random.h"
#include "lienzo/jobs/blob_store.h"
#include "lienzo/jobs/job_store.h"
#include "postgres_server.h"

namespace lienzo::jobs {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kLease = 400ms;
constexpr auto kStall = 550ms;
constexpr int kWorkers = 4;
constexpr int kNeverGivenUp = 1'000'000;  // with so many kills a job may lose five of its workers
constexpr int kWaiting = 20;              // jobs that clients keep in the queue
constexpr auto kPatience = 120s;          // for the rest of the jobs, after the last kill

/// What the processes share.
struct Place {
  std::string store;
  std::string folder;

  std::string blobs() const { return folder + "/blobs"; }
  std::string accepted() const { return folder + "/accepted"; }
  std::string completed() const { return folder + "/completed"; }
  std::string refused() const { return folder + "/refused"; }
  std::string joined() const { return folder + "/joined"; }
};

// One write, so that a kill leaves the whole line or nothing.
void append_line(const std::string& file, const std::string& text) {
  const std::string line = text + "\n";
  const int out = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (out < 0 || ::write(out, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    throw std::runtime_error("cannot write " + file);
  ::close(out);
}

std::string picture_of(const std::string& job) {
  std::string bytes;
  for (int i = 0; i < 500; ++i) bytes += job;
  return bytes;
}

// Jobs that go together are done together, up to four.
void do_some_jobs(JobStore& store, const BlobStore& blobs, const Place& place, Random& random) {
  const auto first = store.claim(std::to_string(::getpid()), kLease);
  if (!first) {
    std::this_thread::sleep_for(5ms);
    return;
  }
  std::vector<Lease> leases = store.claim_alike(*first, kLease, 3);
  leases.push_back(*first);
  for (int step = 1; step <= 2; ++step) {
    std::this_thread::sleep_for(std::chrono::milliseconds(random.integer(0, 4)));
    std::erase_if(leases, [&](const Lease& lease) {
      return store.renew(lease, {.step = step, .fraction = step / 2.0}, kLease) !=
             JobStore::Hold::kHeld;
    });
  }
  // Some stall until somebody else may have the jobs, and finish nevertheless.
  if (random.chance(0.05)) std::this_thread::sleep_for(kStall);
  for (const Lease& lease : leases) {
    const std::string bytes = picture_of(lease.job.id);
    const std::string id = blobs.put(std::as_bytes(std::span(bytes.data(), bytes.size())));
    const bool completed = store.complete(lease, {{.id = id, .format = "png"}});
    append_line(completed ? place.completed() : place.refused(), lease.job.id);
    if (leases.size() > 1 && completed) append_line(place.joined(), lease.job.id);
  }
}

void submit_one_job(JobStore& store, const Place& place, Random& random) {
  const std::string owner = "owner" + std::to_string(random.integer(0, 3));
  const Submission result =
      store.submit({.owner = owner,
                    .cost = random.uniform(1, 5),
                    .batch = random.chance(0.2) ? "" : "k" + std::to_string(random.integer(0, 1))},
                   {.queued = kWaiting});
  if (result.refusal == Refusal::kNone) {
    append_line(place.accepted(), result.job.id);
  } else {
    std::this_thread::sleep_for(10ms);
  }
}

// What a process does until it is killed. A database that cannot be reached is tried again.
[[noreturn]] void serve(const std::string& role, const Place& place, uint64_t seed) {
  Random random(seed);
  while (true) {
    try {
      const auto store = open_job_store(place.store, kNeverGivenUp);
      const BlobStore blobs(place.blobs());
      while (true) {
        if (role == "client") {
          submit_one_job(*store, place, random);
        } else {
          do_some_jobs(*store, blobs, place, random);
        }
      }
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kIo) {
        append_line(place.folder + "/errors", error.what());
        std::exit(1);
      }
      std::this_thread::sleep_for(20ms);
    }
  }
}

pid_t spawn(const std::string& role, const Place& place, uint64_t seed) {
  const std::string number = std::to_string(seed);
  const pid_t child = fork();
  if (child != 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  execl("/proc/self/exe",
        "kill_test",
        role.c_str(),
        place.store.c_str(),
        place.folder.c_str(),
        number.c_str(),
        nullptr);
  _exit(127);
}

std::map<std::string, int> lines_of(const std::string& file) {
  std::map<std::string, int> lines;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) ++lines[line];
  return lines;
}

std::vector<Job> all_jobs(JobStore& store) {
  std::vector<Job> jobs;
  while (true) {
    const std::vector<Job> page =
        store.list({.before = jobs.empty() ? "" : jobs.back().id, .limit = 500});
    if (page.empty()) return jobs;
    jobs.insert(jobs.end(), page.begin(), page.end());
  }
}

/// Prints the counts; returns how many are wrong.
int count(JobStore& store, const Place& place) {
  const std::map<std::string, int> accepted = lines_of(place.accepted());
  const std::map<std::string, int> completed = lines_of(place.completed());
  const BlobStore blobs(place.blobs());
  int done = 0, unfinished = 0, pictures_missing = 0, pictures_double = 0, files_wrong = 0;
  int attempts = 0, unlogged = 0;
  std::set<std::string> known;
  for (const Job& job : all_jobs(store)) {
    known.insert(job.id);
    attempts += job.attempts;
    if (job.state == JobState::kDone) {
      ++done;
    } else {
      ++unfinished;
      fmt::print("{} is {}: {}\n", job.id, name(job.state), job.error ? job.error->message : "");
    }
    if (job.pictures.empty()) ++pictures_missing;
    if (job.pictures.size() > 1) ++pictures_double;
    for (const std::string& picture : job.pictures)
      if (blobs.read(picture) != picture_of(job.id)) ++files_wrong;
    if (!completed.contains(job.id)) ++unlogged;
  }
  int lost = 0, twice = 0, strange = 0;
  for (const auto& [id, times] : accepted) lost += known.contains(id) ? 0 : 1;
  for (const auto& [id, times] : completed) {
    twice += times > 1 ? 1 : 0;
    strange += known.contains(id) ? 0 : 1;
  }
  const auto errors = lines_of(place.folder + "/errors");
  for (const auto& [text, times] : errors) fmt::print("error: {}\n", text);
  fmt::print(
      "{} jobs accepted, {} in the store ({} after a kill of their client), {} done in {} "
      "attempts\n"
      "{} completions heard of, {} only in the store (killed between the commit and the word), "
      "{} refused; {} done with others\n"
      "wrong: {} lost, {} not done, {} completed twice, {} completed but unknown, {} without "
      "picture, {} with two, {} files damaged, {} other errors\n",
      accepted.size(),
      known.size(),
      known.size() + lost - accepted.size(),
      done,
      attempts,
      completed.size(),
      unlogged,
      lines_of(place.refused()).size(),
      lines_of(place.joined()).size(),
      lost,
      unfinished,
      twice,
      strange,
      pictures_missing,
      pictures_double,
      files_wrong,
      errors.size());
  return lost + unfinished + twice + strange + pictures_missing + pictures_double + files_wrong +
         static_cast<int>(errors.size());
}

int run(const std::string& kind, int kills, uint64_t seed) {
  const weights::TemporaryFolder folder;
  const auto server = kind == "postgresql" ? PostgresServer::start() : nullptr;
  if (kind == "postgresql" && !server) {
    fmt::print("skipped: PostgreSQL is not installed below /usr/lib/postgresql\n");
    return 77;
  }
  const Place place = {server ? server->url() : "sqlite:" + (folder / "jobs.db").string(),
                       folder.path().string()};
  const auto store = open_job_store(place.store);
  Random random(seed);
  uint64_t next = seed * 1'000'000;
  // The first is the client.
  std::vector<pid_t> children;
  const auto start = [&](size_t i) { return spawn(i == 0 ? "client" : "worker", place, ++next); };
  const auto stop = [](pid_t child) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  };
  for (size_t i = 0; i <= kWorkers; ++i) children.push_back(start(i));
  int restarts = 0;
  for (int k = 0; k < kills; ++k) {
    std::this_thread::sleep_for(std::chrono::milliseconds(random.integer(1, 200)));
    const auto victim = static_cast<size_t>(random.integer(0, kWorkers));
    stop(children[victim]);
    children[victim] = start(victim);
    if (server && k % 70 == 35) {
      server->restart();
      ++restarts;
    }
  }
  stop(children[0]);
  std::this_thread::sleep_for(500ms);  // what it sent last may be met after its end
  const auto end = Clock::now() + kPatience;
  for (QueueCounts left; Clock::now() < end; std::this_thread::sleep_for(50ms)) {
    left = store->counts();
    if (left.queued + left.running == 0) break;
  }
  for (size_t i = 1; i < children.size(); ++i) stop(children[i]);
  fmt::print(
      "{}: {} processes killed, the server {} times (seed {})\n", kind, kills, restarts, seed);
  return count(*store, place) == 0 ? 0 : 1;
}

}  // namespace
}  // namespace lienzo::jobs

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if ((what == "client" || what == "worker") && argc == 5)
    lienzo::jobs::serve(what, {argv[2], argv[3]}, std::strtoull(argv[4], nullptr, 10));
  if ((what != "sqlite" && what != "postgresql") || argc < 3) {
    fmt::print("usage: kill_test sqlite|postgresql KILLS [SEED]\n");
    return 2;
  }
  // A disk that flushes slowly would leave few jobs to kill.
  if (std::filesystem::is_directory("/dev/shm") && ::access("/dev/shm", W_OK) == 0)
    ::setenv("TMPDIR", "/dev/shm", /*overwrite=*/0);
  const uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
  return lienzo::jobs::run(what, std::atoi(argv[2]), seed);
}

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/jobs/blob_store.h"
#include "lienzo/jobs/commit_in_doubt.h"
#include "lienzo/jobs/rows.h"
#include "lienzo/jobs/sql_store.h"
#include "lienzo/jobs/ulid.h"

// What clients do with jobs.

namespace lienzo::jobs {
namespace {

constexpr Millis kLately = 3600 * 1000;                   // what retry_after() looks at
constexpr Millis kRemembered = 24 * 3600 * 1000;          // how long removals are
constexpr double kUnknownRetry = 30;                      // seconds
constexpr std::chrono::milliseconds kLongestPause{1600};  // between looks for a job in doubt

void check(const NewJob& job) {
  check_text(job.owner, "owner");
  check_text(job.dialect, "dialect");
  check_text(job.model, "model");
  check_text(job.title, "title");
  check_text(job.batch, "batch");
  if (job.priority < -10 || job.priority > 10) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[jobs] priority, got {}, expected -10 to 10", job.priority));
  }
  if (!std::isfinite(job.cost) || job.cost < 0) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[jobs] cost, got {}, expected a number from 0", job.cost));
  }
}

Submission accepted(Job job) {
  Submission submission;
  submission.job = std::move(job);
  return submission;
}

// Every text of the request that is a digest names a file.
void collect_files(const Json& json, std::set<std::string>& files) {
  if (json.is_string() && is_digest(json.get_ref<const std::string&>())) {
    files.insert(json.get_ref<const std::string&>());
  }
  if (json.is_structured())
    for (const Json& item : json) collect_files(item, files);
}

// Seconds until one more job has probably ended, by those that ended lately (of `owner`, if any).
double retry_after(Transaction& tx, const std::string& owner) {
  const Millis now = tx.now();
  Statement query(
      "SELECT count(*), min(finished) FROM (SELECT finished FROM jobs WHERE finished > ");
  query.bind(Value(now - kLately));
  if (!owner.empty()) query.add(" AND owner = ").bind(Value(owner));
  query.add(" ORDER BY finished DESC LIMIT 20) AS lately");
  const Values row = tx.run(query.sql, query.values).at(0);
  const int64_t ended = integer(row.at(0));
  if (ended == 0) return kUnknownRetry;
  const double seconds = static_cast<double>(now - integer(row.at(1))) / 1000;
  return std::clamp(seconds / static_cast<double>(ended), 1.0, 3600.0);
}

int64_t count_queued(Transaction& tx) {
  return integer(tx.run("SELECT count(*) FROM jobs WHERE state = 'queued'").at(0).at(0));
}

int64_t count_queued_of(Transaction& tx, const std::string& owner) {
  return integer(tx.run("SELECT count(*) FROM jobs WHERE state = 'queued' AND owner = $1", {owner})
                     .at(0)
                     .at(0));
}

// An owner who was away gets no credit for the time: it starts level with who had least of those
// that are here. Start-time fair queueing: Goyal, Vin & Cheng, SIGCOMM 1996.
void enter(Transaction& tx, const std::string& owner) {
  const std::string active =
      "SELECT 1 FROM jobs WHERE jobs.owner = owners.owner AND state IN ('queued', 'running')";
  const Value least =
      tx.run("SELECT min(spent) FROM owners WHERE EXISTS (" + active + ")").at(0).at(0);
  const bool empty = std::holds_alternative<std::monostate>(least);
  if (empty) tx.run("DELETE FROM owners");  // nobody waits: old debts no longer matter
  const Rows here = tx.run(
      "SELECT 1 FROM jobs WHERE owner = $1 AND state IN ('queued', 'running') LIMIT 1", {owner});
  if (!here.empty()) return;
  tx.run(
      "INSERT INTO owners (owner, spent) VALUES ($1, $2) ON CONFLICT (owner) DO UPDATE SET spent = "
      "CASE WHEN owners.spent < excluded.spent THEN excluded.spent ELSE owners.spent END",
      {owner, empty ? 0.0 : real(least)});
}

// Where each queued job stands: the order in which claim() takes them if nothing else comes.
std::string turn_query() {
  return fmt::format(R"(
SELECT turn FROM (
  SELECT id, row_number() OVER ({}) - 1 AS turn FROM ({}) AS starts
) AS turns WHERE id = $1)",
                     kByTurn,
                     kStarts);
}

// What other tables know of the jobs.
void add_pictures(Transaction& tx, std::vector<Job>& jobs) {
  if (jobs.empty()) return;
  std::map<std::string, Job*> by_id;
  std::vector<std::string> ids;
  for (Job& job : jobs) {
    by_id[job.id] = &job;
    ids.push_back(job.id);
  }
  Statement query("SELECT job, id FROM pictures WHERE job IN ");
  query.bind_list(ids).add(" ORDER BY job, idx");
  for (const Values& row : tx.run(query.sql, query.values))
    by_id.at(text(row.at(0)))->pictures.push_back(text(row.at(1)));
  Statement previews("SELECT job FROM previews WHERE job IN ");
  previews.bind_list(ids);
  for (const Values& row : tx.run(previews.sql, previews.values))
    by_id.at(text(row.at(0)))->has_preview = true;
}

std::vector<Job> select_jobs(Transaction& tx, const JobFilter& filter) {
  Statement query(fmt::format("SELECT {} FROM jobs WHERE 1 = 1", kJobColumns));
  if (!filter.owner.empty()) query.add(" AND owner = ").bind(Value(storable_text(filter.owner)));
  if (filter.state) query.add(" AND state = ").bind(Value(std::string(name(*filter.state))));
  if (!filter.before.empty()) query.add(" AND id < ").bind(Value(storable_text(filter.before)));
  if (filter.changed_after) query.add(" AND change > ").bind(Value(*filter.changed_after));
  query.add(filter.changed_after ? " ORDER BY change" : " ORDER BY id DESC");
  query.add(" LIMIT ").bind(Value(int64_t{filter.limit}));
  std::vector<Job> jobs;
  for (const Values& row : tx.run(query.sql, query.values)) jobs.push_back(job_from_row(row));
  add_pictures(tx, jobs);
  return jobs;
}

std::vector<Removal> select_removals(Transaction& tx,
                                     const std::string& owner,
                                     int64_t seen,
                                     int most) {
  Statement query("SELECT change, owner, job, picture FROM removals WHERE change > ");
  query.bind(Value(seen));
  if (!owner.empty()) query.add(" AND owner = ").bind(Value(storable_text(owner)));
  query.add(" ORDER BY change LIMIT ").bind(Value(int64_t{most}));
  std::vector<Removal> removals;
  for (const Values& row : tx.run(query.sql, query.values)) {
    Removal& removal = removals.emplace_back();
    removal.change = integer(row.at(0));
    removal.owner = text(row.at(1));
    removal.job = text(row.at(2));
    removal.picture = text(row.at(3));
  }
  return removals;
}

// Of what comes after the end of a full page nothing is known.
template <class Item>
void end_with_page(const std::vector<Item>& page, int most, News& news) {
  if (static_cast<int>(page.size()) < most) return;
  news.more = true;
  news.seen = std::min(news.seen, page.back().change);
}

}  // namespace

int64_t next_changes(Transaction& tx, int count) {
  const int64_t last =
      integer(tx.run("UPDATE store SET change = change + $1 RETURNING change", {int64_t{count}})
                  .at(0)
                  .at(0));
  tx.announce(last);
  return last - count + 1;
}

void note_removal(Transaction& tx, const Removal& removal) {
  tx.run("INSERT INTO removals (change, owner, job, picture, created) VALUES ($1, $2, $3, $4, $5)",
         {removal.change, removal.owner, removal.job, removal.picture, tx.now()});
}

std::optional<Job> load_job(Transaction& tx, const std::string& id) {
  const Rows rows = tx.run(fmt::format("SELECT {} FROM jobs WHERE id = $1", kJobColumns), {id});
  if (rows.empty()) return std::nullopt;
  std::vector<Job> jobs = {job_from_row(rows.at(0))};
  add_pictures(tx, jobs);
  if (jobs[0].state == JobState::kQueued)
    jobs[0].queue_position = static_cast<int>(integer(tx.run(turn_query(), {id}).at(0).at(0)));
  return std::move(jobs[0]);
}

Submission SqlStore::submit(const NewJob& job, const QueueLimits& limits) {
  check(job);
  const std::string request = json_text(job.request, "request");
  std::set<std::string> files;
  collect_files(job.request, files);
  std::string id;  // chosen once, so that it is known by which to look for the job
  const auto accept = [&](Transaction& tx) -> Submission {
    // Limits hold for all who submit, so that these go one after the other.
    tx.run("SELECT change FROM store" + database_->lock("store"));
    if (!id.empty()) {
      if (std::optional<Job> known = load_job(tx, id)) return accepted(*std::move(known));
    }
    const bool owner_full = count_queued_of(tx, job.owner) >= limits.queued_per_owner;
    if (owner_full || count_queued(tx) >= limits.queued) {
      Submission refused;
      refused.refusal = owner_full ? Refusal::kOwnerQueueFull : Refusal::kQueueFull;
      refused.retry_seconds = retry_after(tx, owner_full ? job.owner : "");
      return refused;
    }
    enter(tx, job.owner);
    const int64_t change = next_changes(tx);
    const Millis now = tx.now();
    if (id.empty()) id = new_ulid(now);
    tx.run(
        "INSERT INTO jobs (id, place, owner, dialect, model, title, request, priority, cost, tags, "
        "state, created, change, batch) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
        "'queued', $11, $12, $13)",
        {id,
         change,
         job.owner,
         job.dialect,
         job.model,
         job.title,
         request,
         int64_t{job.priority},
         job.cost,
         tag_lines(job.tags),
         now,
         change,
         job.batch});
    for (const std::string& file : files)
      tx.run("INSERT INTO inputs (job, file) VALUES ($1, $2)", {id, file});
    return accepted(load_job(tx, id).value());
  };
  try {
    return write(accept);
  } catch (const CommitInDoubt&) {
    // Looked for, and submitted again if it is not there.
  }
  for (std::chrono::milliseconds pause{100}; pause <= kLongestPause; pause *= 2) {
    std::this_thread::sleep_for(pause);
    try {
      return write(accept);
    } catch (const Error& problem) {
      if (problem.kind() != ErrorKind::kIo) throw;
    }
  }
  throw CommitInDoubt(
      "[jobs] the database was lost while it accepted a job, which may or may not be in the queue; "
      "look before submitting it again");
}

std::optional<Job> SqlStore::find(const std::string& id) {
  return read([&](Transaction& tx) { return load_job(tx, storable_text(id)); });
}

std::vector<Job> SqlStore::list(const JobFilter& filter) {
  if (filter.limit < 1 || filter.limit > 500) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[jobs] limit, got {}, expected 1 to 500", filter.limit));
  }
  return read([&](Transaction& tx) { return select_jobs(tx, filter); });
}

QueueCounts SqlStore::counts() {
  return read([](Transaction& tx) {
    QueueCounts counts;
    for (const Values& row : tx.run("SELECT state, count(*) FROM jobs GROUP BY state")) {
      switch (job_state_from_name(text(row.at(0)))) {
        case JobState::kQueued: counts.queued = integer(row.at(1)); break;
        case JobState::kRunning: counts.running = integer(row.at(1)); break;
        case JobState::kDone: counts.done = integer(row.at(1)); break;
        case JobState::kFailed: counts.failed = integer(row.at(1)); break;
        case JobState::kCancelled: counts.cancelled = integer(row.at(1)); break;
      }
    }
    const auto oldest =
        maybe_integer(tx.run("SELECT min(created) FROM jobs WHERE state = 'queued'").at(0).at(0));
    if (oldest) {
      counts.oldest_queued_seconds = std::max(0.0, static_cast<double>(tx.now() - *oldest) / 1000);
    }
    return counts;
  });
}

std::optional<Job> SqlStore::cancel(const std::string& id) {
  return write([&](Transaction& tx) -> std::optional<Job> {
    const Rows rows =
        tx.run("SELECT state, cancel_requested FROM jobs WHERE id = $1" + database_->lock("jobs"),
               {storable_text(id)});
    if (rows.empty()) return std::nullopt;
    const JobState state = job_state_from_name(text(rows[0].at(0)));
    if (state == JobState::kQueued) {
      finish(tx, id, JobState::kCancelled, next_changes(tx));
    } else if (state == JobState::kRunning && integer(rows[0].at(1)) == 0) {
      tx.run("UPDATE jobs SET cancel_requested = 1, change = $2 WHERE id = $1",
             {id, next_changes(tx)});
    }
    return load_job(tx, id);
  });
}

bool SqlStore::remove_job(const std::string& id) {
  return write([&](Transaction& tx) {
    const Rows rows =
        tx.run("SELECT state, owner FROM jobs WHERE id = $1" + database_->lock("jobs"),
               {storable_text(id)});
    if (rows.empty() || !is_final(job_state_from_name(text(rows[0].at(0))))) return false;
    Removal removal;
    removal.change = next_changes(tx);
    removal.owner = text(rows[0].at(1));
    removal.job = id;
    note_removal(tx, removal);
    tx.run("DELETE FROM pictures WHERE job = $1", {id});
    tx.run("DELETE FROM inputs WHERE job = $1", {id});
    tx.run("DELETE FROM jobs WHERE id = $1", {id});
    return true;
  });
}

News SqlStore::news(const std::string& owner, int64_t seen, int most) {
  if (most < 1 || most > 500) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[jobs] news at once, got {}, expected 1 to 500", most));
  }
  return read([&](Transaction& tx) {
    News news;
    news.seen = integer(tx.run("SELECT change FROM store").at(0).at(0));
    JobFilter filter;
    filter.owner = owner;
    filter.changed_after = seen;
    filter.limit = most;
    news.jobs = select_jobs(tx, filter);
    news.removals = select_removals(tx, owner, seen, most);
    end_with_page(news.jobs, most, news);
    end_with_page(news.removals, most, news);
    const auto later = [&](const auto& item) { return item.change > news.seen; };
    std::erase_if(news.jobs, later);
    std::erase_if(news.removals, later);
    return news;
  });
}

int64_t SqlStore::wait_for_change(int64_t seen, std::chrono::milliseconds longest) {
  return database_->changes().wait(seen, longest, poll_, [&] {
    return read(
        [](Transaction& tx) { return integer(tx.run("SELECT change FROM store").at(0).at(0)); });
  });
}

int SqlStore::expire_jobs(Millis older_than) {
  return write([&](Transaction& tx) {
    const Rows gone = tx.run(
        "DELETE FROM jobs WHERE finished < $1 AND state IN ('done', 'failed', 'cancelled') AND NOT "
        "EXISTS (SELECT 1 FROM pictures WHERE pictures.job = jobs.id) RETURNING id",
        {older_than});
    for (const Values& row : gone) tx.run("DELETE FROM inputs WHERE job = $1", {row.at(0)});
    tx.run("DELETE FROM removals WHERE created < $1", {tx.now() - kRemembered});
    return static_cast<int>(gone.size());
  });
}

}  // namespace lienzo::jobs

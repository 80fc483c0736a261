#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "lienzo/base/error.h"
#include "lienzo/jobs/rows.h"
#include "lienzo/jobs/sql_store.h"
#include "lienzo/jobs/ulid.h"
#include "lienzo/text/fold.h"

// What workers do with jobs.

namespace lienzo::jobs {
namespace {

/// A running job whose lease is the one shown; nothing when the lease was lost.
struct Held {
  JobProgress progress;
  bool cancel_requested = false;
  std::string owner;
  double cost = 0;
};

std::optional<Held> hold(Transaction& tx, const Database& database, const Lease& lease) {
  const Rows rows = tx.run(
      "SELECT progress, cancel_requested, owner, cost FROM jobs WHERE id = $1 AND token = $2 AND "
      "state = 'running'" +
          database.lock("jobs"),
      {storable_text(lease.job.id), storable_text(lease.token)});
  if (rows.empty()) return std::nullopt;
  Held held;
  held.progress = progress_from_text(text(rows[0].at(0)));
  held.cancel_requested = integer(rows[0].at(1)) != 0;
  held.owner = text(rows[0].at(2));
  held.cost = real(rows[0].at(3));
  return held;
}

// At its old place; `alone`: whatever happened to it must not happen to its company again.
void requeue(Transaction& tx, const std::string& id, int64_t change, bool alone) {
  tx.run(
      "UPDATE jobs SET state = 'queued', started = NULL, worker = '', token = '', lease_end = "
      "NULL, progress = '{}', change = $2 WHERE id = $1",
      {id, change});
  if (alone) tx.run("UPDATE jobs SET batch = '' WHERE id = $1", {id});
  tx.run("DELETE FROM previews WHERE job = $1", {id});
}

void spend(Transaction& tx, const std::string& owner, double cost) {
  tx.run(
      "INSERT INTO owners (owner, spent) VALUES ($1, $2) ON CONFLICT (owner) DO UPDATE SET spent = "
      "owners.spent + excluded.spent",
      {owner, cost});
}

int expire(Transaction& tx, const Database& database, int most_losses) {
  const Rows ended = tx.run(
      "SELECT id, cancel_requested, lost FROM jobs WHERE state = 'running' AND lease_end <= $1" +
          database.lock_free_ones("jobs"),
      {tx.now()});
  if (ended.empty()) return 0;
  int64_t change = next_changes(tx, static_cast<int>(ended.size()));
  for (const Values& row : ended) {
    const std::string& id = text(row.at(0));
    const int64_t lost = integer(row.at(2)) + 1;
    tx.run("UPDATE jobs SET lost = $2 WHERE id = $1", {id, lost});
    if (integer(row.at(1)) != 0) {
      finish(tx, id, JobState::kCancelled, change);
    } else if (lost >= most_losses) {
      finish(tx,
             id,
             JobState::kFailed,
             change,
             JobError{std::string(name(ErrorKind::kInternal)),
                      fmt::format("[jobs] given up: {} times a worker began this job and was not "
                                  "heard of again; a smaller picture may fit into its memory",
                                  lost)});
    } else {
      requeue(tx, id, change, /*alone=*/true);
    }
    ++change;
  }
  return static_cast<int>(ended.size());
}

std::optional<std::string> next_job(Transaction& tx,
                                    const Database& database,
                                    const std::vector<std::string>& only_models) {
  Statement query(
      "SELECT jobs.id FROM jobs LEFT JOIN owners ON owners.owner = jobs.owner WHERE state = "
      "'queued'");
  if (!only_models.empty()) query.add(" AND model IN ").bind_list(only_models);
  query.add(" ORDER BY priority DESC, coalesce(spent, 0), place LIMIT 1");
  query.add(database.lock_free_ones("jobs"));
  const Rows rows = tx.run(query.sql, query.values);
  if (rows.empty()) return std::nullopt;
  return text(rows[0].at(0));
}

// Those that wait with this key, in their turn. They are chosen first and locked then, since
// PostgreSQL locks no rows of a window; what others took in between is left out.
std::vector<std::string> next_alike(Transaction& tx,
                                    const Database& database,
                                    const std::string& batch,
                                    size_t most) {
  const std::string chosen =
      fmt::format("SELECT id FROM ({}) AS starts WHERE batch = $1 {} LIMIT $2", kStarts, kByTurn);
  std::vector<std::string> ids;
  for (const Values& row :
       tx.run("SELECT id FROM jobs WHERE state = 'queued' AND batch = $1 AND "
              "id IN (" +
                  chosen + ") ORDER BY priority DESC, place" + database.lock_free_ones("jobs"),
              {batch, static_cast<int64_t>(most)}))
    ids.push_back(text(row.at(0)));
  return ids;
}

Lease take(Transaction& tx,
           const std::string& id,
           const std::string& worker,
           std::chrono::milliseconds lease,
           int64_t change) {
  const Millis now = tx.now();
  Lease claimed;
  claimed.token = random_token();
  tx.run(
      "UPDATE jobs SET state = 'running', started = $2, attempts = attempts + 1, worker = $3, "
      "token = $4, lease_end = $5, progress = '{}', change = $6 WHERE id = $1",
      {id, now, storable_text(worker), claimed.token, now + lease.count(), change});
  claimed.job = load_job(tx, id).value();
  spend(tx, claimed.job.what.owner, claimed.job.what.cost);
  return claimed;
}

void add_picture(Transaction& tx, const PictureRow& picture, int64_t seq) {
  tx.run(
      "INSERT INTO pictures (seq, id, job, owner, idx, width, height, format, bytes, prompt, "
      "negative_prompt, folded, model, seed, created, tags, record) VALUES ($1, $2, $3, $4, $5, "
      "$6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
      {seq,
       picture.id,
       picture.job,
       picture.owner,
       int64_t{picture.index},
       int64_t{picture.width},
       int64_t{picture.height},
       picture.format,
       picture.bytes,
       picture.prompt,
       picture.negative_prompt,
       text::fold(picture.prompt + "\n" + picture.negative_prompt),
       picture.model,
       std::bit_cast<int64_t>(picture.seed),
       picture.created,
       tag_lines(picture.tags),
       json_text(picture.record, "record")});
}

}  // namespace

void finish(Transaction& tx,
            const std::string& id,
            JobState state,
            int64_t change,
            const std::optional<JobError>& error) {
  const Value none;
  tx.run(
      "UPDATE jobs SET state = $2, finished = $3, token = '', lease_end = NULL, error_kind = $4, "
      "error_message = $5, change = $6 WHERE id = $1",
      {id,
       std::string(name(state)),
       tx.now(),
       error ? Value(storable_text(error->kind)) : none,
       error ? Value(storable_text(error->message)) : none,
       change});
  tx.run("DELETE FROM previews WHERE job = $1", {id});
}

std::optional<Lease> SqlStore::claim(const std::string& worker,
                                     std::chrono::milliseconds lease,
                                     const std::vector<std::string>& only_models) {
  return write([&](Transaction& tx) -> std::optional<Lease> {
    expire(tx, *database_, most_losses_);
    const std::optional<std::string> id = next_job(tx, *database_, only_models);
    if (!id) return std::nullopt;
    return take(tx, *id, worker, lease, next_changes(tx));
  });
}

std::vector<Lease> SqlStore::claim_alike(const Lease& first,
                                         std::chrono::milliseconds lease,
                                         size_t most) {
  const std::string& batch = first.job.what.batch;
  if (batch.empty() || most == 0) return {};
  return write([&](Transaction& tx) {
    const std::vector<std::string> ids = next_alike(tx, *database_, batch, most);
    std::vector<Lease> leases;
    if (ids.empty()) return leases;
    int64_t change = next_changes(tx, static_cast<int>(ids.size()));
    for (const std::string& id : ids)
      leases.push_back(take(tx, id, first.job.worker, lease, change++));
    return leases;
  });
}

JobStore::Hold SqlStore::renew(const Lease& lease,
                               const JobProgress& progress,
                               std::chrono::milliseconds duration) {
  return write([&](Transaction& tx) {
    const std::optional<Held> held = hold(tx, *database_, lease);
    if (!held) return Hold::kLost;
    tx.run("UPDATE jobs SET lease_end = $2 WHERE id = $1",
           {lease.job.id, tx.now() + duration.count()});
    JobProgress now = progress;
    now.stage = storable_text(now.stage);
    now.fraction = std::max(now.fraction, held->progress.fraction);
    // A sign of life alone wakes nobody.
    if (now != held->progress) {
      tx.run("UPDATE jobs SET progress = $2, change = $3 WHERE id = $1",
             {lease.job.id, progress_text(now), next_changes(tx)});
    }
    return held->cancel_requested ? Hold::kCancelRequested : Hold::kHeld;
  });
}

bool SqlStore::put_preview(const Lease& lease, int index, int step, const std::string& bytes) {
  return write([&](Transaction& tx) {
    if (!hold(tx, *database_, lease)) return false;
    tx.run("UPDATE jobs SET change = $2 WHERE id = $1", {lease.job.id, next_changes(tx)});
    tx.run(
        "INSERT INTO previews (job, idx, step, bytes) VALUES ($1, $2, $3, $4) ON CONFLICT (job) DO "
        "UPDATE SET idx = excluded.idx, step = excluded.step, bytes = excluded.bytes",
        {lease.job.id, int64_t{index}, int64_t{step}, Bytes{bytes}});
    return true;
  });
}

std::optional<JobStore::Preview> SqlStore::preview(const std::string& id) {
  return read([&](Transaction& tx) -> std::optional<Preview> {
    const Rows rows =
        tx.run("SELECT idx, step, bytes FROM previews WHERE job = $1", {storable_text(id)});
    if (rows.empty()) return std::nullopt;
    Preview preview;
    preview.index = static_cast<int>(integer(rows[0].at(0)));
    preview.step = static_cast<int>(integer(rows[0].at(1)));
    preview.bytes = std::get<Bytes>(rows[0].at(2)).data;
    return preview;
  });
}

bool SqlStore::complete(const Lease& lease, const std::vector<PictureRow>& pictures) {
  for (const PictureRow& picture : pictures) {
    check_text(picture.id, "id of a picture");
    check_text(picture.format, "format of a picture");
    check_text(picture.prompt, "prompt");
    check_text(picture.negative_prompt, "negative prompt");
    check_text(picture.model, "model");
  }
  return write([&](Transaction& tx) {
    std::optional<Held> held = hold(tx, *database_, lease);
    if (!held) return false;
    int64_t change = next_changes(tx, 1 + static_cast<int>(pictures.size()));
    finish(tx, lease.job.id, JobState::kDone, change);
    held->progress.fraction = 1;
    held->progress.seconds_left.reset();
    tx.run("UPDATE jobs SET progress = $2 WHERE id = $1",
           {lease.job.id, progress_text(held->progress)});
    for (PictureRow picture : pictures) {
      picture.job = lease.job.id;
      picture.owner = held->owner;
      if (picture.created == 0) picture.created = tx.now();
      add_picture(tx, picture, ++change);
    }
    return true;
  });
}

bool SqlStore::fail(const Lease& lease, const JobError& error) {
  return write([&](Transaction& tx) {
    if (!hold(tx, *database_, lease)) return false;
    finish(tx, lease.job.id, JobState::kFailed, next_changes(tx), error);
    return true;
  });
}

bool SqlStore::confirm_cancel(const Lease& lease) {
  return write([&](Transaction& tx) {
    if (!hold(tx, *database_, lease)) return false;
    finish(tx, lease.job.id, JobState::kCancelled, next_changes(tx));
    return true;
  });
}

bool SqlStore::give_back(const Lease& lease, bool alone) {
  return write([&](Transaction& tx) {
    const std::optional<Held> held = hold(tx, *database_, lease);
    if (!held) return false;
    const int64_t change = next_changes(tx);
    if (held->cancel_requested) {
      finish(tx, lease.job.id, JobState::kCancelled, change);
    } else {
      requeue(tx, lease.job.id, change, alone);
      spend(tx, held->owner, -held->cost);  // it got nothing for it
    }
    return true;
  });
}

int SqlStore::expire_leases() {
  return write([&](Transaction& tx) { return expire(tx, *database_, most_losses_); });
}

}  // namespace lienzo::jobs

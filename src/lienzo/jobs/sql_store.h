#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lienzo/jobs/database.h"
#include "lienzo/jobs/job_store.h"

namespace lienzo::jobs {

/// JobStore over a database. Every transaction that changes something locks in this order, so that
/// none waits in a circle: rows of jobs (one, or those free), store.change, rows of owners, the
/// rest.
class SqlStore final : public JobStore {
 public:
  /// `database` has its tables already. Changes by other processes are looked for every `poll`.
  SqlStore(std::unique_ptr<Database> database, std::chrono::milliseconds poll, int most_losses)
      : database_(std::move(database)), poll_(poll), most_losses_(most_losses) {}

  // sql_jobs.cpp
  Submission submit(const NewJob& job, const QueueLimits& limits) override;
  std::optional<Job> find(const std::string& id) override;
  std::vector<Job> list(const JobFilter& filter) override;
  QueueCounts counts() override;
  std::optional<Job> cancel(const std::string& id) override;
  bool remove_job(const std::string& id) override;
  News news(const std::string& owner, int64_t seen, int most) override;
  int64_t wait_for_change(int64_t seen, std::chrono::milliseconds longest) override;
  int expire_jobs(Millis older_than) override;

  // sql_queue.cpp
  std::optional<Lease> claim(const std::string& worker,
                             std::chrono::milliseconds lease,
                             const std::vector<std::string>& only_models) override;
  std::vector<Lease> claim_alike(const Lease& first,
                                 std::chrono::milliseconds lease,
                                 size_t most) override;
  Hold renew(const Lease& lease,
             const JobProgress& progress,
             std::chrono::milliseconds duration) override;
  bool put_preview(const Lease& lease, int index, int step, const std::string& bytes) override;
  std::optional<Preview> preview(const std::string& id) override;
  bool complete(const Lease& lease, const std::vector<PictureRow>& pictures) override;
  bool fail(const Lease& lease, const JobError& error) override;
  bool confirm_cancel(const Lease& lease) override;
  bool give_back(const Lease& lease, bool alone) override;
  int expire_leases() override;

  // sql_pictures.cpp
  std::optional<PictureRow> find_picture(const std::string& owner, const std::string& id) override;
  PicturePage list_pictures(const PictureFilter& filter) override;
  std::vector<PictureRow> pictures_of(const std::vector<std::string>& jobs) override;
  bool set_tags(const std::string& owner,
                const std::string& id,
                const std::vector<std::string>& tags) override;
  bool remove_picture(const std::string& owner, const std::string& id) override;
  bool is_referenced(const std::string& picture_id) override;
  std::vector<std::string> expire_pictures(std::optional<Millis> older_than,
                                           int64_t most_bytes) override;

  // sql_uploads.cpp
  void add_upload(const std::string& owner, const std::string& file) override;
  bool has_upload(const std::string& owner, const std::string& file) override;
  int expire_uploads(Millis older_than) override;

  // sql_settings.cpp
  std::map<std::string, std::string> settings(const std::string& owner) override;
  void put_settings(const std::string& owner,
                    const std::map<std::string, std::string>& settings) override;

  // sql_keys.cpp
  void add_key(const ApiKey& key) override;
  std::optional<ApiKey> find_key(const std::string& id) override;
  std::vector<ApiKey> list_keys() override;
  bool revoke_key(const std::string& id) override;
  void touch_key(const std::string& id) override;

 private:
  /// What `body` returned when its transaction was committed.
  template <class Body>
  auto transact(Database::Access access, const Body& body) {
    std::optional<decltype(body(std::declval<Transaction&>()))> result;
    database_->transact(access, [&](Transaction& tx) { result = body(tx); });
    return *std::move(result);
  }
  template <class Body>
  auto read(const Body& body) {
    return transact(Database::Access::kRead, body);
  }
  template <class Body>
  auto write(const Body& body) {
    return transact(Database::Access::kWrite, body);
  }

  std::unique_ptr<Database> database_;
  std::chrono::milliseconds poll_;
  int most_losses_;
};

// ---- what the sources of SqlStore share

/// The next `count` numbers of change; returns the first. Holds the lock on them until the
/// transaction ends, so that they become visible in their order.
int64_t next_changes(Transaction& tx, int count = 1);

/// The whole job, with its pictures and its place.
std::optional<Job> load_job(Transaction& tx, const std::string& id);

/// Queued jobs with their `start`: what their owner will have had before them, if they are taken
/// in the order of kByTurn and nothing else comes.
inline constexpr std::string_view kStarts = R"(
    SELECT id, batch, priority, place, coalesce(spent, 0) + coalesce(
        sum(cost) OVER (PARTITION BY jobs.owner ORDER BY priority DESC, place
                        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS start
    FROM jobs LEFT JOIN owners ON owners.owner = jobs.owner WHERE state = 'queued')";
inline constexpr std::string_view kByTurn = "ORDER BY priority DESC, start, place";

/// Takes down that something was removed, under the number `removal.change`.
void note_removal(Transaction& tx, const Removal& removal);

/// Ends a job; `error` for kFailed.
void finish(Transaction& tx,
            const std::string& id,
            JobState state,
            int64_t change,
            const std::optional<JobError>& error = {});

}  // namespace lienzo::jobs

#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lienzo/jobs/job.h"

namespace lienzo::jobs {

/// Limits that submit() checks in the transaction that accepts the job, so that they hold however
/// many servers share the store.
struct QueueLimits {
  int queued = 1000;           // jobs waiting, of everybody
  int queued_per_owner = 100;  // of one owner
};

enum class Refusal { kNone, kQueueFull, kOwnerQueueFull };

struct Submission {
  Refusal refusal = Refusal::kNone;
  Job job;                   // when accepted
  double retry_seconds = 0;  // when refused: a guess from how fast jobs ended lately, 1 to 3600
};

/// A job that a worker has, until the lease ends. `token` is new for every claim, so that a worker
/// that lost its lease can change nothing any more.
struct Lease {
  Job job;
  std::string token;
};

struct JobFilter {
  std::string owner = {};  // empty: everybody's
  std::optional<JobState> state = {};
  std::optional<int64_t> changed_after = {};  // jobs whose `change` is greater, by change
  std::string before = {};                    // ids less than this one; for pages
  int limit = 50;                             // 1 to 500
};

/// What changed after some change, by change upwards.
struct News {
  std::vector<Job> jobs;
  std::vector<Removal> removals;
  int64_t seen = 0;   // nothing up to this change is missing; where to go on
  bool more = false;  // there is more already
};

struct PictureFilter {
  std::string owner = {};  // empty: everybody's
  std::string text = {};   // every word occurs in one of the prompts, accents and case aside
  std::string model = {};
  std::string tag = {};
  std::string job = {};
  std::optional<Millis> from = {}, until = {};  // made at `from` or later, before `until`
  std::string before = {};                      // a cursor that a page before gave; newest first
  int limit = 50;                               // 1 to 500
};

struct PicturePage {
  std::vector<PictureRow> pictures;
  std::string next;  // cursor; empty on the last page
};

struct ApiKey {
  std::string id = {};  // public: the first letters of the key
  std::string name = {};
  std::string hash = {};  // SHA-256 of the secret, which is random and long, hexadecimal
  std::vector<std::string> scopes = {};  // "generate", "admin"
  Millis created = 0;
  std::optional<Millis> expires = {}, revoked = {}, last_used = {};
  int requests_per_minute = 0;  // 0: the server's default
  int queued = 0;               // likewise
  double largest_cost = 0;      // of one job, likewise
};

/// What the whole queue looks like, for metrics and health.
struct QueueCounts {
  int64_t queued = 0, running = 0, done = 0, failed = 0, cancelled = 0;
  double oldest_queued_seconds = 0;
};

/// Where jobs, pictures' rows and keys live. Every method is one transaction, safe from any thread
/// and, with a database that allows it, from any machine. Throws Error(kIo) where the database
/// cannot be reached or written, saying what to do.
class JobStore {
 public:
  virtual ~JobStore() = default;

  // ---- what clients do
  /// Throws CommitInDoubt where it cannot be found out whether the job was accepted.
  virtual Submission submit(const NewJob& job, const QueueLimits& limits) = 0;
  virtual std::optional<Job> find(const std::string& id) = 0;
  /// Newest first, or by `change` upwards with changed_after.
  virtual std::vector<Job> list(const JobFilter& filter) = 0;
  virtual QueueCounts counts() = 0;
  /// A queued job becomes cancelled at once; a running one is asked to stop (cancel_requested).
  /// Returns the job as it is then; a final one stays as it is.
  virtual std::optional<Job> cancel(const std::string& id) = 0;
  /// Removes a final job and its rows of pictures, which is a Removal. False when there is none or
  /// it is not final.
  virtual bool remove_job(const std::string& id) = 0;
  /// Everything of `owner` (empty: everybody) that changed after `seen`, at most `most` jobs and
  /// removals, 1 to 500. Removals are remembered for a day.
  virtual News news(const std::string& owner, int64_t seen, int most = 500) = 0;
  /// Waits until there is a change greater than `seen`, or for `longest`; returns the greatest
  /// change. Changes by other processes are noticed within a second.
  virtual int64_t wait_for_change(int64_t seen, std::chrono::milliseconds longest) = 0;

  // ---- what workers do
  /// The next job for `worker`, if there is one: the highest priority first; among equals, owners
  /// take turns by what their jobs cost, and each owner's jobs go in order. `only_models` empty:
  /// any. Jobs whose lease ended count as queued again.
  virtual std::optional<Lease> claim(const std::string& worker,
                                     std::chrono::milliseconds lease,
                                     const std::vector<std::string>& only_models = {}) = 0;
  /// Up to `most` further jobs that can be drawn together with `first`, whose lease is held: those
  /// that wait with its batch key (none for an empty one), in the order in which claim() would give
  /// them, whatever waits between them. Each is a claim of its own, paid for by its owner.
  virtual std::vector<Lease> claim_alike(const Lease& first,
                                         std::chrono::milliseconds lease,
                                         size_t most) = 0;
  enum class Hold { kHeld, kCancelRequested, kLost };
  /// Tells progress and makes the lease last from now on. kLost: somebody else may have it.
  virtual Hold renew(const Lease& lease,
                     const JobProgress& progress,
                     std::chrono::milliseconds duration) = 0;
  /// A small picture of how it looks so far (encoded; `index` within the job).
  virtual bool put_preview(const Lease& lease, int index, int step, const std::string& bytes) = 0;
  struct Preview {
    int index = 0, step = 0;
    std::string bytes;
  };
  /// The latest preview of a job that runs.
  virtual std::optional<Preview> preview(const std::string& id) = 0;
  /// Ends the job with its pictures, all at once; false when the lease is lost, and then nothing
  /// happened. A picture whose id is there already for this owner gets another row (of this job).
  virtual bool complete(const Lease& lease, const std::vector<PictureRow>& pictures) = 0;
  virtual bool fail(const Lease& lease, const JobError& error) = 0;
  /// The worker saw cancel_requested and stopped.
  virtual bool confirm_cancel(const Lease& lease) = 0;
  /// Gives the job back to the queue, at its old place (a server that stops). `alone`: it is not
  /// drawn together with others any more (they failed together).
  virtual bool give_back(const Lease& lease, bool alone = false) = 0;
  /// Jobs whose lease ended go back to the queue, or fail when that happened `most_losses` times (a
  /// job that kills its worker must not kill them all); those that were to be cancelled are; those
  /// that go back are drawn alone from then on. Returns how many. claim() does it too.
  virtual int expire_leases() = 0;

  // ---- pictures; an empty owner stands for everybody's
  /// The newest row with this id.
  virtual std::optional<PictureRow> find_picture(const std::string& owner,
                                                 const std::string& id) = 0;
  virtual PicturePage list_pictures(const PictureFilter& filter) = 0;
  /// The pictures of these jobs, by job and index.
  virtual std::vector<PictureRow> pictures_of(const std::vector<std::string>& jobs) = 0;
  /// Of all rows with this id. False when there is none; so does remove_picture, which is a Removal
  /// for each row.
  virtual bool set_tags(const std::string& owner,
                        const std::string& id,
                        const std::vector<std::string>& tags) = 0;
  virtual bool remove_picture(const std::string& owner, const std::string& id) = 0;
  /// Whether any row still has this id or the request of any job names it, so that its file must
  /// stay.
  virtual bool is_referenced(const std::string& picture_id) = 0;
  /// Oldest pictures beyond the limits (0: none): rows are removed, which is a Removal each, their
  /// ids returned.
  virtual std::vector<std::string> expire_pictures(std::optional<Millis> older_than,
                                                   int64_t most_bytes) = 0;
  /// Removes final jobs without pictures that ended before.
  virtual int expire_jobs(Millis older_than) = 0;

  // ---- uploads: files that an owner sent, known by their digests
  virtual void add_upload(const std::string& owner, const std::string& file) = 0;
  /// Whether this owner (empty: anybody) sent the file, or has a job that names it.
  virtual bool has_upload(const std::string& owner, const std::string& file) = 0;
  /// Forgets who sent files before, unless a job names them.
  virtual int expire_uploads(Millis older_than) = 0;

  // ---- settings of an owner, by name, as clients of a dialect keep them
  virtual std::map<std::string, std::string> settings(const std::string& owner) = 0;
  /// Those that are not named stay as they are.
  virtual void put_settings(const std::string& owner,
                            const std::map<std::string, std::string>& settings) = 0;

  // ---- keys
  virtual void add_key(const ApiKey& key) = 0;
  virtual std::optional<ApiKey> find_key(const std::string& id) = 0;
  virtual std::vector<ApiKey> list_keys() = 0;
  virtual bool revoke_key(const std::string& id) = 0;
  virtual void touch_key(const std::string& id) = 0;  // last_used, written at most once a minute
};

/// "sqlite:PATH", a path, or "postgresql://user@host/name". Creates what is missing and brings an
/// older schema up to date; throws Error(kUnsupported) for a newer one. `most_losses`: how often a
/// job may lose its lease until it is given up.
std::unique_ptr<JobStore> open_job_store(const std::string& where, int most_losses = 5);

}  // namespace lienzo::jobs

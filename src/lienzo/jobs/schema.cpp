#include "lienzo/jobs/schema.h"

namespace lienzo::jobs {
namespace {

// Types are PostgreSQL's; SQLite takes their meaning from the names (sqlite.org/datatype3.html).
constexpr std::string_view kTables = R"(
CREATE TABLE store (change BIGINT NOT NULL);  -- one row: the number of the latest change of any job
INSERT INTO store VALUES (0);

CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  place BIGINT NOT NULL,  -- the change that accepted it: the order of an owner's jobs
  owner TEXT NOT NULL,
  dialect TEXT NOT NULL,
  model TEXT NOT NULL,
  title TEXT NOT NULL,
  request TEXT NOT NULL,
  priority BIGINT NOT NULL,
  cost DOUBLE PRECISION NOT NULL,
  tags TEXT NOT NULL,  -- a JSON text per line, with a line end before and after each
  state TEXT NOT NULL,
  created BIGINT NOT NULL,  -- milliseconds since 1970, like all times here
  started BIGINT,
  finished BIGINT,
  attempts BIGINT NOT NULL DEFAULT 0,
  lost BIGINT NOT NULL DEFAULT 0,  -- attempts whose lease ended
  cancel_requested BIGINT NOT NULL DEFAULT 0,
  worker TEXT NOT NULL DEFAULT '',
  token TEXT NOT NULL DEFAULT '',  -- of the lease, while it runs
  lease_end BIGINT,
  progress TEXT NOT NULL DEFAULT '{}',
  error_kind TEXT,
  error_message TEXT,
  change BIGINT NOT NULL
);
CREATE UNIQUE INDEX jobs_change ON jobs (change);
CREATE INDEX jobs_owner ON jobs (owner, id);
CREATE INDEX jobs_active ON jobs (owner, state) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_queued ON jobs (priority, place) WHERE state = 'queued';
CREATE INDEX jobs_running ON jobs (lease_end) WHERE state = 'running';
CREATE INDEX jobs_state ON jobs (state, id);
CREATE INDEX jobs_finished ON jobs (finished);

-- How much of the machine each owner had, in units of cost, since the queue was last empty.
CREATE TABLE owners (owner TEXT PRIMARY KEY, spent DOUBLE PRECISION NOT NULL);

CREATE TABLE previews (
  job TEXT PRIMARY KEY,
  idx BIGINT NOT NULL,
  step BIGINT NOT NULL,
  bytes BYTEA NOT NULL
);

CREATE TABLE pictures (
  seq BIGINT PRIMARY KEY,  -- a number of store.change: newer ones are greater
  id TEXT NOT NULL,
  job TEXT NOT NULL,
  owner TEXT NOT NULL,
  idx BIGINT NOT NULL,
  width BIGINT NOT NULL,
  height BIGINT NOT NULL,
  format TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  prompt TEXT NOT NULL,
  negative_prompt TEXT NOT NULL,
  folded TEXT NOT NULL,  -- both prompts without accents and capitals, for searches
  model TEXT NOT NULL,
  seed BIGINT NOT NULL,  -- the 64 bits of an unsigned number
  created BIGINT NOT NULL,
  tags TEXT NOT NULL,
  record TEXT NOT NULL
);
CREATE INDEX pictures_id ON pictures (id);
CREATE INDEX pictures_job ON pictures (job, idx);
CREATE INDEX pictures_owner ON pictures (owner, seq);
CREATE INDEX pictures_created ON pictures (created);

CREATE TABLE keys (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  hash TEXT NOT NULL,
  scopes TEXT NOT NULL,  -- like tags
  created BIGINT NOT NULL,
  expires BIGINT,
  revoked BIGINT,
  last_used BIGINT,
  requests_per_minute BIGINT NOT NULL,
  queued BIGINT NOT NULL,
  largest_cost DOUBLE PRECISION NOT NULL
);
)";

// Files that a job's request names, so that they are kept while the job is.
constexpr std::string_view kInputs = R"(
CREATE TABLE inputs (job TEXT NOT NULL, file TEXT NOT NULL, PRIMARY KEY (job, file));
CREATE INDEX inputs_file ON inputs (file);
)";

// Jobs with the same key, if it is not empty, may be drawn together.
constexpr std::string_view kBatches = R"(
ALTER TABLE jobs ADD COLUMN batch TEXT NOT NULL DEFAULT '';
CREATE INDEX jobs_batch ON jobs (batch) WHERE state = 'queued' AND batch <> '';
)";

// Who sent which files.
constexpr std::string_view kUploads = R"(
CREATE TABLE uploads (
  owner TEXT NOT NULL,
  file TEXT NOT NULL,
  created BIGINT NOT NULL,
  PRIMARY KEY (file, owner)
);
)";

// What was removed, for those who follow the news.
constexpr std::string_view kRemovals = R"(
CREATE TABLE removals (
  change BIGINT PRIMARY KEY,  -- a number of store.change
  owner TEXT NOT NULL,
  job TEXT NOT NULL,
  picture TEXT NOT NULL,  -- empty: the job with its pictures
  created BIGINT NOT NULL
);
)";

constexpr std::string_view kSettings = R"(
CREATE TABLE settings (
  owner TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (owner, name)
);
)";

constexpr std::string_view kMigrations[] = {
    kTables, kInputs, kBatches, kUploads, kRemovals, kSettings};

}  // namespace

std::span<const std::string_view> migrations() { return kMigrations; }

}  // namespace lienzo::jobs

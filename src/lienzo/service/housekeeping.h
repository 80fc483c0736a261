#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>

#include "lienzo/jobs/blob_store.h"
#include "lienzo/jobs/job_store.h"

namespace lienzo::service {

struct Retention {
  std::optional<std::chrono::hours> pictures = {};  // how long they are kept; nothing: for ever
  int64_t picture_bytes = 0;                        // of all; the oldest go first; 0: no limit
  std::chrono::hours jobs{24 * 30};                 // jobs that are over and have no pictures
  std::chrono::hours uploads{24};                   // pictures that no job and no gallery needs
};

/// One round: jobs whose worker died go back to the queue, what is too old or too much goes.
void keep_house(jobs::JobStore& store, const jobs::BlobStore& blobs, const Retention& retention);

/// Keeps house about once a minute.
class Housekeeper {
 public:
  Housekeeper(jobs::JobStore& store, const jobs::BlobStore& blobs, Retention retention);
  ~Housekeeper();
  Housekeeper(const Housekeeper&) = delete;
  Housekeeper& operator=(const Housekeeper&) = delete;

 private:
  void run();

  jobs::JobStore& store_;
  const jobs::BlobStore& blobs_;
  const Retention retention_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace lienzo::service

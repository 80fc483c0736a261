#pragma once

#include <memory>
#include <string>

#include "lienzo/jobs/database.h"

namespace lienzo::jobs {

/// Connects to "postgresql://user@host/name" and brings the tables, which live in the schema
/// "lienzo", up to date. Throws Error: kIo where it cannot; kUnsupported for tables newer than this
/// program.
std::unique_ptr<Database> open_postgres(const std::string& url);

}  // namespace lienzo::jobs

#pragma once

#include <filesystem>
#include <memory>

#include "lienzo/jobs/database.h"

namespace lienzo::jobs {

/// Opens or makes the file and its folder, and brings its tables up to date. Throws Error: kIo;
/// kUnsupported for tables newer than this program; kCorrupt for a file that is no database;
/// kInvalidInput for a database of another program.
std::unique_ptr<Database> open_sqlite(const std::filesystem::path& file);

}  // namespace lienzo::jobs

#pragma once

#include <cstddef>

namespace lienzo {

/// From now on, reading a mapped file (MappedFile) that somebody has cut short gives zeros in place
/// of ending the process by SIGBUS; FileStamp then says that the file is another. For programs,
/// once at their start: signals are the process', so a library does not do it unasked.
void survive_cut_files();

/// A mapping that the guard is to know of, until it is forgotten. Of more than a few hundred at a
/// time the last are not guarded.
void guard_mapping(const void* data, size_t bytes);
void forget_mapping(const void* data);

}  // namespace lienzo

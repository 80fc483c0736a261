#include "lienzo/weights/byte_reader.h"

#include "lienzo/base/error.h"

namespace lienzo::weights {

void ByteReader::fail(const std::string& what) const {
  throw Error(ErrorKind::kCorrupt, "[" + std::string(where_) + "] " + what);
}

void ByteReader::fail_cut_off(uint64_t length) const {
  fail("cut off at byte " + std::to_string(position_) + ", got " + std::to_string(remaining()) +
       " more bytes, expected " + std::to_string(length) +
       "; the file may be an unfinished download");
}

}  // namespace lienzo::weights

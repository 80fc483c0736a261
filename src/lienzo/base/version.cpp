#include "lienzo/base/version.h"

namespace lienzo {

std::string_view version() { return LIENZO_VERSION; }

}  // namespace lienzo

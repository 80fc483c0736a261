#pragma once

#include <span>
#include <string_view>

#include "lienzo/http/route.h"

namespace lienzo::http {

/// A file of web/studio, as it is in the program.
struct StudioFile {
  std::string_view name;  // "app.js", "i18n/es.js"
  std::string_view bytes;
};

/// Made by the build, from web/studio.
std::span<const StudioFile> studio_files();

/// GET / and /studio/...
Routes studio_routes();

}  // namespace lienzo::http

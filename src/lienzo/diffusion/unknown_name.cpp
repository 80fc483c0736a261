#include "lienzo/diffusion/unknown_name.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lienzo/base/error.h"
#include "lienzo/base/suggest.h"

namespace lienzo::diffusion {

void refuse_unknown_name(std::string_view where,
                         std::string_view what,
                         std::string_view name,
                         std::span<const std::string> known) {
  constexpr size_t kShown = 64;
  const std::string near = suggestion(name, known);
  throw Error(ErrorKind::kInvalidInput,
              fmt::format("[{}] unknown {} '{}'{} one of: {}",
                          where,
                          what,
                          name.substr(0, kShown),
                          near.empty() ? ", expected" : near + " Expected",
                          fmt::join(known, ", ")));
}

}  // namespace lienzo::diffusion

#include "lienzo/text/normalizer.h"

#include "lienzo/text/fold.h"

namespace lienzo::text {

std::string normalize(std::string_view text, const std::vector<NormalizerStep>& steps) {
  std::string result(text);
  for (const NormalizerStep step : steps) {
    result = step == NormalizerStep::kNfc ? compose(result) : lower_case_each(result);
  }
  return result;
}

}  // namespace lienzo::text

#include "lienzo/text/normalizer.h"

#include "lienzo/text/fold.h"

namespace lienzo::text {

std::string normalize(std::string_view text, const std::vector<NormalizerStep>& steps) {
  std::string result(text);
  for (const NormalizerStep step : steps) {
    switch (step) {
      case NormalizerStep::kNfc: result = compose(result); break;
      case NormalizerStep::kLowercase: result = lower_case_each(result); break;
      case NormalizerStep::kCollapseBlanks: result = collapse_blanks(result); break;
    }
  }
  return result;
}

}  // namespace lienzo::text

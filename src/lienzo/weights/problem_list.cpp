#include "lienzo/weights/problem_list.h"

namespace lienzo::weights {

void add_problems(std::string& message,
                  std::string_view what,
                  const std::vector<std::string>& items) {
  constexpr size_t kItemsShown = 20;
  if (items.empty()) return;
  message +=
      (message.empty() ? "" : "; ") + std::to_string(items.size()) + " " + std::string(what) + ": ";
  for (size_t i = 0; i < items.size() && i < kItemsShown; ++i)
    message += (i ? ", " : "") + items[i];
  if (items.size() > kItemsShown)
    message += " and " + std::to_string(items.size() - kItemsShown) + " more";
}

}  // namespace lienzo::weights

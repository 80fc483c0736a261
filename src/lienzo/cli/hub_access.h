#pragma once

#include "lienzo/hub/hub_client.h"

namespace lienzo::cli {

/// Which hub, and as whom, as the environment says and other programs for the hub understand it:
/// HF_ENDPOINT; HF_TOKEN, else HUGGING_FACE_HUB_TOKEN, else the file HF_TOKEN_PATH, else `token` in
/// HF_HOME or in huggingface of $XDG_CACHE_HOME or ~/.cache.
hub::HubAccess hub_access();

}  // namespace lienzo::cli

#include "a.h"

#include <torch/torch.h>

#include "lienzo/models/b.h"

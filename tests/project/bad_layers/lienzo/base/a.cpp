#include <torch/torch.h>

#include "a.h"
#include "lienzo/models/b.h"

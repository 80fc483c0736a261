#pragma once

#include "lienzo/base/error.h"
#include "lienzo/models/b.h"
#include "lienzo/weights/load.h"
#include "lienzo/weights/tensor_index.h"

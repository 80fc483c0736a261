#include "lienzo/nn/skip_init.h"

namespace lienzo::nn {
namespace {
thread_local int alive = 0;
}  // namespace

SkipInit::SkipInit() { ++alive; }
SkipInit::~SkipInit() { --alive; }
bool SkipInit::active() { return alive > 0; }

}  // namespace lienzo::nn

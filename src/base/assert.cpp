#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace lockstep {

void assertion_failed(const char* expression, const char* file, int line) {
    std::fprintf(stderr, "lockstep: assertion failed: %s (%s:%d)\n", expression, file, line);
    std::abort();
}

}  // namespace lockstep

#pragma once

#include <cstddef>

namespace lockstep::test {

/// Bytes that this thread has asked operator new for since the program began; freed ones count too.
/// The test executable replaces operator new for this.
size_t allocated_bytes();

}  // namespace lockstep::test

#pragma once

namespace lockstep {

[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace lockstep

/// For errors of the programmer only, never for input. Stays on in release builds.
#define LS_ASSERT(expression)                                              \
    do {                                                                   \
        if (!(expression)) [[unlikely]] {                                  \
            ::lockstep::assertion_failed(#expression, __FILE__, __LINE__); \
        }                                                                  \
    } while (false)

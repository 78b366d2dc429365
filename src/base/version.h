#pragma once

#include <string_view>

namespace lockstep {

/// The same as CMakeLists.txt's; a test holds them together.
constexpr std::string_view kVersion = "0.1.0";

}  // namespace lockstep

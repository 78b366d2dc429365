#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>

namespace lockstep::client {

/// What a broker answers of `what`, with the reason it gives; no error where the code is 0.
Error answered_error(int16_t code, const std::optional<std::string>& detail, std::string what);

}  // namespace lockstep::client

#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace lockstep::runtime {

/// `text` with what "${env:NAME}" and "${file:/path}" in it stand for: the environment's variable,
/// and the file's content without the newline at its end. Reads anew each time, so that who calls
/// it for each connection sees a secret that was changed. Errors name what is missing, and hold no
/// part of any secret. Files end at 1 MiB.
Result<std::string> resolve_references(std::string_view text);

/// Whether something of `text` stands for itself, and not for a variable or a file.
bool has_literal_part(std::string_view text);

}  // namespace lockstep::runtime

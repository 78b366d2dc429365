#pragma once

// PURE: what looks like a secret in the comments of a configuration ("# password: ..."), which the
// parser of the configuration passes over.

#include "app/config_problems.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::app {

/// What stands behind the name of a secret, up to the end of the line.
struct CommentSecret {
    size_t offset = 0;
    size_t size = 0;
    TextPosition at;
    std::string key;  // as it is written there
};

/// In the order of the text, at most one for each comment. References are no secrets.
/// `is_in_value`: whether what is at an offset belongs to a value of the document, so that "#"
/// begins no comment there.
std::vector<CommentSecret> secrets_in_comments(std::string_view text,
                                               const std::function<bool(size_t)>& is_in_value);

}  // namespace lockstep::app

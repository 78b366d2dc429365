#pragma once

// PURE: the records of `__lockstep_followed`, in which a link remembers what it has set on the
// target besides records: texts, so that people can read them.
//
//     key    "<source cluster id>|config|<topic on the target>"
//     value  "1", then "|<name>=<value>" for each setting that both sides have agreed on
//
// '|', '=', '%' and control characters within a part are written as '%' and two hex digits.

#include "base/result.h"
#include "replication/three_way.h"

#include <string>
#include <string_view>
#include <vector>

namespace lockstep::replication {

/// The parts with '|' between them.
std::string join_parts(const std::vector<std::string>& parts);
std::vector<std::string> split_parts(std::string_view text);

std::string encode_settings(const Settings& settings);
/// Errors: `malformed`, `unsupported` for what a newer Lockstep wrote.
Result<Settings> decode_settings(std::string_view value);

}  // namespace lockstep::replication

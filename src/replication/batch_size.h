#pragma once

// PURE: how large a batch may be that is made anew.

#include "replication/batch_rewrite.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace lockstep::replication {

/// `batch_size` as an operator gave it, but never more than what the target's topic takes, where
/// its max.message.bytes is known. Sizes are counted before compression, and what cannot be
/// compressed grows a little: a sixty-fourth of the topic's limit is left for that.
inline void limit_made(BatchLimits& limits, int64_t batch_size,
                       std::optional<int64_t> max_message_bytes) {
    const int64_t taken = max_message_bytes ? *max_message_bytes - *max_message_bytes / 64
                                            : std::numeric_limits<int64_t>::max();
    limits.made_bytes = static_cast<size_t>(std::max<int64_t>(std::min(batch_size, taken), 1));
    limits.merged_bytes = limits.made_bytes;
}

}  // namespace lockstep::replication

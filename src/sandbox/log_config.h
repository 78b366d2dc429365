#pragma once

#include "protocol/compression.h"

#include <cstdint>
#include <limits>
#include <optional>

namespace lockstep::sandbox {

/// The topic settings that a log follows; the defaults are those of Kafka 4.3.
struct LogConfig {
    int64_t max_message_bytes = 1'048'588;
    int64_t segment_bytes = 1'073'741'824;
    bool is_compacted = false;
    bool is_deleted = true;  // cleanup.policy has `delete`
    bool uses_append_time = false;
    bool refuses_append_time_bit = false;         // of batches, whatever the topic's timestamps are
    std::optional<protocol::Codec> codec;         // compression.type; none set: the producer's
    int64_t retention_ms = 7 * 24 * 3'600'000LL;  // -1: no limit
    int64_t retention_bytes = -1;
    int64_t timestamp_before_max_ms = std::numeric_limits<int64_t>::max();
    int64_t timestamp_after_max_ms = 3'600'000;
    int32_t min_insync_replicas = 1;
    int64_t delete_retention_ms = 86'400'000;
    bool has_delete_horizon = true;  // KIP-534, since 3.1
};

}  // namespace lockstep::sandbox

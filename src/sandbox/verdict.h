#pragma once

#include "protocol/kafka_error.h"

#include <optional>
#include <string>

namespace lockstep::sandbox {

/// Whether a request, or a part of it, is refused, and what the client is told.
struct Verdict {
    protocol::KafkaError error = protocol::KafkaError::none;
    std::string message;

    bool is_refused() const { return error != protocol::KafkaError::none; }
    /// As answers have it: nothing where nothing is refused.
    std::optional<std::string> told() const {
        return is_refused() ? std::optional(message) : std::nullopt;
    }
};

}  // namespace lockstep::sandbox

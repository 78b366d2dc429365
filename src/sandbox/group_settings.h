#pragma once

#include "sandbox/cluster.h"

#include <charconv>

namespace lockstep::sandbox {

/// A broker's setting as a number; `fallback` where it has none.
inline int64_t broker_number(const Cluster& cluster, const std::string& key, int64_t fallback) {
    const std::string text = cluster.broker_config(key);
    int64_t value = fallback;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace lockstep::sandbox

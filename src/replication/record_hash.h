#pragma once

// PURE: a record as a number, by all that a client sees of it but its offset.

#include "protocol/records.h"

#include <cstdint>

namespace lockstep::replication {

/// `timestamp_ms`: 0 where times are not to be compared. Not for anything that is stored.
uint64_t hash_of(int64_t timestamp_ms, const protocol::Record& record);

}  // namespace lockstep::replication

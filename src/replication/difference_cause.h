#pragma once

// PURE: why a copy with kept offsets differs from its source at an offset, told from who wrote the
// target's batch there.

#include "model/ids.h"
#include "model/link_status.h"
#include "protocol/record_batch.h"

#include <optional>
#include <string>

namespace lockstep::replication {

/// `stream` is Lockstep's producer id for the partition. `at_target` covers the offset; nothing
/// where the target's log has no batch there.
std::string cause_of(const Difference& difference,
                     const std::optional<protocol::RecordBatchView>& at_target, ProducerId stream);

}  // namespace lockstep::replication

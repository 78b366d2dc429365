#pragma once

// PURE: why streams of a partition must not go on as the link's configuration has them now, as far
// as the store has read what was noted of them before.

#include "model/link.h"
#include "replication/offsets_store.h"
#include "replication/resume_point.h"

#include <string>

namespace lockstep::replication {

/// Whether the target's log ends with a copy that keeps another cluster's offsets. Of what ends
/// with another's record, all streams must have been read.
bool holds_others_copy(const OffsetsStore& store, const PartitionLogs& logs, ProducerId own);

/// Why the source's `own` stream must not go on in the link's form; "" where it may. Where the form
/// says `one_origin`, or the link has `origins`, all streams must have been read.
std::string changed_form_problem(const OffsetsStore& store, const StreamKey& own,
                                 const OffsetsStore::TargetLog& at_target, const LinkSpec& link);

/// Why a stream that has brought nothing yet must not begin: its records came by another route. ""
/// where it may.
std::string changed_route_problem(const OffsetsStore& store, const StreamKey& stream,
                                  const OffsetsStore::TargetLog& at_target, const LinkSpec& link);

}  // namespace lockstep::replication

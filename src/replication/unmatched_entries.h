#pragma once

// PURE: which of a link's entries copy nothing, by mistake most likely.

#include "model/link.h"
#include "model/unmatched_entry.h"

#include <string>
#include <vector>

namespace lockstep::replication {

/// Of `spec.topics`, in their order, those that match no topic that the source has; `exclude`
/// counts. `topics` are all that the source shows. The entries must be valid.
std::vector<UnmatchedEntry> unmatched_entries(const LinkSpec& spec,
                                              const std::vector<std::string>& topics);

}  // namespace lockstep::replication

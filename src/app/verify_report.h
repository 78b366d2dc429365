#pragma once

// PURE: what `lockstep verify` prints.

#include "replication/verification.h"

#include <string>
#include <vector>

namespace lockstep::app {

/// Where some links have topics of those asked for, only these links.
std::vector<replication::LinkVerification> without_topicless(
    std::vector<replication::LinkVerification> links);

/// One line for a partition, and one for each of its first differences.
std::string render_verified(const replication::VerifiedPartition& partition);

/// The last lines: the sums of each link.
std::string render_verification(const std::vector<replication::LinkVerification>& links);

std::string verification_json(const std::vector<replication::LinkVerification>& links);

/// Something differs, is not copied yet, or could not be compared.
bool has_trouble(const std::vector<replication::LinkVerification>& links);

}  // namespace lockstep::app

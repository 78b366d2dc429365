#pragma once

// PURE: what a partition does about an error of either cluster.

#include <system_error>

namespace lockstep::replication {

enum class Reaction {
    retry,          // look at both logs again soon, and go on from there
    retry_refused,  // what a cluster does not take, or cannot read: the same, but not for ever
    block,          // an operator has to change something; looked at again from time to time
};

/// Another process does what only one may do at a time.
std::error_code not_our_turn();

Reaction reaction_to(const std::error_code& error);

/// Whether it was a request that failed. What waits for a leader to be elected, or for its turn,
/// has asked nobody yet.
bool is_failed_request(const std::error_code& error);

/// Whether the target refused a batch for its size: a smaller one may pass.
bool is_too_large(const std::error_code& error);

}  // namespace lockstep::replication

#pragma once

// PURE: what a partition does about an error of either cluster.

#include <system_error>

namespace lockstep::replication {

enum class Reaction {
    retry,          // look at both logs again soon, and go on from there
    retry_refused,  // what a cluster does not take, or cannot read: the same, but not for ever
    block,          // an operator has to change something; looked at again from time to time
};

/// What waits for its turn, which one process at a time has: nothing has gone wrong, and nobody was
/// asked for anything.
enum class TurnWait {
    not_ours = 1,   // another process has it, or it is not known yet who has it
    looked_before,  // it is ours, but the logs were looked at before it came: once more
};
std::error_code make_error_code(TurnWait wait);
bool is_wait_for_turn(const std::error_code& error);

Reaction reaction_to(const std::error_code& error);

/// Whether it was a request that failed. What waits for a leader to be elected, or for its turn,
/// has asked nobody yet.
bool is_failed_request(const std::error_code& error);

/// Whether the target refused a batch for its size: a smaller one may pass.
bool is_too_large(const std::error_code& error);

}  // namespace lockstep::replication

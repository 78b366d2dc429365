#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace lockstep::sandbox {

/// Who somebody says to be when offsets are committed: a member in its generation or member epoch,
/// or nobody (-1 and empty), as admin clients and consumers without a group are.
struct MemberClaim {
    std::string member_id;
    std::optional<std::string> instance_id;
    int32_t epoch = -1;
    /// Of a transaction (TxnOffsetCommit): old producers cannot say for whom they commit.
    bool is_transactional = false;
    /// Of OffsetCommit.
    int16_t version = 9;
};

}  // namespace lockstep::sandbox

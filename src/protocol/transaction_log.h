#pragma once

// PURE: the records of the topic __transaction_state, in which transaction coordinators write down
// what becomes of each transaction (Kafka's TransactionLogKey and TransactionLogValue).

#include "model/ids.h"
#include "protocol/records.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

constexpr const char* kTransactionLogTopic = "__transaction_state";

enum class TransactionStatus : int8_t {
    empty = 0,
    ongoing = 1,
    prepare_commit = 2,  ///< decided: markers are written to all of its partitions
    prepare_abort = 3,
    complete_commit = 4,  ///< all of its markers are written
    complete_abort = 5,
    dead = 6,
    prepare_epoch_fence = 7,
};

/// What one record says about the transaction of a transactional id.
struct TransactionState {
    std::string transactional_id;
    ProducerId producer_id;
    ProducerEpoch producer_epoch;
    TransactionStatus status{};
    std::vector<TopicPartition> partitions;  ///< of the transaction; none once it is complete
    int64_t updated_ms = -1;                 ///< by the coordinator's clock
    /// From 2 on the producer's epoch rises with the end of each transaction (KIP-890).
    int16_t transaction_version = 0;
};

/// Nothing where a transactional id was forgotten (a tombstone). Errors: `malformed`, `unsupported`
/// for versions that Kafka 4.3 does not know.
Result<std::optional<TransactionState>> parse_transaction_state(const Record& record);

}  // namespace lockstep::protocol

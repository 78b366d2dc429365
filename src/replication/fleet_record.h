#pragma once

// PURE: what the workers of a link tell each other through Kafka's group protocol. A claim is what
// a member joins with (JoinGroup's metadata), a table what the leader gives each member
// (SyncGroup's assignment).
//
//     claim  version, worker's name, generation, able, topics[name, partitions[index, owned,
//            rate]], pauses, orders[topic, index, resume];
//            version 1 lacks "able", versions 1 and 2 lack the pauses and the orders
//     table  version, workers[member id, name], topics[name, partitions[index, worker, moves to,
//            rate]], pauses; version 1 lacks them
//     pauses version of the agreement, scopes[topic or null, index or -1]
//
// Rates are rounded to a tenth. A table for 5,000 partitions takes some 20 KB for each worker; the
// coordinator keeps all of them in one record of __consumer_offsets (1 MB at most, as a rule).

#include "base/bytes.h"
#include "base/result.h"
#include "replication/fleet_plan.h"
#include "replication/shared_pauses.h"

#include <string>
#include <vector>

namespace lockstep::replication {

struct FleetClaim {
    std::string name;         // of the worker, for people
    int32_t generation = -1;  // of the table by which it has what it owns
    bool is_able = true;      // to copy
    std::set<TopicPartition> owned;
    FleetRates rates;  // of each partition that it knows, as it has measured
    ToldPauses pauses;

    Bytes encode() const;
    /// Errors: `malformed`, `unsupported` for what a newer Lockstep wrote.
    static Result<FleetClaim> decode(ByteView bytes);
};

struct FleetTable {
    struct Worker {
        std::string member_id;
        std::string name;

        bool operator==(const Worker&) const = default;
    };

    std::vector<Worker> workers;
    FleetPlan plan;  // by their places in `workers`
    FleetRates rates;
    AgreedPauses pauses;

    Bytes encode() const;
    /// Errors: `malformed`, `unsupported` for what a newer Lockstep wrote.
    static Result<FleetTable> decode(ByteView bytes);
};

}  // namespace lockstep::replication

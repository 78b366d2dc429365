#pragma once

// PURE: what the workers of a link tell each other through Kafka's group protocol. A claim is what
// a member joins with (JoinGroup's metadata), a table what the leader gives each member
// (SyncGroup's assignment).
//
//     claim  version, worker's name, generation, able, topics[name, partitions[index, owned,
//     rate]];
//            version 1 lacks "able"
//     table  version, workers[member id, name], topics[name, partitions[index, worker, moves to,
//     rate]]
//
// Rates are rounded to a tenth. A table for 5,000 partitions takes some 20 KB for each worker; the
// coordinator keeps all of them in one record of __consumer_offsets (1 MB at most, as a rule).

#include "base/bytes.h"
#include "base/result.h"
#include "replication/fleet_plan.h"

#include <string>
#include <vector>

namespace lockstep::replication {

struct FleetClaim {
    std::string name;         // of the worker, for people
    int32_t generation = -1;  // of the table by which it has what it owns
    bool is_able = true;      // to copy
    std::set<TopicPartition> owned;
    FleetRates rates;  // of each partition that it knows, as it has measured

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

    Bytes encode() const;
    /// Errors: `malformed`, `unsupported` for what a newer Lockstep wrote.
    static Result<FleetTable> decode(ByteView bytes);
};

}  // namespace lockstep::replication

#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "model/ids.h"
#include "protocol/api_key.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace lockstep::sandbox {

class Cluster;

/// Where one partition's batches are kept besides memory. Owned by its PartitionLog.
class LogStorage {
public:
    virtual ~LogStorage() = default;

    /// A whole batch, with its offsets, behind those that are there. After an error nothing of it
    /// is there.
    virtual Result<void> append(ByteView batch) = 0;
    /// Takes away the batches that begin at or behind `end`.
    virtual void truncate(Offset end) = 0;
    /// Everything anew, at once or not at all.
    virtual void replace(const std::vector<Bytes>& kept) = 0;
    /// Nobody needs what is before `start` any more, and that has been saved.
    virtual void forget_before(Offset start) = 0;

    /// Up to where everything is as safe as was asked for.
    virtual Offset safe_end() const = 0;
    /// What is there cannot be trusted: the partition is out of service.
    virtual bool is_damaged() const = 0;
};

/// What of a cluster's metadata has changed since it was saved last.
struct Unsaved {
    bool topics = false;    // and partitions, their leaders, epochs and starts
    bool settings = false;  // broker configs, ACLs, users, quotas
    bool producer_ids = false;
    std::set<std::string> groups;        // their offsets
    std::set<std::string> transactions;  // by transactional id

    bool any() const {
        return topics || settings || producer_ids || !groups.empty() || !transactions.empty();
    }
};

/// What a cluster must not forget, outside of memory. A cluster without one keeps everything in
/// memory only. Owned by a Cluster, on its loop.
class Storage {
public:
    virtual ~Storage() = default;

    /// What was saved, into a cluster that has nothing yet.
    virtual Result<void> restore(Cluster& cluster) = 0;

    /// For a partition that is new.
    virtual std::shared_ptr<LogStorage> open_log(const Uuid& topic, PartitionIndex index) = 0;

    /// Saves what has changed, all of it or nothing.
    virtual Result<void> save(Cluster& cluster, const Unsaved& unsaved) = 0;

    /// Whether there is something written that a crash of the machine may take away, and that was
    /// to be safe from it.
    virtual bool has_unsynced() const = 0;
    /// On an error, some of it may be lost: nothing of it may be acknowledged.
    virtual Result<void> sync() = 0;
};

/// PURE: what requests of a kind may change that nobody notes where it changes. Requests that are
/// not known to change nothing are taken for such as may change everything.
Unsaved changes_by(protocol::ApiKey key);

/// PURE: the answer claims nothing that has to be on a disk before.
bool is_answered_at_once(protocol::ApiKey key);

}  // namespace lockstep::sandbox

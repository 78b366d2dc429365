#pragma once

#include "model/ids.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::sandbox {

struct CommittedOffset {
    Offset offset;
    LeaderEpoch leader_epoch = kNoLeaderEpoch;
    std::string metadata;
    int64_t committed_at_ms = 0;
    /// Where the client said how long to keep it (OffsetCommit 2 to 4).
    std::optional<int64_t> expires_at_ms;
};

/// The offsets of one group: those that count, and those that open transactions have staged.
class CommittedOffsets {
public:
    void commit(const TopicPartition& partition, CommittedOffset offset);
    /// Counts once its transaction commits, unless a plain commit comes after it.
    void stage(ProducerId producer, const TopicPartition& partition, CommittedOffset offset);
    /// False: it has staged nothing here.
    bool end_transaction(ProducerId producer, bool is_commit);

    const CommittedOffset* find(const TopicPartition& partition) const;
    /// An open transaction may change it (KIP-447).
    bool is_unstable(const TopicPartition& partition) const;
    std::vector<TopicPartition> partitions() const;
    /// There is nothing that counts or may come to.
    bool is_empty() const { return committed_.empty() && staged_.empty(); }

    void erase(const TopicPartition& partition) { committed_.erase(partition); }
    void forget_topic(const std::string& topic);
    /// Unstable ones stay.
    using Rule =
        std::function<bool(const TopicPartition& partition, const CommittedOffset& offset)>;
    /// Whether there was any.
    bool erase_if(const Rule& is_over);

    /// `order` says which of two commits is the later one.
    struct Entry {
        CommittedOffset offset;
        uint64_t order = 0;
    };
    using Entries = std::map<TopicPartition, Entry>;

    // For who saves them and gets them back.
    const Entries& committed() const { return committed_; }
    const std::map<ProducerId, Entries>& staged() const { return staged_; }
    void restore(const TopicPartition& partition, Entry entry);
    void restore_staged(ProducerId producer, const TopicPartition& partition, Entry entry);

private:
    Entries committed_;
    std::map<ProducerId, Entries> staged_;
    uint64_t last_order_ = 0;
};

}  // namespace lockstep::sandbox

#include "replication/transaction_coverage.h"

#include <algorithm>
#include <iterator>
#include <map>

namespace lockstep::replication {

using End = ScannedTransaction::End;
using Identity = SourceTransaction::Identity;
using Records = ScannedTransaction::Records;

namespace {

/// What the scans show of one producer.
class ProducerTraces {
public:
    void add(size_t partition, const ScannedTransaction& seen) {
        Lowest& lowest = lowest_[partition];
        if (seen.records == Records::seen) {
            lowest.epoch = std::min(lowest.epoch, seen.epoch);
        }
        if (seen.end == End::open) {
            return;
        }
        lowest.marker_epoch = std::min(lowest.marker_epoch, seen.marker_epoch);
        // A marker of nothing may have been under way for long.
        if (seen.records == Records::seen) {
            int64_t& newest =
                newest_ms_.try_emplace(seen.marker_epoch, seen.stamp_ms).first->second;
            newest = std::max(newest, seen.stamp_ms);
        }
    }

    void finish() {
        int64_t newest = kBeforeAllTime;
        for (auto& [epoch, stamp_ms] : newest_ms_) {
            newest = std::max(newest, stamp_ms);
            stamp_ms = newest;
        }
    }

    /// Whether an earlier transaction of the producer was seen in a partition.
    bool has_earlier(size_t partition, const SourceTransaction& than) const {
        const auto lowest = lowest_.find(partition);
        return lowest != lowest_.end() && (lowest->second.epoch < than.epoch ||
                                           lowest->second.marker_epoch < first_end_of(than));
    }

    /// The newest stamp of all earlier transactions.
    int64_t newest_before(const SourceTransaction& transaction) const {
        const auto behind = newest_ms_.lower_bound(first_end_of(transaction));
        return behind == newest_ms_.begin() ? kBeforeAllTime : std::prev(behind)->second;
    }

private:
    struct Lowest {
        ProducerEpoch epoch{INT16_MAX};
        ProducerEpoch marker_epoch{INT16_MAX};
    };

    /// The lowest epoch that its own markers can have: all below are those of earlier ones.
    static ProducerEpoch first_end_of(const SourceTransaction& transaction) {
        const int own_epoch = transaction.identity == Identity::epoch ? 1 : 0;
        return ProducerEpoch(static_cast<int16_t>(transaction.epoch.value() + own_epoch));
    }

    std::map<size_t, Lowest> lowest_;             // by partition
    std::map<ProducerEpoch, int64_t> newest_ms_;  // of all markers up to that epoch
};

/// One call of missing_scans().
class Covering {
public:
    explicit Covering(const std::vector<PartitionScan>& scans) : scans_(scans) {
        for (size_t partition = 0; partition < scans.size(); ++partition) {
            for (const ScannedTransaction& seen : scans[partition].transactions) {
                producers_[seen.producer_id].add(partition, seen);
            }
        }
        for (auto& [id, traces] : producers_) {
            traces.finish();
        }
    }

    std::vector<ScanDemand> run(const std::vector<SourceTransaction>& transactions,
                                const TransactionCut& cut) && {
        for (size_t partition = 0; partition < scans_.size(); ++partition) {
            if (cut.ends[partition] < scans_[partition].from) {
                demand(partition, std::nullopt);
            }
        }
        for (size_t i = 0; i < transactions.size(); ++i) {
            if (cut.is_outside[i]) {
                cover(transactions[i]);
            }
        }
        std::vector<ScanDemand> demands;
        for (const auto& [partition, since] : demands_) {
            demands.push_back({partition, since});
        }
        return demands;
    }

private:
    /// Further back wins over a time: nobody knows yet how far that is.
    void demand(size_t partition, std::optional<int64_t> since_ms) {
        if (scans_[partition].is_from_log_start) {
            return;
        }
        const auto [entry, is_new] = demands_.try_emplace(partition, since_ms);
        if (!is_new && entry->second && (!since_ms || *since_ms < *entry->second)) {
            entry->second = since_ms;
        }
    }

    void cover(const SourceTransaction& transaction) {
        std::vector<bool> has_begun(scans_.size());
        for (const IdentifiedPart& part : transaction.parts) {
            if (!part.is_start_known) {
                demand(part.partition, std::nullopt);
            } else if (part.scanned != nullptr &&
                       (transaction.identity == Identity::epoch || part.scanned->begins_epoch)) {
                has_begun[part.partition] = true;
            }
        }
        if (transaction.identity == Identity::coordinator) {
            return;
        }
        const std::optional<int64_t> since = decided_after(transaction);
        const ProducerTraces& traces = producers_[transaction.producer_id];
        for (size_t partition = 0; partition < scans_.size(); ++partition) {
            const PartitionScan& scan = scans_[partition];
            const bool is_covered = scan.is_from_log_start || (since && *since >= scan.since_ms) ||
                                    has_begun[partition] ||
                                    traces.has_earlier(partition, transaction);
            if (!is_covered) {
                demand_for(transaction, partition, since);
            }
        }
    }

    /// Without a time to go by, one is looked for near the transaction first: any marker before it.
    void demand_for(const SourceTransaction& transaction, size_t partition,
                    std::optional<int64_t> since) {
        bool is_looked_for = false;
        for (const IdentifiedPart& part : transaction.parts) {
            if (!since && !scans_[part.partition].is_from_log_start) {
                demand(part.partition, std::nullopt);
                is_looked_for = true;
            }
        }
        if (!is_looked_for) {
            demand(partition, since);
        }
    }

    /// A time before which none of the transaction's markers was made, by any broker's clock.
    std::optional<int64_t> decided_after(const SourceTransaction& transaction) {
        int64_t newest = producers_[transaction.producer_id].newest_before(transaction);
        for (const IdentifiedPart& part : transaction.parts) {
            if (transaction.identity == Identity::epoch && part.scanned != nullptr) {
                newest = std::max(newest, part.scanned->after_ms);
            }
        }
        return newest == kBeforeAllTime ? std::nullopt
                                        : std::optional(earlier_by(kClockSlackMs, newest));
    }

    const std::vector<PartitionScan>& scans_;
    std::map<ProducerId, ProducerTraces> producers_;
    std::map<size_t, std::optional<int64_t>> demands_;
};

}  // namespace

std::vector<ScanDemand> missing_scans(const std::vector<PartitionScan>& scans,
                                      const std::vector<SourceTransaction>& transactions,
                                      const TransactionCut& cut) {
    return Covering(scans).run(transactions, cut);
}

}  // namespace lockstep::replication

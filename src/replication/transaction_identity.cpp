#include "replication/transaction_identity.h"

#include <deque>
#include <map>
#include <set>
#include <utility>

namespace lockstep::replication {

using End = ScannedTransaction::End;
using Identity = SourceTransaction::Identity;
using Records = ScannedTransaction::Records;
using Where = CommitPlace::Where;

namespace {

using ProducerAndEpoch = std::pair<ProducerId, ProducerEpoch>;

ProducerEpoch epoch_after(ProducerEpoch epoch) {
    return ProducerEpoch(static_cast<int16_t>(epoch.value() + 1));
}

ProducerEpoch epoch_before(ProducerEpoch epoch) {
    return ProducerEpoch(static_cast<int16_t>(epoch.value() - 1));
}

IdentifiedPart part_of(size_t partition, const ScannedTransaction& scanned) {
    const Offset last = scanned.end == End::open ? IdentifiedPart::kNeverWhole : scanned.last;
    return {partition, scanned.first, last, scanned.is_start_known, &scanned};
}

IdentifiedPart part_before(size_t partition, const PartitionScan& scan) {
    return {partition, scan.from - 1, scan.from - 1, false, nullptr};
}

IdentifiedPart part_behind(size_t partition, const PartitionScan& scan) {
    return {partition, scan.end, IdentifiedPart::kNeverWhole, true, nullptr};
}

struct InPartition {
    size_t partition = 0;
    const ScannedTransaction* scanned = nullptr;
};

/// One call of identify_transactions().
class Identifying {
public:
    explicit Identifying(const SourceView& view) : view_(view) {}

    std::vector<SourceTransaction> run() && {
        sort_out();
        for (const InPartition& open : open_) {
            take_open(open);
        }
        for (const auto& [key, unseen] : unseen_by_epoch_) {
            if (const auto known = by_epoch_.find(key); known != by_epoch_.end()) {
                add_unseen(unseen, known->second);
            }
        }
        for (auto& [id, partitions] : producers_) {
            tell_apart(id, partitions);
        }
        std::vector<SourceTransaction> all = std::move(told_apart_);
        for (auto* group : {&by_epoch_, &unknown_}) {
            for (auto& [key, transaction] : *group) {
                all.push_back(std::move(transaction));
            }
        }
        return all;
    }

private:
    using Producer = std::map<size_t, ProducerInPartition>;  // by partition

    void sort_out() {
        for (size_t partition = 0; partition < view_.scans.size(); ++partition) {
            for (const ScannedTransaction& scanned : view_.scans[partition].transactions) {
                sort_out({partition, &scanned});
            }
        }
    }

    void sort_out(InPartition of) {
        const ScannedTransaction& scanned = *of.scanned;
        if (scanned.end == End::open) {
            open_.push_back(of);
        } else if (scanned.end == End::committed && scanned.records == Records::unseen) {
            // Without its records it does not say whether its epoch is its own.
            unseen_by_epoch_[{scanned.producer_id, scanned.marker_epoch}].push_back(of);
        } else if (scanned.end == End::committed && scanned.records == Records::seen &&
                   scanned.marker_epoch > scanned.epoch) {
            add_by_epoch(of, part_of(of.partition, scanned));
        } else if (scanned.end == End::committed) {
            in_partition(of).commits.push_back(&scanned);
        }
    }

    ProducerInPartition& in_partition(InPartition of) {
        ProducerInPartition& seen = producers_[of.scanned->producer_id][of.partition];
        seen.producer_id = of.scanned->producer_id;
        seen.partition = of.partition;
        return seen;
    }

    /// By the epoch of the markers: nothing else ends with it.
    void add_by_epoch(InPartition of, IdentifiedPart part) {
        const bool is_open = of.scanned->end == End::open;
        const ProducerEpoch ends_with =
            is_open ? epoch_after(of.scanned->epoch) : of.scanned->marker_epoch;
        SourceTransaction& transaction = by_epoch_[{of.scanned->producer_id, ends_with}];
        transaction.identity = Identity::epoch;
        transaction.producer_id = of.scanned->producer_id;
        transaction.epoch = epoch_before(ends_with);
        transaction.parts.push_back(part);
    }

    void add_unseen(const std::vector<InPartition>& unseen, SourceTransaction& transaction) {
        for (const InPartition& marker : unseen) {
            transaction.parts.push_back(
                part_before(marker.partition, view_.scans[marker.partition]));
        }
    }

    void take_open(InPartition of) {
        const ProducerAndEpoch ends_with{of.scanned->producer_id, epoch_after(of.scanned->epoch)};
        if (by_epoch_.contains(ends_with) || unseen_by_epoch_.contains(ends_with)) {
            add_by_epoch(of, part_of(of.partition, *of.scanned));
        } else {
            in_partition(of).open = of.scanned;
        }
    }

    /// Takes what a producer committed in epochs that are not one transaction's own.
    void tell_apart(ProducerId id, Producer& partitions) {
        std::set<const ScannedTransaction*> done;
        if (view_.history != nullptr) {
            done = take_logged(id, partitions);
        }
        for (const auto& [partition, seen] : partitions) {
            for (const ScannedTransaction* commit : seen.commits) {
                if (commit->records == Records::seen && !done.contains(commit)) {
                    add_unknown(part_of(partition, *commit));
                }
            }
        }
        for (const auto& [partition, seen] : partitions) {
            if (seen.open != nullptr && !done.contains(seen.open)) {
                take_undecided(part_of(partition, *seen.open));
            }
        }
    }

    /// With the coordinator's help; what has found its transaction is returned.
    std::set<const ScannedTransaction*> take_logged(ProducerId id, Producer& partitions) {
        std::set<const ScannedTransaction*> done;
        const auto logged = view_.history->commits.find(id);
        if (logged == view_.history->commits.end()) {
            return done;
        }
        const std::deque<LoggedCommit>& commits = logged->second;
        for (size_t i = 0; i < commits.size(); ++i) {
            for (const size_t partition : commits[i].partitions) {
                partitions[partition].logged.push_back(i);
            }
        }
        std::vector<SourceTransaction> transactions(commits.size());
        std::vector<bool> is_unsure(commits.size());
        for (auto& [partition, seen] : partitions) {
            seen.producer_id = id;
            seen.partition = partition;
            const CommitAlignment aligned =
                align_commits(seen, view_.scans[partition], *view_.history, view_.moments);
            for (const CommitPlace& place : aligned.places) {
                is_unsure[place.commit] = is_unsure[place.commit] || place.where == Where::unsure;
                add_place(place, partition, transactions[place.commit]);
            }
            if (aligned.is_open_undecided) {
                done.insert(seen.open);
                add_alone(part_of(partition, *seen.open), Identity::coordinator);
            }
        }
        for (size_t i = 0; i < transactions.size(); ++i) {
            if (!is_unsure[i]) {
                take_told_apart(std::move(transactions[i]), commits[i], done);
            }
        }
        return done;
    }

    void add_place(const CommitPlace& place, size_t partition, SourceTransaction& transaction) {
        const PartitionScan& scan = view_.scans[partition];
        switch (place.where) {
            case Where::found: transaction.parts.push_back(part_of(partition, *place.found)); break;
            case Where::before_scan:
                transaction.parts.push_back(part_before(partition, scan));
                break;
            case Where::behind_scan:
                transaction.parts.push_back(part_behind(partition, scan));
                break;
            case Where::deleted:
            case Where::unsure: break;
        }
    }

    void take_told_apart(SourceTransaction transaction, const LoggedCommit& logged,
                         std::set<const ScannedTransaction*>& done) {
        bool was_seen = false;
        for (const IdentifiedPart& part : transaction.parts) {
            if (part.scanned != nullptr) {
                done.insert(part.scanned);
                was_seen = true;
            }
        }
        if (was_seen) {
            transaction.identity = Identity::coordinator;
            transaction.producer_id = logged.producer_id;
            transaction.epoch = logged.epoch;
            told_apart_.push_back(std::move(transaction));
        }
    }

    void add_unknown(const IdentifiedPart& part) {
        const ProducerAndEpoch key{part.scanned->producer_id, part.scanned->epoch};
        const bool is_new = !unknown_.contains(key);
        SourceTransaction& transaction = unknown_[key];
        transaction.producer_id = key.first;
        transaction.epoch = key.second;
        transaction.parts.push_back(part);
        const auto unseen = unseen_by_epoch_.find(key);
        if (is_new && unseen != unseen_by_epoch_.end()) {
            add_unseen(unseen->second, transaction);
        }
    }

    /// What is open may be part of anything that the producer committed in this epoch.
    void take_undecided(const IdentifiedPart& part) {
        const ProducerAndEpoch key{part.scanned->producer_id, part.scanned->epoch};
        if (unknown_.contains(key) || unseen_by_epoch_.contains(key)) {
            add_unknown(part);
            return;
        }
        add_alone(part, Identity::epoch);
    }

    void add_alone(const IdentifiedPart& open, Identity identity) {
        const ScannedTransaction& scanned = *open.scanned;
        told_apart_.push_back({identity, scanned.producer_id, scanned.epoch, {open}});
    }

    const SourceView& view_;
    std::vector<InPartition> open_;
    std::map<ProducerAndEpoch, std::vector<InPartition>> unseen_by_epoch_;
    std::map<ProducerId, Producer> producers_;
    std::map<ProducerAndEpoch, SourceTransaction> by_epoch_;  // by the epoch of the markers
    std::map<ProducerAndEpoch, SourceTransaction> unknown_;
    std::vector<SourceTransaction> told_apart_;
};

}  // namespace

std::vector<SourceTransaction> identify_transactions(const SourceView& view) {
    return Identifying(view).run();
}

}  // namespace lockstep::replication

#include "replication/commit_alignment.h"

#include <algorithm>
#include <deque>
#include <optional>

namespace lockstep::replication {

using Where = CommitPlace::Where;

namespace {

/// Where counting begins: how many markers, and how many commits, are before it.
struct Anchor {
    size_t markers = 0;
    size_t commits = 0;
};

/// One call of align_commits().
class Aligning {
public:
    Aligning(const ProducerInPartition& seen, const PartitionScan& scan,
             const TransactionHistory& history, const std::deque<LoggedCommit>& commits)
        : seen_(seen), scan_(scan), history_(history), commits_(commits) {
        for (const size_t logged : seen.logged) {
            aligned_.places.push_back({logged});
        }
        std::ranges::copy_if(
            seen.commits, std::back_inserter(markers_),
            [&](const ScannedTransaction* commit) { return commit->marker >= scan.dense_from; });
    }

    CommitAlignment run(const std::vector<SourceMoment>& moments) && {
        for (auto moment = moments.rbegin(); moment != moments.rend(); ++moment) {
            if (const auto anchor = anchor_at(*moment)) {
                count_back(*anchor);
                count_forth(*anchor);
                break;
            }
        }
        return std::move(aligned_);
    }

private:
    const LoggedCommit& commit_at(size_t place) const {
        return commits_[aligned_.places[place].commit];
    }

    std::optional<Anchor> anchor_at(const SourceMoment& moment) const {
        const size_t log = commits_.front().log;
        const Offset before = moment.logs_before[log];
        const Offset after = moment.logs_after[log];
        const auto unexplained = history_.unexplained.find(seen_.producer_id);
        if (history_.complete_from[log] > before ||
            (unexplained != history_.unexplained.end() && unexplained->second >= before)) {
            return std::nullopt;
        }
        Anchor anchor;
        for (size_t i = 0; i < aligned_.places.size(); ++i) {
            const LoggedCommit& commit = commit_at(i);
            const bool is_completed = commit.completed < before;
            if (!is_completed && commit.prepared < after) {
                return std::nullopt;
            }
            anchor.commits += is_completed ? 1 : 0;
        }
        const Offset end = moment.partitions[seen_.partition];
        anchor.markers = static_cast<size_t>(
            std::ranges::count_if(markers_, [&](const auto* m) { return m->marker < end; }));
        return anchor;
    }

    void count_back(const Anchor& anchor) {
        size_t marker = anchor.markers;
        size_t place = anchor.commits;
        while (marker > 0 && place > 0) {
            if (!try_place(place - 1, *markers_[marker - 1])) {
                return;
            }
            --marker;
            --place;
        }
        if (marker > 0 || scan_.dense_from > scan_.from) {
            return;
        }
        for (; place > 0; --place) {
            aligned_.places[place - 1].where =
                scan_.is_from_log_start ? Where::deleted : Where::before_scan;
        }
    }

    void count_forth(const Anchor& anchor) {
        size_t marker = anchor.markers;
        size_t place = anchor.commits;
        for (; marker < markers_.size(); ++marker, ++place) {
            if (place == aligned_.places.size() || !try_place(place, *markers_[marker])) {
                return;
            }
        }
        if (seen_.open != nullptr) {
            if (place == aligned_.places.size()) {
                aligned_.is_open_undecided = true;
            } else if (!try_place(place++, *seen_.open)) {
                return;
            }
        }
        for (; place < aligned_.places.size(); ++place) {
            aligned_.places[place].where = Where::behind_scan;
        }
    }

    bool try_place(size_t place, const ScannedTransaction& found) {
        const LoggedCommit& commit = commit_at(place);
        const bool is_open = found.end == ScannedTransaction::End::open;
        const bool fits =
            found.records == ScannedTransaction::Records::seen && found.epoch == commit.epoch &&
            (is_open || found.stamp_ms >= earlier_by(kClockSlackMs, commit.prepared_ms));
        if (fits) {
            aligned_.places[place].where = Where::found;
            aligned_.places[place].found = &found;
        }
        return fits;
    }

    const ProducerInPartition& seen_;
    const PartitionScan& scan_;
    const TransactionHistory& history_;
    const std::deque<LoggedCommit>& commits_;
    std::vector<const ScannedTransaction*> markers_;
    CommitAlignment aligned_;
};

}  // namespace

CommitAlignment align_commits(const ProducerInPartition& seen, const PartitionScan& scan,
                              const TransactionHistory& history,
                              const std::vector<SourceMoment>& moments) {
    const auto commits = history.commits.find(seen.producer_id);
    if (commits == history.commits.end()) {
        return {};
    }
    return Aligning(seen, scan, history, commits->second).run(moments);
}

}  // namespace lockstep::replication

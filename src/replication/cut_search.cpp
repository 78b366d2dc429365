#include "replication/cut_search.h"

#include "replication/transaction_coverage.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>

namespace lockstep::replication {

using End = ScannedTransaction::End;
using Identity = SourceTransaction::Identity;

namespace {

constexpr int64_t kFirstScan = 1000;  // offsets before the copied end
constexpr int64_t kScanGrowth = 4;
constexpr int64_t kMostOfUnknown = 10'000'000;  // offsets of a partition: some GB

/// How much older than its marker the decision to commit may be: a little at first.
constexpr int64_t kDecidedBeforeMs[] = {kClockSlackMs, 15 * 60'000};

TransactionExtent extent_of(const SourceTransaction& transaction) {
    TransactionExtent extent;
    for (const IdentifiedPart& part : transaction.parts) {
        extent.push_back({part.partition, part.first, part.last});
    }
    return extent;
}

/// One of those that cannot be told apart and are behind the cut; null where there is none.
const SourceTransaction* unknown_in(const CutStep& step) {
    for (size_t i = 0; i < step.transactions.size(); ++i) {
        if (step.cut.is_outside[i] && step.transactions[i].identity == Identity::unknown) {
            return &step.transactions[i];
        }
    }
    return nullptr;
}

}  // namespace

CutSearch::CutSearch(std::vector<Offset> copied, std::vector<Offset> starts,
                     std::vector<Offset> ends)
    : copied_(std::move(copied)), starts_(std::move(starts)), ends_(std::move(ends)) {}

/// Only what is not copied yet can tear a transaction.
CutStep CutSearch::begin() const {
    CutStep step;
    for (size_t i = 0; i < copied_.size(); ++i) {
        if (is_behind(i)) {
            step.scans.push_back({i, scan_start(i, kFirstScan)});
        }
    }
    return step;
}

CutStep CutSearch::next(const SourceView& view) {
    CutStep step;
    step.transactions = identify_transactions(view);
    std::vector<TransactionExtent> extents;
    for (const SourceTransaction& transaction : step.transactions) {
        extents.push_back(extent_of(transaction));
    }
    step.cut = largest_cut(copied_, extents);
    if (std::ranges::none_of(step.cut.is_outside, std::identity())) {
        return step;
    }
    if (!is_all_scanned_) {
        is_all_scanned_ = true;
        for (size_t i = 0; i < copied_.size(); ++i) {
            if (!is_behind(i)) {
                step.scans.push_back({i, scan_start(i, kFirstScan)});
            }
        }
        if (!step.scans.empty()) {
            return step;
        }
    }
    if (unknown_in(step) != nullptr) {
        step.history_since_ms = wanted_history(view);
        if (step.history_since_ms) {
            history_since_ms_ = step.history_since_ms;
            return step;
        }
    }
    look_further(view, step);
    return step;
}

Offset CutSearch::scan_start(size_t partition, int64_t distance) const {
    return std::max(starts_[partition], copied_[partition] - distance);
}

/// Nothing where there is nothing more that could help.
std::optional<int64_t> CutSearch::wanted_history(const SourceView& view) const {
    int64_t oldest = kAfterAllTime;
    for (const PartitionScan& scan : view.scans) {
        for (const ScannedTransaction& seen : scan.transactions) {
            if (seen.end == End::committed && seen.marker_epoch == seen.epoch) {
                oldest = std::min(oldest, seen.stamp_ms);
            }
        }
    }
    const bool cannot_be_read = history_since_ms_ && view.history == nullptr;
    if (oldest == kAfterAllTime || cannot_be_read) {
        return std::nullopt;
    }
    for (const int64_t before_ms : kDecidedBeforeMs) {
        const int64_t since_ms = earlier_by(before_ms, oldest);
        if (!history_since_ms_ || *history_since_ms_ > since_ms) {
            return since_ms;
        }
    }
    return std::nullopt;
}

void CutSearch::look_further(const SourceView& view, CutStep& step) const {
    for (const ScanDemand& demand : missing_scans(view.scans, step.transactions, step.cut)) {
        if (demand.since_ms) {
            step.scans_since.push_back({demand.partition, *demand.since_ms});
        } else {
            const int64_t distance = copied_[demand.partition] - view.scans[demand.partition].from;
            const SourceTransaction* unknown = unknown_in(step);
            if (distance > kMostOfUnknown && unknown != nullptr) {
                step.problem = fmt::format(
                    "what producer {} committed in its epoch {} cannot be told apart, and goes "
                    "back by more than {} offsets",
                    unknown->producer_id.value(), unknown->epoch.value(), kMostOfUnknown);
                return;
            }
            step.scans.push_back(
                {demand.partition,
                 scan_start(demand.partition, std::max(distance, kFirstScan) * kScanGrowth)});
        }
    }
}

}  // namespace lockstep::replication

#pragma once

// PURE: how far the source's logs must be looked at to find a cut, and the cut.

#include "replication/transaction_cut.h"
#include "replication/transaction_identity.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::replication {

/// A partition is to be scanned from an offset on to its end.
struct ScanFrom {
    size_t partition = 0;
    Offset from;
};

/// A partition is to be scanned so that all markers are seen that are stamped then or later.
struct ScanSince {
    size_t partition = 0;
    int64_t since_ms = 0;
};

/// What is to be done next. Nothing: the cut is found.
struct CutStep {
    std::vector<SourceTransaction> transactions;
    TransactionCut cut;  // by what is known so far
    std::optional<int64_t> history_since_ms;
    std::vector<ScanFrom> scans;
    std::vector<ScanSince> scans_since;
    /// "", or why no cut can be found with a reasonable effort; then there is no next step.
    std::string problem;

    bool is_found() const { return !history_since_ms && scans.empty() && scans_since.empty(); }
};

/// One search for a cut; the caller does what each step wants, and asks again.
///
///     begin(): the partitions that are behind, from a bit before what was copied on
///         -> next(): something that is not copied yet is part of a transaction? then the others
///         -> next(): transactions that cannot be told apart? then what their coordinator wrote
///         -> next(): some may reach further back than was looked? then further back
///         -> next(): found
///
/// Each step looks at more than the one before, so that it ends at the latest at the logs' starts.
/// Of transactions that cannot be told apart, which may go back as far as their producer lives, it
/// does not look for ever.
class CutSearch {
public:
    /// `starts` and `ends` are those of the source's logs.
    CutSearch(std::vector<Offset> copied, std::vector<Offset> starts, std::vector<Offset> ends);

    CutStep begin() const;

    /// `view.history` may be null although it was asked for, where it cannot be read.
    CutStep next(const SourceView& view);

    const std::vector<Offset>& copied() const { return copied_; }

private:
    bool is_behind(size_t partition) const { return copied_[partition] < ends_[partition]; }
    Offset scan_start(size_t partition, int64_t distance) const;
    std::optional<int64_t> wanted_history(const SourceView& view) const;
    void look_further(const SourceView& view, CutStep& step) const;

    std::vector<Offset> copied_;
    std::vector<Offset> starts_;
    std::vector<Offset> ends_;
    bool is_all_scanned_ = false;
    std::optional<int64_t> history_since_ms_;
};

}  // namespace lockstep::replication

#pragma once

// PURE: how far the proof of one partition has come, and what follows from what was found.

#include "model/link_status.h"
#include "replication/log_comparison.h"
#include "replication/resume_point.h"

#include <optional>

namespace lockstep::replication {

/// Whether copying is so far behind that the proof leaves it all there is: by more than it has
/// copied in the last second, and by more than a handful.
bool is_catching_up(int64_t lag_records, double copied_per_second);

/// The comparison of one partition from the later log start on, part by part.
class ProofProgress {
public:
    enum class Verdict {
        same,
        doubted,  // it differs: to be looked at once more before anything is said
        differs,  // for the first time: to be told
        differs_still,
    };

    /// Where logs that no longer hold next() leave the proof.
    enum class Move {
        stays,   // they do hold it
        passed,  // what was to be compared next has been deleted: it goes on behind that
        anew,    // a log was cut, or is another one: all that was said of it is void
        waits,   // they have nothing in common yet
    };

    /// What is shown; nothing until it has begun.
    const std::optional<VerifiedStatus>& status() const { return status_; }
    Offset next() const { return status_->compared_to; }

    void begin(Offset start);

    /// Takes the part [next(), end) in; where it is doubted, the part stays to be compared.
    Verdict take(const ComparedRecords& found, Offset end);

    Move on_logs(const PartitionLogs& logs);

    void set_problem(std::string problem) { status_->problem = std::move(problem); }

private:
    std::optional<VerifiedStatus> status_;
    bool is_doubted_ = false;
};

}  // namespace lockstep::replication

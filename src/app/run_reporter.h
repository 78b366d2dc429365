#pragma once

#include "app/progress.h"
#include "app/rates.h"
#include "app/state_changes.h"
#include "model/link_status.h"

#include <optional>
#include <vector>

namespace lockstep::app {

enum class ReportTo { terminal, log };

/// Whether standard error is a terminal that can redraw a line.
ReportTo report_to_standard_error();

/// Tells people how `run` goes: on a terminal one line that is redrawn, else a line in the log
/// every 10 s; and each change of a partition's state. Owned by `run`, ticked once a second.
class RunReporter {
public:
    explicit RunReporter(ReportTo where);
    RunReporter(const RunReporter&) = delete;
    RunReporter& operator=(const RunReporter&) = delete;
    ~RunReporter();

    /// `now_seconds` is on a clock that does not run backwards.
    void tick(double now_seconds, const std::vector<LinkStatus>& links);

    /// Takes the progress line away, so that other text can follow.
    void erase_line();

    const Rates& rates() const { return rates_; }

private:
    void log_changes(const std::vector<LinkStatus>& links);

    ReportTo where_;
    Rates rates_;
    StateChanges changes_;
    CatchUp catch_up_;
    bool has_line_ = false;
    std::optional<double> next_log_seconds_;
};

}  // namespace lockstep::app

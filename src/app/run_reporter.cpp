#include "app/run_reporter.h"

#include "base/log.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace lockstep::app {
namespace {

constexpr double kSecondsBetweenLogLines = 10;
constexpr size_t kMostChangesOfAKind = 20;  // per tick: thousands start together

size_t terminal_width() {
    winsize size{};
    const bool is_known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return is_known ? size.ws_col : 80;
}

void draw(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
}

}  // namespace

ReportTo report_to_standard_error() {
    const char* terminal = std::getenv("TERM");
    const bool can_redraw =
        ::isatty(STDERR_FILENO) != 0 && terminal != nullptr && std::string_view(terminal) != "dumb";
    return can_redraw ? ReportTo::terminal : ReportTo::log;
}

RunReporter::RunReporter(ReportTo where) : where_(where) {
    log::set_before_line([this] { erase_line(); });
}

RunReporter::~RunReporter() {
    log::set_before_line(nullptr);
    erase_line();
}

void RunReporter::tick(double now_seconds, const std::vector<LinkStatus>& links) {
    rates_.sample(now_seconds, links);
    log_changes(links);
    const Progress progress = sum_up(links, rates_);
    const double done = catch_up_.update(progress);
    if (where_ == ReportTo::terminal) {
        draw("\r\x1b[2K" + render_progress(progress, done, terminal_width() - 1));
        has_line_ = true;
    } else if (!next_log_seconds_ || now_seconds >= *next_log_seconds_) {
        // At the very first tick there is nothing to tell yet.
        if (next_log_seconds_) {
            log::info("{}", progress_log_line(progress));
        }
        next_log_seconds_ = now_seconds + kSecondsBetweenLogLines;
    }
}

void RunReporter::erase_line() {
    if (has_line_) {
        draw("\r\x1b[2K");
        has_line_ = false;
    }
}

void RunReporter::log_changes(const std::vector<LinkStatus>& links) {
    std::map<std::pair<std::string, PartitionState>, size_t> counts;
    for (const StateChange& change : changes_.update(links)) {
        const size_t count = ++counts[{change.link, change.now}];
        if (count <= kMostChangesOfAKind || change.now == PartitionState::blocked) {
            log::message(change.level(), "{}", change.log_line());
        }
    }
    for (const auto& [kind, count] : counts) {
        if (count > kMostChangesOfAKind && kind.second != PartitionState::blocked) {
            log::info("partition state={} link={} and {} more", to_string(kind.second), kind.first,
                      count - kMostChangesOfAKind);
        }
    }
}

}  // namespace lockstep::app

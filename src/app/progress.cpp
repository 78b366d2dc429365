#include "app/progress.h"

#include "app/text_layout.h"
#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace lockstep::app {
namespace {

// Few widths, so that the bar does not dance with the digits of the numbers.
constexpr std::array<size_t, 4> kBarWidths{40, 30, 20, 10};

void add_partition(Progress& sum, const PartitionStatus& partition, const PartitionRate& rate) {
    if (partition.state == PartitionState::elsewhere) {
        ++sum.elsewhere;
        return;
    }
    ++sum.partitions;
    sum.copied_records += partition.copied_records;
    sum.records_per_second += rate.records_per_second;
    sum.bytes_per_second += rate.bytes_per_second;
    switch (partition.state) {
        case PartitionState::blocked:
            ++sum.blocked;
            sum.blocked_lag_records += partition.lag_records();
            return;
        case PartitionState::retrying: ++sum.retrying; break;
        case PartitionState::starting:
        case PartitionState::preparing: ++sum.starting; break;
        case PartitionState::running:
        case PartitionState::paused:
        case PartitionState::promoted:
        case PartitionState::elsewhere: break;
    }
    sum.lag_records += partition.lag_records();
}

std::string speed(const Progress& progress) {
    return fmt::format("{} records/s  {}/s",
                       format_count(std::llround(progress.records_per_second)),
                       format_bytes(progress.bytes_per_second));
}

/// "  1 blocked, 2 retrying", or "".
std::string trouble(const Progress& progress) {
    std::string text;
    const auto add = [&](size_t count, std::string_view what) {
        if (count > 0) {
            text += fmt::format("{}{} {}", text.empty() ? "  " : ", ",
                                format_count(static_cast<int64_t>(count)), what);
        }
    };
    add(progress.blocked, "blocked");
    add(progress.retrying, "retrying");
    add(progress.links_in_trouble, progress.links_in_trouble == 1 ? "link down" : "links down");
    return text;
}

std::string estimate(const Progress& progress) {
    if (progress.records_per_second < 1) {
        return "ETA ?";
    }
    const double seconds = static_cast<double>(progress.lag_records) / progress.records_per_second;
    return "ETA " + format_duration(std::chrono::seconds(std::llround(std::ceil(seconds))));
}

std::string bar(double done, size_t width) {
    const auto filled = static_cast<size_t>(std::floor(done * static_cast<double>(width)));
    return "[" + std::string(filled, '#') + std::string(width - filled, '-') + "]";
}

std::string catching_up(const Progress& progress, double done, size_t width) {
    // 100 % is for what is done.
    const double percent = std::min(99.9, std::floor(done * 1000) / 10);
    const std::string rest = fmt::format(" {:5.1f} %  {}  {}{}", percent, speed(progress),
                                         estimate(progress), trouble(progress));
    size_t bar_width = kBarWidths.back();
    for (const size_t wider : kBarWidths) {
        if (wider + 2 + rest.size() <= width) {
            bar_width = wider;
            break;
        }
    }
    return bar(done, bar_width) + rest;
}

std::string choose_line(const Progress& progress, double done, size_t width) {
    if (progress.links > 0 && progress.links_in_trouble == progress.links) {
        return "waiting: " + progress.problem;
    }
    if (progress.links_undiscovered == progress.links) {
        return "looking for topics ...";
    }
    if (progress.partitions == 0 && progress.elsewhere > 0) {
        return fmt::format("other workers copy all {}{}", count_of(progress.elsewhere, "partition"),
                           trouble(progress));
    }
    if (progress.partitions == 0) {
        return "no topics to copy yet" + trouble(progress);
    }
    if (progress.blocked == progress.partitions) {
        return fmt::format("all {} blocked; lockstep status says why",
                           count_of(progress.partitions, "partition"));
    }
    if (progress.is_in_step()) {
        return fmt::format("in step: {}  {}{}", count_of(progress.partitions, "partition"),
                           speed(progress), trouble(progress));
    }
    if (progress.lag_records == 0) {
        return fmt::format("starting: {} of {}{}",
                           format_count(static_cast<int64_t>(progress.starting)),
                           count_of(progress.partitions, "partition"), trouble(progress));
    }
    return catching_up(progress, done, width);
}

}  // namespace

bool Progress::is_in_step() const {
    return partitions + elsewhere > blocked && starting == 0 && retrying == 0 &&
           static_cast<double>(lag_records) <= records_per_second;
}

Progress sum_up(const std::vector<LinkStatus>& links, const Rates& rates) {
    Progress sum;
    sum.links = links.size();
    for (const LinkStatus& link : links) {
        sum.links_undiscovered += link.discovered ? 0 : 1;
        if (!link.problem.empty()) {
            ++sum.links_in_trouble;
            if (sum.problem.empty()) {
                sum.problem = printable(fmt::format("{}: {}", link.name, link.problem));
            }
        }
        for (const PartitionStatus& partition : link.partitions) {
            add_partition(sum, partition, rates.of(link.name, partition.id));
        }
    }
    return sum;
}

double CatchUp::update(const Progress& progress) {
    if (progress.is_in_step()) {
        is_catching_up_ = false;
        copied_before_ = progress.copied_records;
        return 1;
    }
    if (!is_catching_up_ || progress.copied_records < copied_before_) {
        is_catching_up_ = true;
        copied_before_ = std::min(copied_before_, progress.copied_records);
    }
    const auto copied = static_cast<double>(progress.copied_records - copied_before_);
    const double all = copied + static_cast<double>(progress.lag_records);
    return all > 0 ? copied / all : 0;
}

std::string render_progress(const Progress& progress, double done, size_t width) {
    std::string line = choose_line(progress, done, width);
    if (line.size() > width) {
        line.resize(width);
    }
    return line;
}

std::string progress_log_line(const Progress& progress) {
    return fmt::format(
        "progress in_step={} links={} links_in_trouble={} partitions={} blocked={} retrying={} "
        "lag_records={} blocked_lag_records={} copied_records={} records_per_second={:.0f} "
        "bytes_per_second={:.0f}",
        progress.is_in_step(), progress.links, progress.links_in_trouble, progress.partitions,
        progress.blocked, progress.retrying, progress.lag_records, progress.blocked_lag_records,
        progress.copied_records, progress.records_per_second, progress.bytes_per_second);
}

}  // namespace lockstep::app

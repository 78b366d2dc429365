#include "app/status_table.h"

#include "app/text_layout.h"
#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <tuple>

namespace lockstep::app {
namespace {

constexpr size_t kWidth = 80;
constexpr size_t kWidestTopic = 17;
constexpr size_t kWidestGroup = 27;
constexpr std::array<std::string_view, 8> kStatesByTrouble{
    "blocked", "retrying", "paused", "starting", "preparing", "promoted", "running", "elsewhere"};

std::string rounded_count(double value) {
    return format_count(std::llround(value));
}

/// "1,234,567", or "12.3 M" where it is larger.
std::string short_count(int64_t count) {
    constexpr int64_t kMillion = 1'000'000;
    return count < 10 * kMillion ? format_count(count)
                                 : fmt::format("{:.1f} M", static_cast<double>(count) / kMillion);
}

std::string lag_time(double seconds) {
    if (seconds > 0 && seconds < 10) {
        return fmt::format("{:.1f}s", seconds);
    }
    return format_duration(std::chrono::seconds(std::llround(seconds)));
}

/// "3 partitions: 1 blocked, 2 running".
std::string summary_of_states(const std::vector<PartitionReport>& partitions) {
    std::string text = count_of(partitions.size(), "partition");
    const char* separator = ": ";
    for (const std::string_view state : kStatesByTrouble) {
        const auto count = std::count_if(partitions.begin(), partitions.end(),
                                         [&](const auto& each) { return each.state == state; });
        if (count > 0) {
            text += fmt::format("{}{} {}", separator, format_count(count), state);
            separator = ", ";
        }
    }
    return text;
}

std::string summary_of_speed(const LinkReport& link) {
    int64_t lag = 0;
    double records = 0;
    double bytes = 0;
    for (const PartitionReport& partition : link.partitions) {
        lag += partition.lag_records.value_or(0);
        records += partition.records_per_second;
        bytes += partition.bytes_per_second;
    }
    return fmt::format("{} behind, {} records/s, {}/s, {}",
                       count_of(static_cast<size_t>(lag), "record"), rounded_count(records),
                       format_bytes(bytes), count_of(link.errors, "error"));
}

std::string row(std::string_view topic, size_t topic_width, const PartitionReport& partition) {
    return fmt::format(
        "  {:<{}} {:>5}  {:<9} {:>13} {:>8} {:>9} {:>10}\n", topic, topic_width,
        partition.partition, partition.state,
        partition.lag_records ? format_count(*partition.lag_records) : "?",
        partition.lag_seconds ? lag_time(*partition.lag_seconds) : "?",
        rounded_count(partition.records_per_second),
        partition.unverified_offsets ? short_count(*partition.unverified_offsets) : "-");
}

std::string table(std::vector<PartitionReport> partitions) {
    std::sort(partitions.begin(), partitions.end(), [](const auto& a, const auto& b) {
        return std::tie(a.topic, a.partition) < std::tie(b.topic, b.partition);
    });
    size_t topic_width = 5;
    for (const PartitionReport& partition : partitions) {
        topic_width = std::min(kWidestTopic, std::max(topic_width, partition.topic.size()));
    }
    std::string text =
        fmt::format("  {:<{}} {:>5}  {:<9} {:>13} {:>8} {:>9} {:>10}\n", "TOPIC", topic_width,
                    "PART", "STATE", "LAG RECORDS", "LAG TIME", "RECORDS/S", "UNVERIFIED");
    for (const PartitionReport& partition : partitions) {
        // A name that does not fit is not cut, since people search for it: it gets its own line.
        const bool fits = partition.topic.size() <= topic_width;
        if (!fits) {
            text += "  " + partition.topic + "\n";
        }
        text += row(fits ? partition.topic : "", topic_width, partition);
        if (partition.state == "elsewhere" && !partition.worker.empty()) {
            text += wrap_text("copied by " + partition.worker, 6, kWidth);
        }
        if (!partition.renamed_to.empty()) {
            text += wrap_text("on the target: " + partition.renamed_to, 6, kWidth);
        }
        text += wrap_text(partition.reason, 6, kWidth);
        text += wrap_text(partition.note, 6, kWidth);
    }
    return text;
}

std::string_view members_of(const GroupReport& group) {
    if (group.is_active_at_source) {
        return group.is_active_at_target ? "both" : "source";
    }
    return group.is_active_at_target ? "target" : "-";
}

/// Where each group would find itself on the target.
std::string group_table(const std::vector<GroupReport>& groups) {
    std::string text = fmt::format("  {:<{}} {:<7} {:>11} {:>13} {:>13}\n", "GROUP", kWidestGroup,
                                   "MEMBERS", "EXACT", "READ AGAIN", "PASSED OVER");
    for (const GroupReport& group : groups) {
        const bool fits = group.name.size() <= kWidestGroup;
        if (!fits) {
            text += "  " + group.name + "\n";
        }
        text += fmt::format("  {:<{}} {:<7} {:>11} {:>13} {:>13}\n", fits ? group.name : "",
                            kWidestGroup, members_of(group),
                            fmt::format("{} of {}", group.exact, group.partitions),
                            format_count(group.behind_records), format_count(group.ahead_records));
        text += wrap_text(group.note, 6, kWidth);
    }
    return text;
}

/// How what is followed besides records stands; while the link has a problem, as last seen.
std::string followed_lines(const LinkReport& link) {
    const std::string in_step = link.problem.empty() ? "followed" : "waiting";
    std::string text;
    for (const FollowReport& each : link.followed) {
        text += fmt::format("  {}: {}, {} in step", each.what,
                            each.state == "in_step" ? in_step : each.state,
                            format_count(static_cast<int64_t>(each.in_step)));
        text += each.drift.empty() ? "" : fmt::format(", {} not", each.drift.size());
        text += each.on_failover == 0 ? "\n"
                                      : fmt::format(", {} wait for a failover\n", each.on_failover);
        text += wrap_text(each.problem, 6, kWidth);
        for (const std::string& drift : each.drift) {
            text += wrap_text(drift, 6, kWidth);
        }
    }
    return text;
}

/// Nothing of a worker that is alone, and has been all the time.
std::string fleet_line(const FleetReport& fleet) {
    std::string text;
    if (fleet.workers > 1 || fleet.taken + fleet.given > 0) {
        text += fmt::format("  fleet: {}, {} of {}, has {}; {} taken, {} given\n", fleet.worker,
                            fleet.is_leader ? "leader" : "one", count_of(fleet.workers, "worker"),
                            count_of(fleet.owned, "partition"), fleet.taken, fleet.given);
    }
    if (!fleet.problem.empty()) {
        text += wrap_text("fleet: shares with nobody for now: " + fleet.problem, 2, kWidth);
    }
    return text;
}

}  // namespace

std::string render_status_table(const StatusReport& report) {
    std::string text =
        fmt::format("lockstep {}, up {}\n", report.version,
                    format_duration(std::chrono::seconds(std::llround(report.uptime_seconds))));
    for (const LinkReport& link : report.links) {
        text += fmt::format("\n{}: {} -> {}, {}{}\n", link.name, link.source, link.target,
                            link.priority == "normal" ? "" : link.priority + " priority, ",
                            link.discovered ? summary_of_states(link.partitions)
                                            : std::string("still looking for topics"));
        if (!link.problem.empty()) {
            text += wrap_text("problem: " + link.problem, 2, kWidth);
        }
        for (const UnmatchedEntry& entry : link.unmatched) {
            text += wrap_text("warning: " + describe(entry, link.source), 2, kWidth);
        }
        if (!link.marker_problem.empty()) {
            text += wrap_text("takes no transaction markers: " + link.marker_problem, 2, kWidth);
        }
        text += fleet_line(link.fleet);
        for (const auto& [worker, partitions] : elsewhere_of(link)) {
            text += wrap_text(elsewhere_text(partitions, worker), 2, kWidth);
        }
        if (!link.partitions.empty()) {
            text += "  " + summary_of_speed(link) + "\n";
            if (!link.last_error.empty()) {
                text += wrap_text("the last error " + link.last_error, 2, kWidth);
            }
            text += "\n" + table(link.partitions);
        }
        if (!link.groups.empty()) {
            text += "\n" + group_table(link.groups);
        }
        if (!link.followed.empty()) {
            text += "\n" + followed_lines(link);
        }
        if (!link.deletions.empty()) {
            text += "\n  copies to be deleted\n";
        }
        for (const std::string& deletion : link.deletions) {
            text += wrap_text(deletion, 6, kWidth);
        }
    }
    return text;
}

}  // namespace lockstep::app

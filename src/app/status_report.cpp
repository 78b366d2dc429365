#include "app/status_report.h"

#include "app/text_layout.h"
#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

namespace lockstep::app {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& object, const char* key) {
    return printable(object.at(key).get<std::string>());
}

/// What holds a running partition back, and what was lost, in words.
std::string note_of(const Json& partition) {
    std::string note;
    if (const Json& open = partition.at("open_transaction"); !open.is_null()) {
        const auto producer = open.at("producer_id").get<int64_t>();
        note = fmt::format(
            "held back at offset {} by an open transaction{}, seen for {}",
            open.at("first_offset").get<int64_t>(),
            producer < 0 ? "" : fmt::format(" of producer {}", producer),
            format_duration(std::chrono::seconds(std::llround(open.at("seconds").get<double>()))));
    }
    if (const auto lost = partition.at("lost_offsets").get<int64_t>(); lost > 0) {
        note += fmt::format("{}{} lost: the source had deleted them before they were copied",
                            note.empty() ? "" : "; ", count_of(lost, "offset"));
    }
    return note;
}

PartitionReport partition_from(const Json& json) {
    PartitionReport partition;
    partition.topic = text_of(json, "topic");
    partition.partition = json.at("partition").get<int64_t>();
    partition.state = text_of(json, "state");
    partition.reason = text_of(json, "reason");
    if (!json.at("source_high_watermark").is_null() && !json.at("target_log_end").is_null()) {
        partition.lag_records = json.at("lag_records").get<int64_t>();
    }
    partition.lag_seconds = json.at("lag_seconds").get<double>();
    partition.records_per_second = json.at("records_per_second").get<double>();
    partition.bytes_per_second = json.at("bytes_per_second").get<double>();
    partition.note = note_of(json);
    return partition;
}

GroupReport group_from(const Json& json) {
    GroupReport group;
    group.name = text_of(json, "group");
    group.is_active_at_source = json.at("active_at_source").get<bool>();
    group.is_active_at_target = json.at("active_at_target").get<bool>();
    group.partitions = json.at("partitions").get<int64_t>();
    group.exact = json.at("exact").get<int64_t>();
    group.behind_records = json.at("behind_records").get<int64_t>();
    group.ahead_records = json.at("ahead_records").get<int64_t>();
    group.note = text_of(json, "note");
    return group;
}

LinkReport link_from(const Json& json) {
    LinkReport link;
    link.name = text_of(json, "name");
    link.source = text_of(json, "source");
    link.target = text_of(json, "target");
    link.problem = text_of(json, "problem");
    link.marker_problem = text_of(json, "marker_problem");
    link.discovered = json.at("discovered").get<bool>();
    link.errors = json.at("errors").get<uint64_t>();
    for (const Json& partition : json.at("partitions")) {
        link.partitions.push_back(partition_from(partition));
    }
    for (const Json& group : json.at("groups")) {
        link.groups.push_back(group_from(group));
    }
    return link;
}

}  // namespace

bool StatusReport::has_trouble() const {
    return std::any_of(links.begin(), links.end(), [](const LinkReport& link) {
        return !link.problem.empty() ||
               std::any_of(link.partitions.begin(), link.partitions.end(),
                           [](const auto& partition) { return partition.state == "blocked"; });
    });
}

Result<StatusReport> parse_status_report(const std::string& json) {
    // The library reports through exceptions; this is where they end.
    try {
        const Json body = Json::parse(json);
        StatusReport report;
        report.version = text_of(body, "version");
        report.uptime_seconds = body.at("uptime_seconds").get<double>();
        for (const Json& link : body.at("links")) {
            report.links.push_back(link_from(link));
        }
        return report;
    } catch (const Json::exception& problem) {
        return Error(Errc::malformed, std::string("read the status (") + problem.what() + ")");
    }
}

}  // namespace lockstep::app

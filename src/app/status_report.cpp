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

/// What the copy was found to be, in words.
std::string verified_note_of(const Json& verified) {
    if (verified.is_null()) {
        return "";
    }
    const auto differences = verified.at("differences").get<size_t>();
    if (const Json& first = verified.at("first_difference"); differences > 0 && !first.is_null()) {
        return fmt::format("THE COPY IS NOT THE SAME: {}, the first at offset {} ({})",
                           count_of(differences, "difference"), first.at("offset").get<int64_t>(),
                           text_of(first, "kind"));
    }
    const std::string problem = text_of(verified, "problem");
    return problem.empty() ? "" : "not compared with its source for now: " + problem;
}

/// What holds a running partition back, what was lost, and what differs, in words.
std::string note_of(const Json& partition) {
    std::string note;
    const Json preparation = partition.value("preparation", Json());  // an older Lockstep has none
    if (!preparation.is_null()) {
        note = fmt::format("{:.0f} % done", std::floor(preparation.at("done").get<double>() * 100));
        if (const Json& left = preparation.at("seconds_left"); !left.is_null()) {
            note += ", about " +
                    format_duration(std::chrono::seconds(std::llround(left.get<double>()))) +
                    " left";
        }
    }
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
    if (const std::string why = text_of(partition, "translated_why"); !why.empty()) {
        note += fmt::format("{}offsets are translated: {}", note.empty() ? "" : "; ", why);
    }
    if (const std::string verified = verified_note_of(partition.at("verified"));
        !verified.empty()) {
        note += (note.empty() ? "" : "; ") + verified;
    }
    return note;
}

PartitionReport partition_from(const Json& json) {
    PartitionReport partition;
    partition.topic = text_of(json, "topic");
    const std::string there =
        printable(json.value("target_topic", json.at("topic").get<std::string>()));
    partition.renamed_to = there == partition.topic ? "" : there;
    partition.partition = json.at("partition").get<int64_t>();
    partition.state = text_of(json, "state");
    partition.worker = printable(json.value("worker", ""));  // an older Lockstep has none
    partition.reason = text_of(json, "reason");
    if (!json.at("source_high_watermark").is_null() && !json.at("next_offset").is_null()) {
        partition.lag_records = json.at("lag_records").get<int64_t>();
    }
    if (const Json& seconds = json.at("lag_seconds"); !seconds.is_null()) {
        partition.lag_seconds = seconds.get<double>();
    }
    partition.records_per_second = json.at("records_per_second").get<double>();
    partition.bytes_per_second = json.at("bytes_per_second").get<double>();
    if (const Json& verified = json.at("verified");
        !verified.is_null() && !json.at("next_offset").is_null()) {
        const auto end = json.at("next_offset").get<int64_t>();  // the source's, as `to` is
        partition.unverified_offsets = std::max<int64_t>(0, end - verified.at("to").get<int64_t>());
        partition.differences = verified.at("differences").get<uint64_t>();
    }
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

std::string value_of(const Json& value) {
    return value.is_null() ? "not set" : printable(value.get<std::string>());
}

FollowReport follow_from(std::string what, const Json& json) {
    FollowReport report;
    report.what = std::move(what);
    report.state = text_of(json, "state");
    report.problem = text_of(json, "problem");
    report.in_step = json.at("in_step").get<size_t>();
    report.on_failover = json.at("on_failover").size();
    for (const Json& each : json.at("drift")) {
        report.drift.push_back(fmt::format(
            "{}: {} is {}, and would be {}: {}", text_of(each, "resource"), text_of(each, "key"),
            value_of(each.at("found")), value_of(each.at("wanted")), text_of(each, "reason")));
    }
    return report;
}

FleetReport fleet_from(const Json& json) {
    FleetReport fleet;
    fleet.worker = text_of(json, "worker");
    fleet.workers = json.at("workers").get<size_t>();
    fleet.is_leader = json.at("leader").get<bool>();
    fleet.owned = json.at("owned").get<size_t>();
    fleet.taken = json.at("taken").get<uint64_t>();
    fleet.given = json.at("given").get<uint64_t>();
    fleet.problem = text_of(json, "problem");
    return fleet;
}

std::string deletion_from(const Json& json) {
    const std::string copy = fmt::format("{}, gone at the source: ", text_of(json, "target_topic"));
    const std::string problem = text_of(json, "problem");
    if (json.at("due").is_null()) {
        return copy + problem;
    }
    return fmt::format("{}since {}, deleted at {}{}", copy, text_of(json, "gone_since"),
                       text_of(json, "due"), problem.empty() ? "" : ": " + problem);
}

std::vector<std::string> deletions_from(const Json& json) {
    std::vector<std::string> deletions;
    if (const std::string problem = text_of(json, "problem"); !problem.empty()) {
        deletions.push_back("not followed for now: " + problem);
    }
    for (const Json& each : json.at("waiting")) {
        deletions.push_back(deletion_from(each));
    }
    return deletions;
}

LinkReport link_from(const Json& json) {
    LinkReport link;
    link.name = text_of(json, "name");
    link.source = text_of(json, "source");
    link.target = text_of(json, "target");
    link.problem = text_of(json, "problem");
    link.marker_problem = text_of(json, "marker_problem");
    link.priority = printable(json.value("priority", "normal"));  // an older Lockstep has none
    link.discovered = json.at("discovered").get<bool>();
    link.errors = json.at("errors").get<uint64_t>();
    if (const Json last = json.value("last_error", Json()); !last.is_null()) {  // new in 0.1
        const auto seconds = std::llround(last.at("seconds_ago").get<double>());
        link.last_error = fmt::format("{} ago: {}", format_duration(std::chrono::seconds(seconds)),
                                      text_of(last, "what"));
    }
    for (const Json& each : json.value("unmatched_topics", Json::array())) {  // new in 0.1
        link.unmatched.push_back({text_of(each, "entry"), text_of(each, "nearest")});
    }
    for (const Json& partition : json.at("partitions")) {
        link.partitions.push_back(partition_from(partition));
    }
    for (const Json& group : json.at("groups")) {
        link.groups.push_back(group_from(group));
    }
    for (const auto& [key, what] :
         {std::pair{"configs", "topic configs"}, std::pair{"acls", "ACLs"},
          std::pair{"quotas", "client quotas"},
          std::pair{"users", "users (nobody can read their secrets back)"},
          std::pair{"growth", "partition counts"}}) {
        const bool is_known = json.contains(key);  // an older Lockstep does not say all
        if (is_known && json.at(key).at("state") != "off") {
            link.followed.push_back(follow_from(what, json.at(key)));
        }
    }
    if (json.contains("fleet")) {  // an older Lockstep has none
        link.fleet = fleet_from(json.at("fleet"));
    }
    if (json.contains("deletions")) {  // an older Lockstep says nothing of them
        link.deletions = deletions_from(json.at("deletions"));
    }
    return link;
}

}  // namespace

bool StatusReport::has_trouble() const {
    return std::any_of(links.begin(), links.end(), [](const LinkReport& link) {
        return !link.discovered || !link.problem.empty() ||
               std::any_of(link.partitions.begin(), link.partitions.end(),
                           [](const auto& partition) {
                               return partition.state == "blocked" || partition.differences > 0;
                           });
    });
}

std::map<std::string, size_t> elsewhere_of(const LinkReport& link) {
    std::map<std::string, size_t> by_worker;
    for (const PartitionReport& partition : link.partitions) {
        if (partition.state == "elsewhere") {
            ++by_worker[partition.worker];
        }
    }
    return by_worker;
}

bool StatusReport::is_partial() const {
    return std::any_of(links.begin(), links.end(),
                       [](const LinkReport& link) { return !elsewhere_of(link).empty(); });
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

#include "app/status_json.h"

#include "app/blocked_advice.h"
#include "base/text.h"
#include "base/version.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace lockstep::app {
namespace {

using Json = nlohmann::ordered_json;

/// Three decimals are enough for people and keep the text short.
double rounded(double value) {
    return std::round(value * 1000) / 1000;
}

Json offset_json(const std::optional<Offset>& offset) {
    return offset ? Json(offset->value()) : Json(nullptr);
}

Json transaction_json(const std::optional<OpenTransaction>& open, int64_t now_ms) {
    if (!open) {
        return nullptr;
    }
    return {
        {"first_offset", open->first_offset.value()},
        {"producer_id", open->producer_id.value()},
        {"seconds", open->seconds(now_ms)},
    };
}

Json preparation_json(const PartitionStatus& partition, int64_t now_ms) {
    if (!partition.preparation) {
        return nullptr;
    }
    const Preparation& preparation = *partition.preparation;
    const Offset at = partition.target_log_end.value_or(preparation.from);
    const auto left = preparation.seconds_left(at, now_ms);
    return {
        {"from", preparation.from.value()},
        {"to", preparation.to.value()},
        {"done", rounded(preparation.done(at))},
        {"seconds_left", left ? Json(rounded(*left)) : Json(nullptr)},
    };
}

Json verified_json(const std::optional<VerifiedStatus>& verified) {
    if (!verified) {
        return nullptr;
    }
    Json first = nullptr;
    if (verified->first_difference) {
        first = {{"offset", verified->first_difference->offset.value()},
                 {"kind", to_string(verified->first_difference->kind)}};
    }
    return {
        {"from", verified->from.value()},
        {"to", verified->to.value()},
        {"compared_to", verified->compared_to.value()},
        {"records", verified->records},
        {"compacted_on_one_side", verified->compacted},
        {"differences", verified->differences},
        {"first_difference", std::move(first)},
        {"problem", verified->problem},
    };
}

Json partition_json(const PartitionStatus& partition, const PartitionRate& rate, int64_t now_ms) {
    return {
        {"topic", partition.id.topic},
        {"target_topic", partition.target_topic()},
        {"partition", partition.id.partition.value()},
        {"state", to_string(partition.state)},
        {"worker", partition.worker},
        {"reason", partition.reason},
        {"reason_code", explain(partition).code},
        {"offsets", partition.is_translated ? "translate" : "preserve"},
        {"translated_why", partition.translated_why},
        {"source_log_start", offset_json(partition.source_log_start)},
        {"source_high_watermark", offset_json(partition.source_high_watermark)},
        {"next_offset", offset_json(partition.next_offset)},
        {"target_log_end", offset_json(partition.target_log_end)},
        {"lag_records", partition.lag_records()},
        {"lag_seconds", seconds_json(partition.lag_seconds(now_ms))},
        {"copied_records", partition.copied_records},
        {"copied_bytes", partition.copied_bytes},
        {"copied_batches", partition.copied_batches},
        {"filled_offsets", partition.filled_offsets},
        {"lost_offsets", partition.lost_offsets},
        {"skipped_foreign_records", partition.skipped_foreign_records},
        {"preparation", preparation_json(partition, now_ms)},
        {"open_transaction", transaction_json(partition.open_transaction, now_ms)},
        {"verified", verified_json(partition.verified)},
        {"records_per_second", rounded(rate.records_per_second)},
        {"bytes_per_second", rounded(rate.bytes_per_second)},
    };
}

std::vector<const PartitionStatus*> sorted(const std::vector<PartitionStatus>& partitions) {
    std::vector<const PartitionStatus*> pointers;
    for (const PartitionStatus& partition : partitions) {
        pointers.push_back(&partition);
    }
    std::sort(pointers.begin(), pointers.end(),
              [](const auto* a, const auto* b) { return a->id < b->id; });
    return pointers;
}

Json value_json(const std::optional<std::string>& value) {
    return value ? Json(*value) : Json(nullptr);
}

Json follow_json(const FollowStatus& status) {
    Json drift = Json::array();
    for (const Drift& each : status.drift) {
        drift.push_back({{"resource", each.resource},
                         {"key", each.key},
                         {"wanted", value_json(each.wanted)},
                         {"found", value_json(each.found)},
                         {"reason", each.reason}});
    }
    return {
        {"state", to_string(status.state)},  {"problem", status.problem},
        {"in_step", status.in_step},         {"changes", status.changes},
        {"on_failover", status.on_failover}, {"drift", std::move(drift)},
    };
}

Json fleet_json(const FleetStatus& fleet) {
    return {
        {"worker", fleet.worker},   {"workers", fleet.workers}, {"leader", fleet.is_leader},
        {"owned", fleet.owned},     {"taken", fleet.taken},     {"given", fleet.given},
        {"problem", fleet.problem},
    };
}

Json error_json(const std::optional<LastError>& error, int64_t now_ms) {
    if (!error) {
        return nullptr;
    }
    return {{"what", error->what},
            {"seconds_ago",
             rounded(static_cast<double>(std::max<int64_t>(0, now_ms - error->at_ms)) / 1000)}};
}

Json time_json(int64_t ms) {
    return ms == 0 ? Json(nullptr) : Json(format_utc(ms));
}

Json deletions_json(const DeletionStatus& status) {
    Json waiting = Json::array();
    for (const DeletedTopic& topic : status.waiting) {
        waiting.push_back({{"topic", topic.topic},
                           {"target_topic", topic.target_topic},
                           {"gone_since", time_json(topic.gone_since_ms)},
                           {"due", time_json(topic.due_ms)},
                           {"problem", topic.problem}});
    }
    return {{"followed", status.is_followed},
            {"problem", status.problem},
            {"deleted", status.deleted},
            {"waiting", std::move(waiting)}};
}

Json link_json(const LinkStatus& link, const Rates& rates, int64_t now_ms) {
    Json partitions = Json::array();
    for (const PartitionStatus* partition : sorted(link.partitions)) {
        partitions.push_back(
            partition_json(*partition, rates.of(link.name, partition->id), now_ms));
    }
    Json groups = Json::array();
    for (const GroupStatus& group : link.groups) {
        groups.push_back(group_json(group));
    }
    return {
        {"name", link.name},
        {"source", link.source},
        {"target", link.target},
        {"source_cluster_id", link.source_cluster_id},
        {"target_cluster_id", link.target_cluster_id},
        {"problem", link.problem},
        {"marker_problem", link.marker_problem},
        {"priority", to_string(link.priority)},
        {"paused", link.is_paused},
        {"discovered", link.discovered},
        {"unmatched_topics", unmatched_json(link.unmatched)},
        {"errors", link.errors},
        {"last_error", error_json(link.last_error, now_ms)},
        {"in_flight_bytes", link.in_flight_bytes},
        {"partitions", std::move(partitions)},
        {"groups", std::move(groups)},
        {"configs", follow_json(link.around.configs)},
        {"acls", follow_json(link.around.acls)},
        {"quotas", follow_json(link.around.quotas)},
        {"users", follow_json(link.around.users)},
        {"growth", follow_json(link.around.growth)},
        {"fleet", fleet_json(link.fleet)},
        {"deletions", deletions_json(link.around.deletions)},
    };
}

}  // namespace

Json group_json(const GroupStatus& group) {
    return {
        {"group", group.name},
        {"type", group.type},
        {"active_at_source", group.is_active_at_source},
        {"active_at_target", group.is_active_at_target},
        {"partitions", group.partitions},
        {"exact", group.exact},
        {"behind_records", group.behind_records},
        {"ahead_records", group.ahead_records},
        {"note", group.note},
    };
}

nlohmann::ordered_json unmatched_json(const std::vector<UnmatchedEntry>& unmatched) {
    Json rows = Json::array();
    for (const UnmatchedEntry& each : unmatched) {
        rows.push_back({{"entry", each.entry}, {"nearest", each.nearest}});
    }
    return rows;
}

nlohmann::ordered_json seconds_json(const std::optional<double>& seconds) {
    return seconds ? Json(rounded(*seconds)) : Json(nullptr);
}

std::string status_json(const std::vector<LinkStatus>& links, const Rates& rates,
                        StatusTimes times) {
    Json body = {
        {"version", kVersion},
        {"uptime_seconds", rounded(times.uptime_seconds)},
        {"links", Json::array()},
    };
    for (const LinkStatus& link : links) {
        body["links"].push_back(link_json(link, rates, times.now_ms));
    }
    return body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lockstep::app

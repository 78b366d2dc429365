#include "sandbox/handler_table.h"

#include <array>

namespace lockstep::sandbox {

using protocol::ApiKey;

namespace {

constexpr VersionRange kNone{0, -1};

/// What brokers of each version say in their ApiVersions answers.
struct Row {
    ApiKey key;
    std::array<VersionRange, 3> ranges;  // 2.8, 3.9, 4.3
};

constexpr Row kRows[] = {
    {ApiKey::produce, {{{0, 9}, {0, 11}, {0, 13}}}},
    {ApiKey::fetch, {{{0, 12}, {0, 17}, {4, 18}}}},
    {ApiKey::list_offsets, {{{0, 6}, {0, 9}, {1, 11}}}},
    {ApiKey::metadata, {{{0, 11}, {0, 12}, {0, 13}}}},
    {ApiKey::offset_commit, {{{0, 8}, {0, 9}, {2, 10}}}},
    {ApiKey::offset_fetch, {{{0, 7}, {0, 9}, {1, 10}}}},
    {ApiKey::find_coordinator, {{{0, 3}, {0, 6}, {0, 6}}}},
    {ApiKey::join_group, {{{0, 7}, {0, 9}, {0, 9}}}},
    {ApiKey::heartbeat, {{{0, 4}, {0, 4}, {0, 4}}}},
    {ApiKey::leave_group, {{{0, 4}, {0, 5}, {0, 5}}}},
    {ApiKey::sync_group, {{{0, 5}, {0, 5}, {0, 5}}}},
    {ApiKey::describe_groups, {{{0, 5}, {0, 5}, {0, 6}}}},
    {ApiKey::list_groups, {{{0, 4}, {0, 5}, {0, 5}}}},
    {ApiKey::sasl_handshake, {{{0, 1}, {0, 1}, {0, 1}}}},
    {ApiKey::api_versions, {{{0, 3}, {0, 4}, {0, 4}}}},
    {ApiKey::create_topics, {{{0, 7}, {0, 7}, {2, 7}}}},
    {ApiKey::delete_topics, {{{0, 6}, {0, 6}, {1, 6}}}},
    {ApiKey::delete_records, {{{0, 2}, {0, 2}, {0, 2}}}},
    {ApiKey::init_producer_id, {{{0, 4}, {0, 5}, {0, 5}}}},
    {ApiKey::offset_for_leader_epoch, {{{0, 4}, {0, 4}, {2, 4}}}},
    {ApiKey::add_partitions_to_txn, {{{0, 3}, {0, 5}, {0, 5}}}},
    {ApiKey::add_offsets_to_txn, {{{0, 3}, {0, 4}, {0, 4}}}},
    {ApiKey::end_txn, {{{0, 3}, {0, 4}, {0, 5}}}},
    {ApiKey::write_txn_markers, {{{0, 1}, {0, 1}, {1, 2}}}},
    {ApiKey::txn_offset_commit, {{{0, 3}, {0, 4}, {0, 5}}}},
    {ApiKey::describe_acls, {{{0, 2}, {0, 3}, {1, 3}}}},
    {ApiKey::create_acls, {{{0, 2}, {0, 3}, {1, 3}}}},
    {ApiKey::delete_acls, {{{0, 2}, {0, 3}, {1, 3}}}},
    {ApiKey::describe_configs, {{{0, 4}, {0, 4}, {1, 4}}}},
    {ApiKey::alter_configs, {{{0, 2}, {0, 2}, {0, 2}}}},
    {ApiKey::describe_log_dirs, {{{0, 2}, {0, 4}, {1, 5}}}},
    {ApiKey::sasl_authenticate, {{{0, 2}, {0, 2}, {0, 2}}}},
    {ApiKey::create_partitions, {{{0, 3}, {0, 3}, {0, 3}}}},
    {ApiKey::delete_groups, {{{0, 2}, {0, 2}, {0, 2}}}},
    {ApiKey::elect_leaders, {{{0, 2}, {0, 2}, {0, 2}}}},
    {ApiKey::incremental_alter_configs, {{{0, 1}, {0, 1}, {0, 1}}}},
    {ApiKey::offset_delete, {{{0, 0}, {0, 0}, {0, 0}}}},
    {ApiKey::describe_client_quotas, {{{0, 1}, {0, 1}, {0, 1}}}},
    {ApiKey::alter_client_quotas, {{{0, 1}, {0, 1}, {0, 1}}}},
    {ApiKey::describe_user_scram_credentials, {{{0, 0}, {0, 0}, {0, 0}}}},
    {ApiKey::alter_user_scram_credentials, {{{0, 0}, {0, 0}, {0, 0}}}},
    {ApiKey::describe_cluster, {{{0, 0}, {0, 1}, {0, 2}}}},
    {ApiKey::describe_producers, {{{0, 0}, {0, 0}, {0, 0}}}},
    {ApiKey::describe_transactions, {{kNone, {0, 0}, {0, 0}}}},
    {ApiKey::list_transactions, {{kNone, {0, 1}, {0, 2}}}},
    {ApiKey::consumer_group_heartbeat, {{kNone, kNone, {0, 1}}}},
    {ApiKey::consumer_group_describe, {{kNone, kNone, {0, 1}}}},
    {ApiKey::list_config_resources, {{kNone, {0, 0}, {0, 1}}}},
    {ApiKey::describe_topic_partitions, {{kNone, {0, 0}, {0, 0}}}},
};

}  // namespace

std::optional<VersionRange> versions_of(ApiKey key, KafkaVersion version) {
    for (const Row& row : kRows) {
        if (row.key == key) {
            const VersionRange range = row.ranges[static_cast<size_t>(version)];
            return range.max < range.min ? std::nullopt : std::optional(range);
        }
    }
    return std::nullopt;
}

}  // namespace lockstep::sandbox

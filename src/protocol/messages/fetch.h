#pragma once

// Fetch: reads record batches; from version 13 on topics go by id instead of by name. Field lists:
// fields_records.cpp.

#include "protocol/message.h"

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct FetchResponse;

struct FetchRequest {
    using Response = FetchResponse;

    static constexpr std::string_view kName = "FetchRequest";
    static constexpr ApiKey kKey = ApiKey::fetch;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 18;
    static constexpr int16_t kFirstFlexibleVersion = 12;

    struct FetchPartition {
        int32_t partition = 0;
        int32_t current_leader_epoch = -1;  ///< -1: not checked by the broker
        int64_t fetch_offset = 0;
        int32_t last_fetched_epoch = -1;
        int64_t log_start_offset = -1;
        int32_t partition_max_bytes = 0;
        Uuid replica_directory_id;
        int64_t high_watermark = std::numeric_limits<int64_t>::max();
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct FetchTopic {
        std::string topic;
        Uuid topic_id;
        std::vector<FetchPartition> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct ForgottenTopic {
        std::string topic;
        Uuid topic_id;
        std::vector<int32_t> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct ReplicaState {
        int32_t replica_id = -1;
        int64_t replica_epoch = -1;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
        bool operator==(const ReplicaState&) const = default;
    };

    int32_t replica_id = -1;  ///< -1 for consumers
    int32_t max_wait_ms = 0;
    int32_t min_bytes = 0;
    int32_t max_bytes = std::numeric_limits<int32_t>::max();
    int8_t isolation_level = 0;  ///< 0: read uncommitted, 1: read committed
    int32_t session_id = 0;
    int32_t session_epoch = -1;  ///< -1: no fetch session
    std::vector<FetchTopic> topics;
    std::vector<ForgottenTopic> forgotten_topics_data;
    std::string rack_id;
    std::optional<std::string> cluster_id;
    ReplicaState replica_state;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct FetchResponse {
    static constexpr std::string_view kName = "FetchResponse";
    static constexpr ApiKey kKey = ApiKey::fetch;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 18;
    static constexpr int16_t kFirstFlexibleVersion = 12;

    struct AbortedTransaction {
        int64_t producer_id = 0;
        int64_t first_offset = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct EpochEndOffset {
        int32_t epoch = -1;
        int64_t end_offset = -1;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
        bool operator==(const EpochEndOffset&) const = default;
    };

    struct LeaderIdAndEpoch {
        int32_t leader_id = -1;
        int32_t leader_epoch = -1;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
        bool operator==(const LeaderIdAndEpoch&) const = default;
    };

    struct SnapshotId {
        int64_t end_offset = -1;
        int32_t epoch = -1;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
        bool operator==(const SnapshotId&) const = default;
    };

    struct PartitionData {
        int32_t partition_index = 0;
        int16_t error_code = 0;
        int64_t high_watermark = 0;
        int64_t last_stable_offset = -1;
        int64_t log_start_offset = -1;
        /// null when reading uncommitted
        std::optional<std::vector<AbortedTransaction>> aborted_transactions =
            std::vector<AbortedTransaction>{};
        int32_t preferred_read_replica = -1;  ///< -1: go on fetching from the leader
        Records records;                      ///< a view of the decoded frame
        EpochEndOffset diverging_epoch;
        LeaderIdAndEpoch current_leader;
        SnapshotId snapshot_id;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct FetchableTopicResponse {
        std::string topic;
        Uuid topic_id;
        std::vector<PartitionData> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct NodeEndpoint {
        int32_t node_id = 0;
        std::string host;
        int32_t port = 0;
        std::optional<std::string> rack;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    int32_t session_id = 0;
    std::vector<FetchableTopicResponse> responses;
    std::vector<NodeEndpoint> node_endpoints;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol

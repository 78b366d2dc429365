#pragma once

// Metadata: names the brokers, topics and partition leaders of a cluster. Field lists:
// fields_cluster.cpp.

#include "protocol/message.h"

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct MetadataResponse;

struct MetadataRequest {
    using Response = MetadataResponse;

    static constexpr std::string_view kName = "MetadataRequest";
    static constexpr ApiKey kKey = ApiKey::metadata;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 13;
    static constexpr int16_t kFirstFlexibleVersion = 9;

    struct MetadataRequestTopic {
        Uuid topic_id;
        std::optional<std::string> name = "";
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    /// null: all topics (version 0 says it by an empty list)
    std::optional<std::vector<MetadataRequestTopic>> topics = std::vector<MetadataRequestTopic>{};
    bool allow_auto_topic_creation = true;
    bool include_cluster_authorized_operations = false;
    bool include_topic_authorized_operations = false;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct MetadataResponse {
    static constexpr std::string_view kName = "MetadataResponse";
    static constexpr ApiKey kKey = ApiKey::metadata;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 13;
    static constexpr int16_t kFirstFlexibleVersion = 9;

    struct MetadataResponseBroker {
        int32_t node_id = 0;
        std::string host;
        int32_t port = 0;
        std::optional<std::string> rack;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct MetadataResponsePartition {
        int16_t error_code = 0;
        int32_t partition_index = 0;
        int32_t leader_id = 0;  ///< -1: no leader
        int32_t leader_epoch = -1;
        std::vector<int32_t> replica_nodes;
        std::vector<int32_t> isr_nodes;
        std::vector<int32_t> offline_replicas;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct MetadataResponseTopic {
        int16_t error_code = 0;
        std::optional<std::string> name = "";
        Uuid topic_id;
        bool is_internal = false;
        std::vector<MetadataResponsePartition> partitions;
        int32_t topic_authorized_operations = std::numeric_limits<int32_t>::min();
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    std::vector<MetadataResponseBroker> brokers;
    std::optional<std::string> cluster_id;
    int32_t controller_id = -1;
    std::vector<MetadataResponseTopic> topics;
    int32_t cluster_authorized_operations = std::numeric_limits<int32_t>::min();
    int16_t error_code = 0;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol

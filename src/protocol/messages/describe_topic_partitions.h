#pragma once

// DescribeTopicPartitions: the partitions of topics, page by page (KIP-966). Field lists:
// fields_cluster.cpp.

#include "protocol/message.h"

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct DescribeTopicPartitionsResponse;

struct DescribeTopicPartitionsRequest {
    using Response = DescribeTopicPartitionsResponse;

    static constexpr std::string_view kName = "DescribeTopicPartitionsRequest";
    static constexpr ApiKey kKey = ApiKey::describe_topic_partitions;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 0;
    static constexpr int16_t kFirstFlexibleVersion = 0;

    struct TopicRequest {
        std::string name;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct Cursor {
        std::string topic_name;
        int32_t partition_index = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::vector<TopicRequest> topics;
    int32_t response_partition_limit = 2000;
    std::optional<Cursor> cursor;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct DescribeTopicPartitionsResponse {
    static constexpr std::string_view kName = "DescribeTopicPartitionsResponse";
    static constexpr ApiKey kKey = ApiKey::describe_topic_partitions;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 0;
    static constexpr int16_t kFirstFlexibleVersion = 0;

    struct DescribeTopicPartitionsResponsePartition {
        int16_t error_code = 0;
        int32_t partition_index = 0;
        int32_t leader_id = 0;
        int32_t leader_epoch = -1;
        std::vector<int32_t> replica_nodes;
        std::vector<int32_t> isr_nodes;
        std::optional<std::vector<int32_t>> eligible_leader_replicas;
        std::optional<std::vector<int32_t>> last_known_elr;
        std::vector<int32_t> offline_replicas;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct DescribeTopicPartitionsResponseTopic {
        int16_t error_code = 0;
        std::optional<std::string> name = "";
        Uuid topic_id;
        bool is_internal = false;
        std::vector<DescribeTopicPartitionsResponsePartition> partitions;
        int32_t topic_authorized_operations = std::numeric_limits<int32_t>::min();
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct Cursor {
        std::string topic_name;
        int32_t partition_index = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    std::vector<DescribeTopicPartitionsResponseTopic> topics;
    std::optional<Cursor> next_cursor;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol

#pragma once

// DescribeProducers: the producers that a partition leader remembers. Field lists:
// fields_transactions.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct DescribeProducersResponse;

struct DescribeProducersRequest {
    using Response = DescribeProducersResponse;

    static constexpr std::string_view kName = "DescribeProducersRequest";
    static constexpr ApiKey kKey = ApiKey::describe_producers;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 0;
    static constexpr int16_t kFirstFlexibleVersion = 0;

    struct TopicRequest {
        std::string name;
        std::vector<int32_t> partition_indexes;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::vector<TopicRequest> topics;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct DescribeProducersResponse {
    static constexpr std::string_view kName = "DescribeProducersResponse";
    static constexpr ApiKey kKey = ApiKey::describe_producers;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 0;
    static constexpr int16_t kFirstFlexibleVersion = 0;

    struct ProducerState {
        int64_t producer_id = 0;
        int32_t producer_epoch = 0;
        int32_t last_sequence = -1;
        int64_t last_timestamp = -1;
        int32_t coordinator_epoch = 0;
        int64_t current_txn_start_offset = -1;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct PartitionResponse {
        int32_t partition_index = 0;
        int16_t error_code = 0;
        std::optional<std::string> error_message;
        std::vector<ProducerState> active_producers;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct TopicResponse {
        std::string name;
        std::vector<PartitionResponse> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    std::vector<TopicResponse> topics;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol

#pragma once

// Produce: appends record batches, one batch for each partition. Field lists: fields_records.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct ProduceResponse;

struct ProduceRequest {
    using Response = ProduceResponse;

    static constexpr std::string_view kName = "ProduceRequest";
    static constexpr ApiKey kKey = ApiKey::produce;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 13;
    static constexpr int16_t kFirstFlexibleVersion = 9;

    struct PartitionProduceData {
        int32_t index = 0;
        Records records;  ///< not copied: must outlive the encoded frame
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct TopicProduceData {
        std::string name;
        Uuid topic_id;
        std::vector<PartitionProduceData> partition_data;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::optional<std::string> transactional_id;
    int16_t acks = 0;  ///< 0: no response at all, 1: leader only, -1: all in-sync replicas
    int32_t timeout_ms = 0;
    std::vector<TopicProduceData> topic_data;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct ProduceResponse {
    static constexpr std::string_view kName = "ProduceResponse";
    static constexpr ApiKey kKey = ApiKey::produce;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 13;
    static constexpr int16_t kFirstFlexibleVersion = 9;

    struct BatchIndexAndErrorMessage {
        int32_t batch_index = 0;
        std::optional<std::string> batch_index_error_message;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct LeaderIdAndEpoch {
        int32_t leader_id = -1;
        int32_t leader_epoch = -1;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
        bool operator==(const LeaderIdAndEpoch&) const = default;
    };

    struct PartitionProduceResponse {
        int32_t index = 0;
        int16_t error_code = 0;
        int64_t base_offset = 0;  ///< -1 on errors, and for duplicates whose offset is forgotten
        int64_t log_append_time_ms = -1;  ///< -1 where the topic keeps the producer's timestamps
        int64_t log_start_offset = -1;
        std::vector<BatchIndexAndErrorMessage> record_errors;
        std::optional<std::string> error_message;
        LeaderIdAndEpoch current_leader;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct TopicProduceResponse {
        std::string name;
        Uuid topic_id;
        std::vector<PartitionProduceResponse> partition_responses;
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

    std::vector<TopicProduceResponse> responses;
    int32_t throttle_time_ms = 0;
    std::vector<NodeEndpoint> node_endpoints;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol

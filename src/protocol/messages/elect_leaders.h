#pragma once

// ElectLeaders: triggers leader elections. Field lists: fields_topics.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct ElectLeadersResponse;

struct ElectLeadersRequest {
    using Response = ElectLeadersResponse;

    static constexpr std::string_view kName = "ElectLeadersRequest";
    static constexpr ApiKey kKey = ApiKey::elect_leaders;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 2;
    static constexpr int16_t kFirstFlexibleVersion = 2;

    struct TopicPartitions {
        std::string topic;
        std::vector<int32_t> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int8_t election_type = 0;
    std::optional<std::vector<TopicPartitions>> topic_partitions = std::vector<TopicPartitions>{};
    int32_t timeout_ms = 60000;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct ElectLeadersResponse {
    static constexpr std::string_view kName = "ElectLeadersResponse";
    static constexpr ApiKey kKey = ApiKey::elect_leaders;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 2;
    static constexpr int16_t kFirstFlexibleVersion = 2;

    struct PartitionResult {
        int32_t partition_id = 0;
        int16_t error_code = 0;
        std::optional<std::string> error_message = "";
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct ReplicaElectionResult {
        std::string topic;
        std::vector<PartitionResult> partition_result;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::vector<ReplicaElectionResult> replica_election_results;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol

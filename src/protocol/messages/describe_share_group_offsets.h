#pragma once

// DescribeShareGroupOffsets: where share groups start to read. Field lists:
// fields_managed_groups.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct DescribeShareGroupOffsetsResponse;

struct DescribeShareGroupOffsetsRequest {
    using Response = DescribeShareGroupOffsetsResponse;

    static constexpr std::string_view kName = "DescribeShareGroupOffsetsRequest";
    static constexpr ApiKey kKey = ApiKey::describe_share_group_offsets;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 1;
    static constexpr int16_t kFirstFlexibleVersion = 0;

    struct DescribeShareGroupOffsetsRequestTopic {
        std::string topic_name;
        std::vector<int32_t> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct DescribeShareGroupOffsetsRequestGroup {
        std::string group_id;
        std::optional<std::vector<DescribeShareGroupOffsetsRequestTopic>> topics =
            std::vector<DescribeShareGroupOffsetsRequestTopic>{};
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::vector<DescribeShareGroupOffsetsRequestGroup> groups;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct DescribeShareGroupOffsetsResponse {
    static constexpr std::string_view kName = "DescribeShareGroupOffsetsResponse";
    static constexpr ApiKey kKey = ApiKey::describe_share_group_offsets;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 1;
    static constexpr int16_t kFirstFlexibleVersion = 0;

    struct DescribeShareGroupOffsetsResponsePartition {
        int32_t partition_index = 0;
        int64_t start_offset = 0;
        int32_t leader_epoch = 0;
        int64_t lag = -1;
        int16_t error_code = 0;
        std::optional<std::string> error_message;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct DescribeShareGroupOffsetsResponseTopic {
        std::string topic_name;
        Uuid topic_id;
        std::vector<DescribeShareGroupOffsetsResponsePartition> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct DescribeShareGroupOffsetsResponseGroup {
        std::string group_id;
        std::vector<DescribeShareGroupOffsetsResponseTopic> topics;
        int16_t error_code = 0;
        std::optional<std::string> error_message;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    std::vector<DescribeShareGroupOffsetsResponseGroup> groups;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol

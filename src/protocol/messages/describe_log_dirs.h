#pragma once

// DescribeLogDirs: sizes of the partitions in each log directory of one broker. Field lists:
// fields_cluster.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct DescribeLogDirsResponse;

struct DescribeLogDirsRequest {
    using Response = DescribeLogDirsResponse;

    static constexpr std::string_view kName = "DescribeLogDirsRequest";
    static constexpr ApiKey kKey = ApiKey::describe_log_dirs;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 5;
    static constexpr int16_t kFirstFlexibleVersion = 2;

    struct DescribableLogDirTopic {
        std::string topic;
        std::vector<int32_t> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::optional<std::vector<DescribableLogDirTopic>> topics =
        std::vector<DescribableLogDirTopic>{};
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct DescribeLogDirsResponse {
    static constexpr std::string_view kName = "DescribeLogDirsResponse";
    static constexpr ApiKey kKey = ApiKey::describe_log_dirs;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 5;
    static constexpr int16_t kFirstFlexibleVersion = 2;

    struct DescribeLogDirsPartition {
        int32_t partition_index = 0;
        int64_t partition_size = 0;
        int64_t offset_lag = 0;
        bool is_future_key = false;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct DescribeLogDirsTopic {
        std::string name;
        std::vector<DescribeLogDirsPartition> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct DescribeLogDirsResult {
        int16_t error_code = 0;
        std::string log_dir;
        std::vector<DescribeLogDirsTopic> topics;
        int64_t total_bytes = -1;
        int64_t usable_bytes = -1;
        bool is_cordoned = false;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::vector<DescribeLogDirsResult> results;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol

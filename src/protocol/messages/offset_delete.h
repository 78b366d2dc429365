#pragma once

// OffsetDelete: forgets a group's offsets for partitions. Field lists: fields_offsets.cpp.

#include "protocol/message.h"

#include <string>
#include <vector>

namespace lockstep::protocol {

struct OffsetDeleteResponse;

struct OffsetDeleteRequest {
    using Response = OffsetDeleteResponse;

    static constexpr std::string_view kName = "OffsetDeleteRequest";
    static constexpr ApiKey kKey = ApiKey::offset_delete;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 0;
    static constexpr int16_t kFirstFlexibleVersion = kNeverFlexible;

    struct OffsetDeleteRequestPartition {
        int32_t partition_index = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct OffsetDeleteRequestTopic {
        std::string name;
        std::vector<OffsetDeleteRequestPartition> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::string group_id;
    std::vector<OffsetDeleteRequestTopic> topics;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct OffsetDeleteResponse {
    static constexpr std::string_view kName = "OffsetDeleteResponse";
    static constexpr ApiKey kKey = ApiKey::offset_delete;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 0;
    static constexpr int16_t kFirstFlexibleVersion = kNeverFlexible;

    struct OffsetDeleteResponsePartition {
        int32_t partition_index = 0;
        int16_t error_code = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct OffsetDeleteResponseTopic {
        std::string name;
        std::vector<OffsetDeleteResponsePartition> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int16_t error_code = 0;
    int32_t throttle_time_ms = 0;
    std::vector<OffsetDeleteResponseTopic> topics;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol

#pragma once

// DeleteTopics: deletes topics by name or, from version 6 on, by id. Field lists:
// fields_topics.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct DeleteTopicsResponse;

struct DeleteTopicsRequest {
    using Response = DeleteTopicsResponse;

    static constexpr std::string_view kName = "DeleteTopicsRequest";
    static constexpr ApiKey kKey = ApiKey::delete_topics;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 6;
    static constexpr int16_t kFirstFlexibleVersion = 4;

    struct DeleteTopicState {
        std::optional<std::string> name;
        Uuid topic_id;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::vector<std::string> topic_names;
    std::vector<DeleteTopicState> topics;
    int32_t timeout_ms = 0;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct DeleteTopicsResponse {
    static constexpr std::string_view kName = "DeleteTopicsResponse";
    static constexpr ApiKey kKey = ApiKey::delete_topics;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 6;
    static constexpr int16_t kFirstFlexibleVersion = 4;

    struct DeletableTopicResult {
        std::optional<std::string> name = "";
        Uuid topic_id;
        int16_t error_code = 0;
        std::optional<std::string> error_message;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    std::vector<DeletableTopicResult> responses;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol

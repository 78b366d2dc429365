#pragma once

// DescribeUserScramCredentials: which SCRAM mechanisms users have; never their secrets. Field
// lists: fields_security.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct DescribeUserScramCredentialsResponse;

struct DescribeUserScramCredentialsRequest {
    using Response = DescribeUserScramCredentialsResponse;

    static constexpr std::string_view kName = "DescribeUserScramCredentialsRequest";
    static constexpr ApiKey kKey = ApiKey::describe_user_scram_credentials;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 0;
    static constexpr int16_t kFirstFlexibleVersion = 0;

    struct UserName {
        std::string name;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::optional<std::vector<UserName>> users = std::vector<UserName>{};
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct DescribeUserScramCredentialsResponse {
    static constexpr std::string_view kName = "DescribeUserScramCredentialsResponse";
    static constexpr ApiKey kKey = ApiKey::describe_user_scram_credentials;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 0;
    static constexpr int16_t kFirstFlexibleVersion = 0;

    struct CredentialInfo {
        int8_t mechanism = 0;
        int32_t iterations = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct DescribeUserScramCredentialsResult {
        std::string user;
        int16_t error_code = 0;
        std::optional<std::string> error_message = "";
        std::vector<CredentialInfo> credential_infos;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message = "";
    std::vector<DescribeUserScramCredentialsResult> results;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol

#pragma once

// AlterUserScramCredentials: sets and deletes SCRAM credentials. Field lists: fields_security.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct AlterUserScramCredentialsResponse;

struct AlterUserScramCredentialsRequest {
    using Response = AlterUserScramCredentialsResponse;

    static constexpr std::string_view kName = "AlterUserScramCredentialsRequest";
    static constexpr ApiKey kKey = ApiKey::alter_user_scram_credentials;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 0;
    static constexpr int16_t kFirstFlexibleVersion = 0;

    struct ScramCredentialDeletion {
        std::string name;
        int8_t mechanism = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct ScramCredentialUpsertion {
        std::string name;
        int8_t mechanism = 0;
        int32_t iterations = 0;
        Bytes salt;
        Bytes salted_password;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::vector<ScramCredentialDeletion> deletions;
    std::vector<ScramCredentialUpsertion> upsertions;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct AlterUserScramCredentialsResponse {
    static constexpr std::string_view kName = "AlterUserScramCredentialsResponse";
    static constexpr ApiKey kKey = ApiKey::alter_user_scram_credentials;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 0;
    static constexpr int16_t kFirstFlexibleVersion = 0;

    struct AlterUserScramCredentialsResult {
        std::string user;
        int16_t error_code = 0;
        std::optional<std::string> error_message = "";
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    std::vector<AlterUserScramCredentialsResult> results;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol

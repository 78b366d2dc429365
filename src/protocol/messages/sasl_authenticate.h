#pragma once

// SaslAuthenticate: carries the tokens of the SASL mechanism. Field lists: fields_cluster.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>

namespace lockstep::protocol {

struct SaslAuthenticateResponse;

struct SaslAuthenticateRequest {
    using Response = SaslAuthenticateResponse;

    static constexpr std::string_view kName = "SaslAuthenticateRequest";
    static constexpr ApiKey kKey = ApiKey::sasl_authenticate;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 2;
    static constexpr int16_t kFirstFlexibleVersion = 2;

    Bytes auth_bytes;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct SaslAuthenticateResponse {
    static constexpr std::string_view kName = "SaslAuthenticateResponse";
    static constexpr ApiKey kKey = ApiKey::sasl_authenticate;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 2;
    static constexpr int16_t kFirstFlexibleVersion = 2;

    int16_t error_code = 0;
    std::optional<std::string> error_message = "";
    Bytes auth_bytes;
    int64_t session_lifetime_ms = 0;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol

#pragma once

// SaslHandshake: chooses the SASL mechanism. Field lists: fields_cluster.cpp.

#include "protocol/message.h"

#include <string>
#include <vector>

namespace lockstep::protocol {

struct SaslHandshakeResponse;

struct SaslHandshakeRequest {
    using Response = SaslHandshakeResponse;

    static constexpr std::string_view kName = "SaslHandshakeRequest";
    static constexpr ApiKey kKey = ApiKey::sasl_handshake;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 1;
    static constexpr int16_t kFirstFlexibleVersion = kNeverFlexible;

    std::string mechanism;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct SaslHandshakeResponse {
    static constexpr std::string_view kName = "SaslHandshakeResponse";
    static constexpr ApiKey kKey = ApiKey::sasl_handshake;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 1;
    static constexpr int16_t kFirstFlexibleVersion = kNeverFlexible;

    int16_t error_code = 0;
    std::vector<std::string> mechanisms;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol

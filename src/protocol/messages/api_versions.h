#pragma once

// ApiVersions: which versions of which requests a broker speaks, and the cluster's features. Field
// lists: fields_cluster.cpp.

#include "protocol/message.h"

#include <string>
#include <vector>

namespace lockstep::protocol {

struct ApiVersionsResponse;

struct ApiVersionsRequest {
    using Response = ApiVersionsResponse;

    static constexpr std::string_view kName = "ApiVersionsRequest";
    static constexpr ApiKey kKey = ApiKey::api_versions;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 4;
    static constexpr int16_t kFirstFlexibleVersion = 3;

    std::string client_software_name;
    std::string client_software_version;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct ApiVersionsResponse {
    static constexpr std::string_view kName = "ApiVersionsResponse";
    static constexpr ApiKey kKey = ApiKey::api_versions;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 4;
    static constexpr int16_t kFirstFlexibleVersion = 3;

    struct ApiVersion {
        int16_t api_key = 0;
        int16_t min_version = 0;
        int16_t max_version = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct SupportedFeatureKey {
        std::string name;
        int16_t min_version = 0;
        int16_t max_version = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct FinalizedFeatureKey {
        std::string name;
        int16_t max_version_level = 0;
        int16_t min_version_level = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int16_t error_code = 0;
    std::vector<ApiVersion> api_keys;
    int32_t throttle_time_ms = 0;
    std::vector<SupportedFeatureKey> supported_features;
    int64_t finalized_features_epoch = -1;
    std::vector<FinalizedFeatureKey> finalized_features;
    bool zk_migration_ready = false;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol

#pragma once

// DescribeCluster: the cluster's id, controller and brokers. Field lists: fields_cluster.cpp.

#include "protocol/message.h"

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct DescribeClusterResponse;

struct DescribeClusterRequest {
    using Response = DescribeClusterResponse;

    static constexpr std::string_view kName = "DescribeClusterRequest";
    static constexpr ApiKey kKey = ApiKey::describe_cluster;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 2;
    static constexpr int16_t kFirstFlexibleVersion = 0;

    bool include_cluster_authorized_operations = false;
    int8_t endpoint_type = 1;
    bool include_fenced_brokers = false;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct DescribeClusterResponse {
    static constexpr std::string_view kName = "DescribeClusterResponse";
    static constexpr ApiKey kKey = ApiKey::describe_cluster;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 2;
    static constexpr int16_t kFirstFlexibleVersion = 0;

    struct DescribeClusterBroker {
        int32_t broker_id = 0;
        std::string host;
        int32_t port = 0;
        std::optional<std::string> rack;
        bool is_fenced = false;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    int8_t endpoint_type = 1;
    std::string cluster_id;
    int32_t controller_id = -1;
    std::vector<DescribeClusterBroker> brokers;
    int32_t cluster_authorized_operations = std::numeric_limits<int32_t>::min();
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol

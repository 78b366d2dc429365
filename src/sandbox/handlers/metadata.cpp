// API        ApiVersions 0 to 4, Metadata 0 to 13, FindCoordinator 0 to 6, DescribeCluster 0 to 2
// Behaviour  Metadata creates topics where the cluster and the client want that; coordinators are
//            those brokers that are up, by hash; features as of the cluster's version.
// Gaps       Racks are not known.

#include "protocol/messages/metadata.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/describe_cluster.h"
#include "protocol/messages/find_coordinator.h"
#include "sandbox/acls.h"
#include "sandbox/handler_table.h"
#include "sandbox/topic_names.h"

#include <algorithm>
#include <set>

namespace lockstep::sandbox {

using protocol::ApiKey;
using protocol::ApiVersionsRequest;
using protocol::ApiVersionsResponse;
using protocol::DescribeClusterRequest;
using protocol::DescribeClusterResponse;
using protocol::FindCoordinatorRequest;
using protocol::FindCoordinatorResponse;
using protocol::KafkaError;
using protocol::MetadataRequest;
using protocol::MetadataResponse;

namespace {

using TopicAnswer = MetadataResponse::MetadataResponseTopic;

constexpr int16_t kLastApiKey = 92;
constexpr int8_t kGroup = 0;

struct Feature {
    const char* name;
    int16_t min;
    int16_t max;
};

constexpr Feature kFeatures[] = {
    {"group.version", 0, 1}, {"metadata.version", 7, 29}, {"transaction.version", 0, 2}};

ApiVersionsResponse versions(KafkaVersion version) {
    ApiVersionsResponse response;
    for (int16_t key = 0; key <= kLastApiKey; ++key) {
        const auto range = versions_of(static_cast<ApiKey>(key), version);
        if (range && HandlerTable::instance().find(static_cast<ApiKey>(key)) != nullptr) {
            auto& told = response.api_keys.emplace_back();
            told.api_key = key;
            told.min_version = range->min;
            told.max_version = range->max;
        }
    }
    return response;
}

/// KIP-511: letters and digits, and dots and dashes within.
bool is_software_name(const std::string& name) {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    const auto is_inner = [&](char c) { return is_plain(c) || c == '.' || c == '-'; };
    return !name.empty() && is_plain(name.front()) && is_plain(name.back()) &&
           std::ranges::all_of(name, is_inner);
}

ApiVersionsResponse api_versions(Call& call, const ApiVersionsRequest& request) {
    constexpr int16_t kFirstVersionWithNames = 3;
    if (call.version >= kFirstVersionWithNames &&
        (!is_software_name(request.client_software_name) ||
         !is_software_name(request.client_software_version))) {
        ApiVersionsResponse refused;
        refused.error_code = code(KafkaError::invalid_request);
        return refused;
    }
    const KafkaVersion version = call.cluster.options().version;
    ApiVersionsResponse response = versions(version);
    if (version != KafkaVersion::v4_3) {
        return response;
    }
    response.finalized_features_epoch = 1;
    for (const Feature& feature : kFeatures) {
        auto& supported = response.supported_features.emplace_back();
        supported.name = feature.name;
        supported.min_version = feature.min;
        supported.max_version = feature.max;
        auto& finalized = response.finalized_features.emplace_back();
        finalized.name = feature.name;
        finalized.min_version_level = feature.max;
        finalized.max_version_level = feature.max;
    }
    return response;
}

/// Nothing for those who may not describe the cluster.
int32_t cluster_operations(const Call& call) {
    const Acls& acls = call.cluster.acls();
    return acls.allows(call, AclOperation::describe, ResourceType::cluster, kClusterResource)
               ? acls.authorized_operations(call, ResourceType::cluster, kClusterResource)
               : 0;
}

void describe(const Topic& topic, TopicAnswer& answer) {
    answer.name = topic.name;
    answer.topic_id = topic.id;
    answer.is_internal = topic.is_internal;
    for (const auto& partition : topic.partitions) {
        auto& told = answer.partitions.emplace_back();
        const bool has_leader = partition->leader != kNoBroker;
        told.error_code = code(has_leader ? KafkaError::none : KafkaError::leader_not_available);
        told.partition_index = partition->index.value();
        told.leader_id = partition->leader.value();
        told.leader_epoch = partition->log.epoch().value();
        for (const BrokerId id : partition->replicas) {
            told.replica_nodes.push_back(id.value());
        }
        for (const BrokerId id : partition->in_sync) {
            told.isr_nodes.push_back(id.value());
        }
    }
}

TopicAnswer describe_named(Call& call, const std::string& name, bool may_create) {
    TopicAnswer answer;
    answer.name = name;
    Cluster& cluster = call.cluster;
    if (!cluster.acls().allows(call, AclOperation::describe, ResourceType::topic, name)) {
        answer.error_code = code(KafkaError::topic_authorization_failed);
        return answer;
    }
    std::shared_ptr<Topic> topic = cluster.find_topic(name);
    if (!topic && judge_topic_name(name) != KafkaError::none) {
        answer.error_code = code(KafkaError::invalid_topic_exception);
        return answer;
    }
    if (!topic && may_create && cluster.options().creates_topics) {
        if (cluster.acls().allows(call, AclOperation::create, ResourceType::cluster,
                                  kClusterResource) ||
            cluster.acls().allows(call, AclOperation::create, ResourceType::topic, name)) {
            cluster.create_topic(name, cluster.options().default_partitions, 1);
            topic = cluster.find_topic(name);
        } else {
            answer.error_code = code(KafkaError::topic_authorization_failed);
            return answer;
        }
    }
    if (!topic) {
        answer.error_code = code(KafkaError::unknown_topic_or_partition);
        return answer;
    }
    describe(*topic, answer);
    return answer;
}

TopicAnswer describe_by_id(Call& call, const Uuid& id) {
    TopicAnswer answer;
    const auto topic = call.cluster.find_topic(id);
    if (topic) {
        answer = describe_named(call, topic->name, false);
        if (answer.error_code == code(KafkaError::none)) {
            return answer;
        }
    } else {
        answer.error_code = code(KafkaError::unknown_topic_id);
    }
    answer.name = std::nullopt;  // who may not see the topic is not told its name
    answer.topic_id = id;
    return answer;
}

/// What the client may do (KIP-430), where it has asked for that.
void tell_operations(Call& call, const MetadataRequest& request, MetadataResponse& response) {
    const Acls& acls = call.cluster.acls();
    if (request.include_topic_authorized_operations) {
        for (TopicAnswer& topic : response.topics) {
            if (topic.error_code == code(KafkaError::none)) {
                topic.topic_authorized_operations =
                    acls.authorized_operations(call, ResourceType::topic, *topic.name);
            }
        }
    }
    if (request.include_cluster_authorized_operations) {
        response.cluster_authorized_operations = cluster_operations(call);
    }
}

MetadataResponse metadata(Call& call, const MetadataRequest& request) {
    MetadataResponse response;
    Cluster& cluster = call.cluster;
    for (const Broker& broker : cluster.brokers()) {
        if (broker.is_up) {
            auto& told = response.brokers.emplace_back();
            told.node_id = broker.id.value();
            told.host = broker.host;
            told.port = broker.port;
        }
    }
    response.cluster_id = cluster.id();
    response.controller_id = cluster.controller().value();
    const bool wants_all = !request.topics || (call.version == 0 && request.topics->empty());
    if (wants_all) {
        for (const auto& [name, topic] : cluster.topics()) {
            if (cluster.acls().allows(call, AclOperation::describe, ResourceType::topic, name)) {
                describe(*topic, response.topics.emplace_back());
            }
        }
    } else {
        std::set<std::pair<Uuid, std::string>> answered;
        for (const auto& asked : *request.topics) {
            if (!answered.emplace(asked.topic_id, asked.name.value_or("")).second) {
                continue;
            }
            const bool is_by_id = !asked.topic_id.is_zero();
            response.topics.push_back(is_by_id ? describe_by_id(call, asked.topic_id)
                                               : describe_named(call, asked.name.value_or(""),
                                                                request.allow_auto_topic_creation));
        }
    }
    tell_operations(call, request, response);
    return response;
}

FindCoordinatorResponse::Coordinator refused_coordinator(
    FindCoordinatorResponse::Coordinator answer) {
    answer.node_id = -1;
    answer.port = -1;
    answer.error_message = "no coordinator can be told";
    return answer;
}

FindCoordinatorResponse::Coordinator coordinator_for(Call& call, const std::string& key,
                                                     int8_t type) {
    FindCoordinatorResponse::Coordinator answer;
    answer.key = key;
    const bool is_group = type == kGroup;
    if (!call.cluster.acls().allows(call, AclOperation::describe,
                                    is_group ? ResourceType::group : ResourceType::transactional_id,
                                    key)) {
        answer.error_code = code(is_group ? KafkaError::group_authorization_failed
                                          : KafkaError::transactional_id_authorization_failed);
        return refused_coordinator(std::move(answer));
    }
    const Broker* broker = call.cluster.find_broker(call.cluster.coordinator_of(key));
    if (broker == nullptr || type > 1) {
        answer.error_code =
            code(type > 1 ? KafkaError::invalid_request : KafkaError::coordinator_not_available);
        return refused_coordinator(std::move(answer));
    }
    answer.node_id = broker->id.value();
    answer.host = broker->host;
    answer.port = broker->port;
    return answer;
}

FindCoordinatorResponse find_coordinator(Call& call, const FindCoordinatorRequest& request) {
    constexpr int16_t kFirstVersionWithMany = 4;
    FindCoordinatorResponse response;
    if (call.version >= kFirstVersionWithMany) {
        for (const std::string& key : request.coordinator_keys) {
            response.coordinators.push_back(coordinator_for(call, key, request.key_type));
        }
        return response;
    }
    const auto found = coordinator_for(call, request.key, request.key_type);
    response.error_code = found.error_code;
    // Old versions have a message even where nothing is wrong.
    response.error_message = found.error_code == 0 ? "NONE" : found.error_message;
    response.node_id = found.node_id;
    response.host = found.host;
    response.port = found.port;
    return response;
}

DescribeClusterResponse describe_cluster(Call& call, const DescribeClusterRequest& request) {
    DescribeClusterResponse response;
    constexpr int8_t kBrokers = 1;
    constexpr int8_t kControllers = 2;
    if (request.endpoint_type != kBrokers) {
        response.error_code =
            code(request.endpoint_type == kControllers ? KafkaError::mismatched_endpoint_type
                                                       : KafkaError::unsupported_endpoint_type);
        response.error_message = "brokers tell only of brokers";
        return response;
    }
    if (request.include_cluster_authorized_operations) {
        response.cluster_authorized_operations = cluster_operations(call);
    }
    response.cluster_id = call.cluster.id();
    response.controller_id = call.cluster.controller().value();
    for (const Broker& broker : call.cluster.brokers()) {
        if (broker.is_up) {
            auto& told = response.brokers.emplace_back();
            told.broker_id = broker.id.value();
            told.host = broker.host;
            told.port = broker.port;
        }
    }
    return response;
}

}  // namespace

ApiVersionsResponse refusal_of_versions(KafkaVersion version) {
    ApiVersionsResponse response;
    response.error_code = code(KafkaError::unsupported_version);
    auto& told = response.api_keys.emplace_back();
    told.api_key = static_cast<int16_t>(ApiKey::api_versions);
    told.max_version = versions_of(ApiKey::api_versions, version)->max;
    return response;
}

void add_metadata_handlers(HandlerTable& table) {
    table.add(api_versions);
    table.add(metadata);
    table.add(find_coordinator);
    table.add(describe_cluster);
}

}  // namespace lockstep::sandbox

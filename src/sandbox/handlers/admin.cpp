// API        DescribeLogDirs 0 to 5, ElectLeaders 0 to 2, DescribeTopicPartitions 0
// Behaviour  One log directory for each broker, with the sizes of its replicas; preferred
//            elections, and unclean ones where unclean.leader.election.enable allows them;
//            partitions page by page (KIP-966).
// Gaps       The size of the disk is not told. Brokers take unclean elections whatever the setting
//            says. Elections happen at once. No partition has eligible leaders beyond those in
//            sync.

#include "protocol/messages/describe_log_dirs.h"
#include "protocol/messages/describe_topic_partitions.h"
#include "protocol/messages/elect_leaders.h"
#include "sandbox/acls.h"
#include "sandbox/config_defaults.h"
#include "sandbox/handler_table.h"
#include "sandbox/topic_names.h"
#include "sandbox/verdict.h"

#include <algorithm>
#include <map>
#include <set>

namespace lockstep::sandbox {

using protocol::DescribeLogDirsRequest;
using protocol::DescribeLogDirsResponse;
using protocol::DescribeTopicPartitionsRequest;
using protocol::DescribeTopicPartitionsResponse;
using protocol::ElectLeadersRequest;
using protocol::ElectLeadersResponse;
using protocol::KafkaError;

namespace {

using LogDirTopic = DescribeLogDirsResponse::DescribeLogDirsTopic;
using TopicPage = DescribeTopicPartitionsResponse::DescribeTopicPartitionsResponseTopic;

bool may(const Call& call, AclOperation operation) {
    return call.cluster.acls().allows(call, operation, ResourceType::cluster, kClusterResource);
}

bool holds(const std::vector<BrokerId>& brokers, BrokerId id) {
    return std::ranges::find(brokers, id) != brokers.end();
}

void tell_size(const Call& call, const Partition& partition, LogDirTopic& topic) {
    if (!holds(partition.replicas, call.broker)) {
        return;
    }
    auto& told = topic.partitions.emplace_back();
    told.partition_index = partition.index.value();
    told.partition_size = static_cast<int64_t>(partition.log.size_bytes());
}

DescribeLogDirsResponse describe_log_dirs(Call& call, const DescribeLogDirsRequest& request) {
    DescribeLogDirsResponse response;
    if (!may(call, AclOperation::describe)) {
        response.error_code = code(KafkaError::cluster_authorization_failed);
        return response;
    }
    auto& directory = response.results.emplace_back();
    directory.log_dir = call.cluster.broker_config("log.dir");
    const auto add = [&](LogDirTopic topic) {
        if (!topic.partitions.empty()) {
            directory.topics.push_back(std::move(topic));
        }
    };
    if (!request.topics) {
        for (const auto& [name, topic] : call.cluster.topics()) {
            LogDirTopic told;
            told.name = name;
            for (const auto& partition : topic->partitions) {
                tell_size(call, *partition, told);
            }
            add(std::move(told));
        }
        return response;
    }
    for (const auto& asked : *request.topics) {
        LogDirTopic told;
        told.name = asked.topic;
        for (const int32_t index : asked.partitions) {
            const auto partition = call.cluster.find_partition(asked.topic, index);
            if (partition) {
                tell_size(call, *partition, told);
            }
        }
        add(std::move(told));
    }
    return response;
}

/// ElectLeaders' kinds of election.
constexpr int8_t kPreferred = 0;
constexpr int8_t kUnclean = 1;

Verdict elect_preferred(Cluster& cluster, Partition& partition) {
    const BrokerId preferred = partition.replicas.front();
    if (partition.leader == preferred) {
        return {KafkaError::election_not_needed, "The preferred replica leads already."};
    }
    const Broker* broker = cluster.find_broker(preferred);
    if (!broker->is_up || !holds(partition.in_sync, preferred)) {
        return {KafkaError::preferred_leader_not_available,
                "The preferred replica is not up and in sync."};
    }
    cluster.move_leader(partition, preferred);
    return {};
}

Verdict elect_unclean(Cluster& cluster, const Topic& topic, Partition& partition) {
    if (partition.leader != kNoBroker) {
        return {KafkaError::election_not_needed, "The partition has a leader."};
    }
    if (cluster.config_of(topic, "unclean.leader.election.enable") != "true") {
        return {KafkaError::eligible_leaders_not_available,
                "unclean.leader.election.enable is false for this topic."};
    }
    const BrokerId chosen = cluster.next_unclean_leader(partition);
    if (chosen == kNoBroker) {
        return {KafkaError::eligible_leaders_not_available, "No replica is up."};
    }
    const Offset end = partition.ends_of_absent.at(chosen);
    cluster.elect_uncleanly(partition, chosen, end);
    cluster.set_broker_up(chosen, true);  // the others that are up follow it
    return {};
}

Verdict elect(Call& call, const std::string& name, int32_t index, int8_t kind) {
    const auto topic = call.cluster.find_topic(name);
    const auto partition = call.cluster.find_partition(name, index);
    if (!partition) {
        return {KafkaError::unknown_topic_or_partition, "There is no such partition."};
    }
    if (kind == kPreferred) {
        return elect_preferred(call.cluster, *partition);
    }
    if (kind == kUnclean) {
        return elect_unclean(call.cluster, *topic, *partition);
    }
    return {KafkaError::invalid_request, "Nobody knows this kind of election."};
}

/// Null: all partitions; those that need no election are then not told of.
std::map<std::string, std::set<int32_t>> wanted_partitions(const Cluster& cluster,
                                                           const ElectLeadersRequest& request) {
    std::map<std::string, std::set<int32_t>> wanted;
    if (request.topic_partitions) {
        for (const auto& topic : *request.topic_partitions) {
            wanted[topic.topic].insert(topic.partitions.begin(), topic.partitions.end());
        }
        return wanted;
    }
    for (const auto& [name, topic] : cluster.topics()) {
        for (const auto& partition : topic->partitions) {
            wanted[name].insert(partition->index.value());
        }
    }
    return wanted;
}

ElectLeadersResponse elect_leaders(Call& call, const ElectLeadersRequest& request) {
    ElectLeadersResponse response;
    const bool is_allowed = may(call, AclOperation::alter);
    const Verdict unauthorized{KafkaError::cluster_authorization_failed,
                               "Cluster authorization failed."};
    response.error_code = code(is_allowed ? KafkaError::none : unauthorized.error);
    for (const auto& [name, partitions] : wanted_partitions(call.cluster, request)) {
        ElectLeadersResponse::ReplicaElectionResult told;
        told.topic = name;
        for (const int32_t index : partitions) {
            const Verdict verdict =
                is_allowed ? elect(call, name, index, request.election_type) : unauthorized;
            if (!request.topic_partitions && verdict.error == KafkaError::election_not_needed) {
                continue;
            }
            auto& answer = told.partition_result.emplace_back();
            answer.partition_id = index;
            answer.error_code = code(verdict.error);
            answer.error_message = verdict.told();
        }
        if (!told.partition_result.empty()) {
            response.replica_election_results.push_back(std::move(told));
        }
    }
    return response;
}

std::vector<int32_t> numbers(const std::vector<BrokerId>& brokers) {
    std::vector<int32_t> ids;
    for (const BrokerId id : brokers) {
        ids.push_back(id.value());
    }
    return ids;
}

/// Partitions from `first` on, at most `limit`.
TopicPage describe_page(Call& call, const Topic& topic, size_t first, size_t limit) {
    TopicPage page;
    page.name = topic.name;
    page.topic_id = topic.id;
    page.is_internal = topic.is_internal;
    page.topic_authorized_operations =
        call.cluster.acls().authorized_operations(call, ResourceType::topic, topic.name);
    const size_t end = std::min(topic.partitions.size(), first + limit);
    for (size_t i = first; i < end; ++i) {
        const Partition& partition = *topic.partitions[i];
        auto& told = page.partitions.emplace_back();
        told.error_code = code(partition.leader == kNoBroker ? KafkaError::leader_not_available
                                                             : KafkaError::none);
        told.partition_index = partition.index.value();
        told.leader_id = partition.leader.value();
        told.leader_epoch = partition.log.epoch().value();
        told.replica_nodes = numbers(partition.replicas);
        told.isr_nodes = numbers(partition.in_sync);
        told.eligible_leader_replicas.emplace();
        told.last_known_elr.emplace();
        for (const BrokerId id : partition.replicas) {
            if (!call.cluster.find_broker(id)->is_up) {
                told.offline_replicas.push_back(id.value());
            }
        }
    }
    return page;
}

TopicPage refuse_topic(const std::string& name, KafkaError error) {
    TopicPage page;
    page.name = name;
    page.error_code = code(error);
    return page;
}

/// The names that were asked for, or all, in their order.
std::set<std::string> wanted_topics(const Cluster& cluster,
                                    const DescribeTopicPartitionsRequest& request) {
    std::set<std::string> names;
    for (const auto& topic : request.topics) {
        names.insert(topic.name);
    }
    if (request.topics.empty()) {
        for (const auto& [name, topic] : cluster.topics()) {
            names.insert(name);
        }
    }
    return names;
}

DescribeTopicPartitionsResponse describe_topic_partitions(
    Call& call, const DescribeTopicPartitionsRequest& request) {
    constexpr int32_t kLargestPage = 2000;  // max.request.partition.size.limit
    DescribeTopicPartitionsResponse response;
    auto left = static_cast<size_t>(std::clamp(request.response_partition_limit, 1, kLargestPage));
    for (const std::string& name : wanted_topics(call.cluster, request)) {
        if (request.cursor && name < request.cursor->topic_name) {
            continue;
        }
        const bool is_shown =
            call.cluster.acls().allows(call, AclOperation::describe, ResourceType::topic, name);
        const auto topic = call.cluster.find_topic(name);
        if (!is_shown || !topic) {
            const KafkaError unknown = judge_topic_name(name) == KafkaError::none
                                           ? KafkaError::unknown_topic_or_partition
                                           : KafkaError::invalid_topic_exception;
            if (is_shown || !request.topics.empty()) {
                response.topics.push_back(refuse_topic(
                    name, is_shown ? unknown : KafkaError::topic_authorization_failed));
            }
            continue;
        }
        const bool is_cursor = request.cursor && name == request.cursor->topic_name;
        const auto first =
            static_cast<size_t>(is_cursor ? std::max(request.cursor->partition_index, 0) : 0);
        if (left == 0) {
            response.next_cursor.emplace();
            response.next_cursor->topic_name = name;
            break;
        }
        response.topics.push_back(describe_page(call, *topic, first, left));
        const size_t count = response.topics.back().partitions.size();
        left -= count;
        if (first + count < topic->partitions.size()) {
            response.next_cursor.emplace();
            response.next_cursor->topic_name = name;
            response.next_cursor->partition_index = static_cast<int32_t>(first + count);
            break;
        }
    }
    return response;
}

}  // namespace

void add_admin_handlers(HandlerTable& table) {
    table.add(describe_log_dirs);
    table.add(elect_leaders);
    table.add(describe_topic_partitions);
}

}  // namespace lockstep::sandbox

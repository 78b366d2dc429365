// API        CreateTopics 0 to 7, DeleteTopics 0 to 6, CreatePartitions 0 to 3
// Behaviour  Names, counts, replicas, assignments and configs are checked; validate_only changes
//            nothing. From version 5 on the answer has the new topic's configs.
// Gaps       Everything happens at once: timeouts are not looked at, and nothing is throttled.

#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_topics.h"
#include "sandbox/acls.h"
#include "sandbox/config_defaults.h"
#include "sandbox/config_rules.h"
#include "sandbox/handler_table.h"
#include "sandbox/replica_assignments.h"
#include "sandbox/topic_names.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::sandbox {

using protocol::CreatePartitionsRequest;
using protocol::CreatePartitionsResponse;
using protocol::CreateTopicsRequest;
using protocol::CreateTopicsResponse;
using protocol::DeleteTopicsRequest;
using protocol::DeleteTopicsResponse;
using protocol::KafkaError;

namespace {

using CreatableTopic = CreateTopicsRequest::CreatableTopic;
using CreatedTopic = CreateTopicsResponse::CreatableTopicResult;
using CreatePartitionsTopic = CreatePartitionsRequest::CreatePartitionsTopic;
using DeletedTopic = DeleteTopicsResponse::DeletableTopicResult;

Verdict refuse(KafkaError error, std::string message) {
    return {error, std::move(message)};
}

constexpr const char* kReplicasByDefault = "default.replication.factor";

const Verdict kUnauthorized{KafkaError::topic_authorization_failed, "Authorization failed."};

/// What a topic is to be.
struct Plan {
    int32_t partitions = 0;
    int32_t replicas = 0;
    ReplicaAssignments assignments;  // empty: the cluster chooses
    ConfigValues config;
};

Verdict plan_manually(const Cluster& cluster, const CreatableTopic& topic, Plan& plan) {
    if (topic.replication_factor != -1 || topic.num_partitions != -1) {
        return refuse(KafkaError::invalid_request,
                      "With an assignment, neither a replication factor nor a number of partitions "
                      "may be given.");
    }
    std::map<int32_t, std::vector<BrokerId>> assignments;
    for (const auto& one : topic.assignments) {
        if (!assignments.emplace(one.partition_index, to_brokers(one.broker_ids)).second) {
            return refuse(
                KafkaError::invalid_replica_assignment,
                fmt::format("Partition {} is assigned more than once.", one.partition_index));
        }
    }
    Verdict verdict = judge_assignments(cluster, assignments);
    if (verdict.is_refused()) {
        return verdict;
    }
    for (const auto& [index, replicas] : assignments) {
        plan.assignments.push_back(replicas);
    }
    plan.partitions = static_cast<int32_t>(assignments.size());
    plan.replicas = static_cast<int32_t>(plan.assignments.front().size());
    return {};
}

Verdict plan_by_count(const Cluster& cluster, const CreatableTopic& topic, Plan& plan) {
    plan.partitions =
        topic.num_partitions == -1 ? cluster.options().default_partitions : topic.num_partitions;
    plan.replicas = topic.replication_factor == -1
                        ? static_cast<int32_t>(broker_number(cluster, kReplicasByDefault))
                        : topic.replication_factor;
    if (plan.partitions <= 0) {
        return refuse(KafkaError::invalid_partitions, "The number of partitions must be above 0.");
    }
    const auto up = std::ranges::count_if(cluster.brokers(), &Broker::is_up);
    if (plan.replicas <= 0 || plan.replicas > up) {
        return refuse(KafkaError::invalid_replication_factor,
                      fmt::format("Unable to replicate the partition {} time(s): there are {} "
                                  "brokers.",
                                  plan.replicas, up));
    }
    return {};
}

Verdict plan_config(const Cluster& cluster, const CreatableTopic& topic, Plan& plan) {
    const KafkaVersion version = cluster.options().version;
    for (const auto& config : topic.configs) {
        if (!config.value) {
            return refuse(version == KafkaVersion::v2_8 ? KafkaError::invalid_request
                                                        : KafkaError::invalid_config,
                          fmt::format("A null value is not supported for {}.", config.name));
        }
        plan.config[config.name] = *config.value;
    }
    return judge_topic_configs(plan.config, version);
}

/// Metrics have '_' for '.', so names must differ in more than that.
std::string metric_name(std::string name) {
    std::ranges::replace(name, '.', '_');
    return name;
}

Verdict judge_name(const Cluster& cluster, const std::string& name) {
    if (judge_topic_name(name) != KafkaError::none) {
        return refuse(KafkaError::invalid_topic_exception, "The topic name is not legal.");
    }
    if (cluster.find_topic(name)) {
        return refuse(KafkaError::topic_already_exists,
                      fmt::format("Topic '{}' already exists.", name));
    }
    for (const auto& [other, topic] : cluster.topics()) {
        if (metric_name(other) == metric_name(name)) {
            return refuse(KafkaError::invalid_topic_exception,
                          fmt::format("Topic '{}' collides with '{}', which exists.", name, other));
        }
    }
    return {};
}

bool may_create(const Call& call, const std::string& name) {
    const Acls& acls = call.cluster.acls();
    return acls.allows(call, AclOperation::create, ResourceType::cluster, kClusterResource) ||
           acls.allows(call, AclOperation::create, ResourceType::topic, name);
}

Verdict make_plan(Call& call, const CreatableTopic& topic, Plan& plan) {
    if (!may_create(call, topic.name)) {
        return kUnauthorized;
    }
    Verdict verdict = judge_name(call.cluster, topic.name);
    if (!verdict.is_refused()) {
        verdict = topic.assignments.empty() ? plan_by_count(call.cluster, topic, plan)
                                            : plan_manually(call.cluster, topic, plan);
    }
    return verdict.is_refused() ? verdict : plan_config(call.cluster, topic, plan);
}

/// What the topic is (KIP-525), for those who may know its configs.
void describe(Call& call, const Plan& plan, CreatedTopic& answer) {
    if (!call.cluster.acls().allows(call, AclOperation::describe_configs, ResourceType::topic,
                                    answer.name)) {
        answer.configs = std::nullopt;
        answer.topic_config_error_code = code(KafkaError::topic_authorization_failed);
        return;
    }
    answer.num_partitions = plan.partitions;
    answer.replication_factor = static_cast<int16_t>(plan.replicas);
    Topic topic;
    topic.config = plan.config;
    for (const Setting& setting : all_settings()) {
        if (setting.topic.empty() || !setting.is_in(call.cluster.options().version)) {
            continue;
        }
        auto& told = answer.configs->emplace_back();
        told.name = setting.topic;
        told.value = call.cluster.config_of(topic, told.name);
        const auto synonyms = synonyms_of(call.cluster, topic, setting);
        told.config_source = static_cast<int8_t>(synonyms.empty() ? ConfigSource::by_default
                                                                  : synonyms.front().source);
    }
}

void create(Cluster& cluster, const Plan& plan, CreatedTopic& answer) {
    Topic& topic = plan.assignments.empty()
                       ? cluster.create_topic(answer.name, plan.partitions, plan.replicas)
                       : cluster.create_topic(answer.name, plan.assignments);
    topic.config = plan.config;
    cluster.apply_config(topic);
    answer.topic_id = topic.id;
}

template <typename Topics>
bool is_twice(const Topics& topics, const std::string& name) {
    return std::ranges::count_if(topics, [&](const auto& one) { return one.name == name; }) > 1;
}

CreateTopicsResponse create_topics(Call& call, const CreateTopicsRequest& request) {
    CreateTopicsResponse response;
    for (const auto& asked : request.topics) {
        const auto is_same = [&](const auto& answer) { return answer.name == asked.name; };
        if (std::ranges::any_of(response.topics, is_same)) {
            continue;  // it has been refused
        }
        Plan plan;
        const Verdict verdict =
            is_twice(request.topics, asked.name)
                ? refuse(KafkaError::invalid_request, "The topic is there more than once.")
                : make_plan(call, asked, plan);
        auto& answer = response.topics.emplace_back();
        answer.name = asked.name;
        answer.error_code = code(verdict.error);
        answer.error_message = verdict.told();
        if (verdict.is_refused()) {
            continue;
        }
        describe(call, plan, answer);
        if (!request.validate_only) {
            create(call.cluster, plan, answer);
        }
    }
    return response;
}

DeletedTopic delete_named(Call& call, const std::string& name) {
    DeletedTopic answer;
    answer.name = name;
    answer.error_message = std::nullopt;
    const auto topic = call.cluster.find_topic(name);
    if (!call.cluster.acls().allows(call, AclOperation::erase, ResourceType::topic, name)) {
        answer.error_code = code(KafkaError::topic_authorization_failed);
    } else if (!topic) {
        answer.error_code = code(KafkaError::unknown_topic_or_partition);
    } else {
        answer.topic_id = topic->id;
        call.cluster.delete_topic(name);
    }
    return answer;
}

/// Who may not even describe the topic is not told its name.
DeletedTopic delete_by_id(Call& call, const Uuid& id) {
    const auto topic = call.cluster.find_topic(id);
    const bool is_shown = topic && call.cluster.acls().allows(call, AclOperation::describe,
                                                              ResourceType::topic, topic->name);
    if (is_shown) {
        DeletedTopic answer = delete_named(call, topic->name);
        answer.topic_id = id;
        return answer;
    }
    DeletedTopic answer;
    answer.name = std::nullopt;
    answer.error_message = std::nullopt;
    answer.topic_id = id;
    answer.error_code =
        code(topic ? KafkaError::topic_authorization_failed : KafkaError::unknown_topic_id);
    return answer;
}

DeleteTopicsResponse delete_topics(Call& call, const DeleteTopicsRequest& request) {
    DeleteTopicsResponse response;
    for (const std::string& name : request.topic_names) {
        response.responses.push_back(delete_named(call, name));
    }
    for (const auto& asked : request.topics) {
        if (asked.name.has_value() == !asked.topic_id.is_zero()) {
            auto& refused = response.responses.emplace_back();
            refused.name = asked.name;
            refused.topic_id = asked.topic_id;
            refused.error_code = code(KafkaError::invalid_request);
            refused.error_message = "A topic has either a name or an id.";
            continue;
        }
        response.responses.push_back(asked.name ? delete_named(call, *asked.name)
                                                : delete_by_id(call, asked.topic_id));
    }
    for (DeletedTopic& answer : response.responses) {
        if (answer.error_code != 0 && call.cluster.options().version != KafkaVersion::v2_8) {
            answer.error_message = "The topic cannot be deleted.";  // as KRaft: never without text
        }
    }
    return response;
}

Verdict judge_new_assignments(const Cluster& cluster, const Topic& topic,
                              const CreatePartitionsTopic& asked) {
    const size_t added = static_cast<size_t>(asked.count) - topic.partitions.size();
    if (asked.assignments->size() != added) {
        return refuse(KafkaError::invalid_replica_assignment,
                      fmt::format("{} partition(s) are to be added, but {} are assigned.", added,
                                  asked.assignments->size()));
    }
    for (const auto& one : *asked.assignments) {
        Verdict verdict = judge_replicas(cluster, to_brokers(one.broker_ids),
                                         topic.partitions.front()->replicas.size());
        if (verdict.is_refused()) {
            return verdict;
        }
    }
    return {};
}

Verdict judge(Call& call, const CreatePartitionsTopic& asked) {
    if (!call.cluster.acls().allows(call, AclOperation::alter, ResourceType::topic, asked.name)) {
        return kUnauthorized;
    }
    const auto topic = call.cluster.find_topic(asked.name);
    if (!topic) {
        return refuse(KafkaError::unknown_topic_or_partition, "There is no such topic.");
    }
    const auto present = static_cast<int32_t>(topic->partitions.size());
    if (asked.count <= present) {
        return refuse(KafkaError::invalid_partitions,
                      fmt::format("The topic {} currently has {} partition(s); {} would not be an "
                                  "increase.",
                                  asked.name, present, asked.count));
    }
    return asked.assignments ? judge_new_assignments(call.cluster, *topic, asked) : Verdict{};
}

void add_partitions(Cluster& cluster, const CreatePartitionsTopic& asked) {
    Topic& topic = *cluster.find_topic(asked.name);
    if (!asked.assignments) {
        cluster.add_partitions(topic, asked.count);
        return;
    }
    ReplicaAssignments assignments;
    for (const auto& one : *asked.assignments) {
        assignments.push_back(to_brokers(one.broker_ids));
    }
    cluster.add_partitions(topic, assignments);
}

CreatePartitionsResponse create_partitions(Call& call, const CreatePartitionsRequest& request) {
    CreatePartitionsResponse response;
    for (const auto& asked : request.topics) {
        const auto is_same = [&](const auto& answer) { return answer.name == asked.name; };
        if (std::ranges::any_of(response.results, is_same)) {
            continue;  // it has been refused
        }
        const Verdict verdict =
            is_twice(request.topics, asked.name)
                ? refuse(KafkaError::invalid_request, "The topic is there more than once.")
                : judge(call, asked);
        auto& answer = response.results.emplace_back();
        answer.name = asked.name;
        answer.error_code = code(verdict.error);
        answer.error_message = verdict.told();
        const bool is_unexplained = verdict.error == KafkaError::unknown_topic_or_partition ||
                                    verdict.error == KafkaError::topic_authorization_failed;
        if (is_unexplained && call.cluster.options().version != KafkaVersion::v2_8) {
            answer.error_message.reset();  // as KRaft has it
        }
        if (!verdict.is_refused() && !request.validate_only) {
            add_partitions(call.cluster, asked);
        }
    }
    return response;
}

}  // namespace

void add_topic_handlers(HandlerTable& table) {
    table.add(create_topics);
    table.add(delete_topics);
    table.add(create_partitions);
}

}  // namespace lockstep::sandbox

// API        DescribeConfigs 0 to 4, AlterConfigs 0 to 2, IncrementalAlterConfigs 0 to 1,
//            ListConfigResources 0 to 1
// Behaviour  Topics and brokers; sources and synonyms as brokers tell them; values are checked by
//            type and range and take effect at once. Passwords are never told.
// Gaps       No settings of groups, client metrics and loggers; no documentation. Topics go by the
//            settings of the first broker.

#include "protocol/messages/alter_configs.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/list_config_resources.h"
#include "sandbox/acls.h"
#include "sandbox/config_defaults.h"
#include "sandbox/config_rules.h"
#include "sandbox/handler_table.h"
#include "sandbox/topic_names.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::sandbox {

using protocol::AlterConfigsRequest;
using protocol::AlterConfigsResponse;
using protocol::DescribeConfigsRequest;
using protocol::DescribeConfigsResponse;
using protocol::IncrementalAlterConfigsRequest;
using protocol::IncrementalAlterConfigsResponse;
using protocol::KafkaError;
using protocol::ListConfigResourcesRequest;
using protocol::ListConfigResourcesResponse;

namespace {

using Entry = DescribeConfigsResponse::DescribeConfigsResourceResult;

/// ConfigResource.Type
constexpr int8_t kTopic = 2;
constexpr int8_t kBroker = 4;
constexpr int8_t kBrokerLogger = 8;
constexpr int8_t kClientMetrics = 16;
constexpr int8_t kGroup = 32;

Verdict judge_access(const Call& call, AclOperation operation, int8_t type,
                     const std::string& name) {
    const Acls& acls = call.cluster.acls();
    if (type == kTopic) {
        if (!acls.allows(call, operation, ResourceType::topic, name)) {
            return {KafkaError::topic_authorization_failed, "Topic authorization failed."};
        }
    } else if (!acls.allows(call, operation, ResourceType::cluster, kClusterResource)) {
        return {KafkaError::cluster_authorization_failed, "Cluster authorization failed."};
    }
    return {};
}

/// A broker speaks for itself, and, where no name is given, of all brokers.
Verdict judge_broker_name(const Call& call, const std::string& name) {
    const std::string own = std::to_string(call.broker.value());
    if (name.empty() || name == own) {
        return {};
    }
    return {KafkaError::invalid_request,
            fmt::format("This is broker {}, and not broker {}.", own, name)};
}

Verdict unsupported(int8_t type) {
    return {KafkaError::invalid_request,
            fmt::format("There are no settings of resources of type {}.", type)};
}

struct Wanted {
    const std::optional<std::vector<std::string>>& names;
    bool has_synonyms = false;

    bool wants(std::string_view name) const {
        return !names || names->empty() || std::ranges::find(*names, name) != names->end();
    }
};

void fill_synonyms(const std::vector<ConfigSynonym>& synonyms, Entry& entry) {
    for (const ConfigSynonym& synonym : synonyms) {
        auto& told = entry.synonyms.emplace_back();
        told.name = synonym.name;
        told.value = entry.is_sensitive ? std::nullopt : std::optional(synonym.value);
        told.source = static_cast<int8_t>(synonym.source);
    }
}

Entry describe(const std::string& name, const std::vector<ConfigSynonym>& synonyms,
               bool wants_synonyms) {
    Entry entry;
    entry.name = name;
    entry.documentation = std::nullopt;
    const ConfigSource source =
        synonyms.empty() ? ConfigSource::by_default : synonyms.front().source;
    entry.config_source = static_cast<int8_t>(source);
    entry.is_default = source == ConfigSource::by_default;
    entry.value = synonyms.empty() ? std::nullopt : std::optional(synonyms.front().value);
    if (wants_synonyms) {
        fill_synonyms(synonyms, entry);
    }
    return entry;
}

std::vector<Entry> describe_topic(const Cluster& cluster, const Topic& topic,
                                  const Wanted& wanted) {
    std::vector<Entry> entries;
    for (const Setting& setting : all_settings()) {
        if (setting.topic.empty() || !setting.is_in(cluster.options().version) ||
            !wanted.wants(setting.topic)) {
            continue;
        }
        const std::string name(setting.topic);
        Entry& entry = entries.emplace_back(
            describe(name, synonyms_of(cluster, topic, setting), wanted.has_synonyms));
        entry.value = cluster.config_of(topic, name);
        entry.config_type = static_cast<int8_t>(setting.type);
    }
    return entries;
}

/// Settings that only plugins know may be secrets.
Entry describe_unknown(const ConfigSynonym& said, bool wants_synonyms) {
    Entry entry = describe(said.name, {}, false);
    entry.is_sensitive = true;
    entry.config_source = static_cast<int8_t>(said.source);
    entry.is_default = false;
    entry.read_only = true;
    if (wants_synonyms) {
        fill_synonyms({said}, entry);
    }
    return entry;
}

void describe_unknown(const Cluster& cluster, BrokerId broker, const Wanted& wanted,
                      std::vector<Entry>& entries) {
    std::map<std::string, ConfigSynonym> unknown;
    const auto collect = [&](const ConfigValues& values, ConfigSource source) {
        for (const auto& [name, value] : values) {
            if (find_broker_setting(name, cluster.options().version) == nullptr &&
                wanted.wants(name)) {
                unknown.emplace(name, ConfigSynonym{name, value, source});
            }
        }
    };
    const DynamicBrokerConfigs& dynamic = cluster.dynamic_broker_configs();
    const auto own = dynamic.of_broker.find(broker);
    if (own != dynamic.of_broker.end()) {
        collect(own->second, ConfigSource::dynamic_broker);
    }
    collect(dynamic.of_all, ConfigSource::dynamic_default_broker);
    collect(cluster.options().broker_config, ConfigSource::static_broker);
    for (const auto& [name, said] : unknown) {
        entries.push_back(describe_unknown(said, wanted.has_synonyms));
    }
}

std::vector<Entry> describe_broker(const Cluster& cluster, BrokerId broker, const Wanted& wanted) {
    std::vector<Entry> entries;
    for (const Setting& setting : all_settings()) {
        if (setting.broker.empty() || !setting.is_in(cluster.options().version) ||
            !wanted.wants(setting.broker)) {
            continue;
        }
        const auto synonyms = synonyms_of(cluster, broker, setting);
        Entry& entry = entries.emplace_back(describe(std::string(setting.broker), synonyms, false));
        entry.read_only = setting.scope == ConfigScope::read_only;
        entry.config_type = static_cast<int8_t>(setting.type);
        entry.is_sensitive = setting.type == ConfigType::secret;
        if (entry.is_sensitive) {
            entry.value = std::nullopt;
        }
        if (wanted.has_synonyms) {
            fill_synonyms(synonyms, entry);
        }
    }
    describe_unknown(cluster, broker, wanted, entries);
    return entries;
}

/// What was said to all brokers at once; nothing else is told where no broker is named.
std::vector<Entry> describe_all_brokers(const Cluster& cluster, const Wanted& wanted) {
    std::vector<Entry> entries;
    for (const auto& [name, value] : cluster.dynamic_broker_configs().of_all) {
        const ConfigSynonym said{name, value, ConfigSource::dynamic_default_broker};
        const Setting* setting = find_broker_setting(name, cluster.options().version);
        if (!wanted.wants(name)) {
            continue;
        }
        if (setting == nullptr) {
            entries.push_back(describe_unknown(said, wanted.has_synonyms));
            continue;
        }
        Entry& entry = entries.emplace_back(describe(name, {said}, wanted.has_synonyms));
        entry.config_type = static_cast<int8_t>(setting->type);
    }
    return entries;
}

DescribeConfigsResponse describe_configs(Call& call, const DescribeConfigsRequest& request) {
    DescribeConfigsResponse response;
    for (const auto& asked : request.resources) {
        auto& answer = response.results.emplace_back();
        answer.resource_type = asked.resource_type;
        answer.resource_name = asked.resource_name;
        const Wanted wanted{asked.configuration_keys, request.include_synonyms};
        Verdict verdict = judge_access(call, AclOperation::describe_configs, asked.resource_type,
                                       asked.resource_name);
        if (verdict.is_refused()) {
            // as it is
        } else if (asked.resource_type == kTopic) {
            const auto topic = call.cluster.find_topic(asked.resource_name);
            if (judge_topic_name(asked.resource_name) != KafkaError::none) {
                verdict = {KafkaError::invalid_topic_exception, "The topic name is not legal."};
            } else if (!topic) {
                verdict = {KafkaError::unknown_topic_or_partition, ""};
            } else {
                answer.configs = describe_topic(call.cluster, *topic, wanted);
            }
        } else if (asked.resource_type == kBroker) {
            verdict = judge_broker_name(call, asked.resource_name);
            if (!verdict.is_refused()) {
                answer.configs = asked.resource_name.empty()
                                     ? describe_all_brokers(call.cluster, wanted)
                                     : describe_broker(call.cluster, call.broker, wanted);
            }
        } else {
            verdict = unsupported(asked.resource_type);
        }
        answer.error_code = code(verdict.error);
        answer.error_message = verdict.message;  // not null where nothing is wrong
    }
    return response;
}

/// One resource and what is to become of its settings.
struct Alteration {
    int8_t type = 0;
    std::string name;
    bool replaces_all = false;
    std::vector<ConfigChange> changes;
};

Verdict alter_topic(Call& call, const Alteration& wanted, bool is_dry) {
    const KafkaVersion version = call.cluster.options().version;
    const auto topic = call.cluster.find_topic(wanted.name);
    if (!topic) {
        const bool is_named =
            version == KafkaVersion::v2_8 || judge_topic_name(wanted.name) == KafkaError::none;
        return {
            is_named ? KafkaError::unknown_topic_or_partition : KafkaError::invalid_topic_exception,
            "There is no such topic."};
    }
    ConfigValues values = wanted.replaces_all ? ConfigValues{} : topic->config;
    Verdict verdict = change_configs(wanted.changes, ConfigOwner::topic, version, values);
    if (!verdict.is_refused()) {
        verdict = judge_topic_configs(values, version);
    }
    if (!verdict.is_refused() && !is_dry) {
        topic->config = std::move(values);
        call.cluster.apply_config(*topic);
    }
    return verdict;
}

Verdict alter_broker(Call& call, const Alteration& wanted, bool is_dry) {
    const KafkaVersion version = call.cluster.options().version;
    Verdict verdict = judge_broker_name(call, wanted.name);
    if (verdict.is_refused()) {
        return verdict;
    }
    const bool is_all = wanted.name.empty();
    const ConfigOwner owner = is_all ? ConfigOwner::all_brokers : ConfigOwner::one_broker;
    const DynamicBrokerConfigs& present = call.cluster.dynamic_broker_configs();
    ConfigValues values;
    if (!wanted.replaces_all && is_all) {
        values = present.of_all;
    } else if (!wanted.replaces_all && present.of_broker.contains(call.broker)) {
        values = present.of_broker.at(call.broker);
    }
    verdict = change_configs(wanted.changes, owner, version, values);
    if (!verdict.is_refused()) {
        verdict = judge_broker_configs(values, owner, version);
    }
    if (!verdict.is_refused() && !is_dry) {
        call.cluster.change_broker_config(is_all ? std::nullopt : std::optional(call.broker),
                                          std::move(values));
    }
    return verdict;
}

Verdict alter(Call& call, const Alteration& wanted, bool is_dry) {
    const Verdict access =
        judge_access(call, AclOperation::alter_configs, wanted.type, wanted.name);
    if (access.is_refused()) {
        return access;
    }
    if (wanted.type == kTopic) {
        return alter_topic(call, wanted, is_dry);
    }
    return wanted.type == kBroker ? alter_broker(call, wanted, is_dry) : unsupported(wanted.type);
}

template <typename Resource>
Alteration read_alteration(const Resource& asked) {
    constexpr bool kIsIncremental =
        std::is_same_v<Resource, IncrementalAlterConfigsRequest::AlterConfigsResource>;
    Alteration wanted{asked.resource_type, asked.resource_name, !kIsIncremental, {}};
    for (const auto& config : asked.configs) {
        ConfigChange& change = wanted.changes.emplace_back();
        change.name = config.name;
        change.value = config.value;
        if constexpr (kIsIncremental) {
            change.operation = static_cast<ConfigOperation>(config.config_operation);
        }
    }
    return wanted;
}

/// Both requests. A resource that is there twice is not touched at all.
template <typename Request>
typename Request::Response alter_all(Call& call, const Request& request) {
    typename Request::Response response;
    for (const auto& asked : request.resources) {
        const auto is_same = [&](const auto& other) {
            return other.resource_type == asked.resource_type &&
                   other.resource_name == asked.resource_name;
        };
        Verdict verdict;
        if (std::ranges::count_if(request.resources, is_same) > 1) {
            verdict = {KafkaError::invalid_request, "Each resource may be there once."};
        } else {
            verdict = alter(call, read_alteration(asked), request.validate_only);
        }
        auto& answer = response.responses.emplace_back();
        answer.error_code = code(verdict.error);
        answer.error_message = verdict.told();
        answer.resource_type = asked.resource_type;
        answer.resource_name = asked.resource_name;
    }
    return response;
}

AlterConfigsResponse alter_configs(Call& call, const AlterConfigsRequest& request) {
    return alter_all(call, request);
}

IncrementalAlterConfigsResponse incremental_alter_configs(
    Call& call, const IncrementalAlterConfigsRequest& request) {
    return alter_all(call, request);
}

void list_resources(const Cluster& cluster, int8_t type, ListConfigResourcesResponse& response) {
    const auto add = [&](const std::string& name) {
        auto& told = response.config_resources.emplace_back();
        told.resource_name = name;
        told.resource_type = type;
    };
    if (type == kTopic) {
        for (const auto& [name, topic] : cluster.topics()) {
            add(name);
        }
    } else if (type == kBroker || type == kBrokerLogger) {
        for (const Broker& broker : cluster.brokers()) {
            add(std::to_string(broker.id.value()));
        }
    }
}

ListConfigResourcesResponse list_config_resources(Call& call,
                                                  const ListConfigResourcesRequest& request) {
    ListConfigResourcesResponse response;
    const Verdict access = judge_access(call, AclOperation::describe_configs, kBroker, "");
    if (access.is_refused()) {
        response.error_code = code(access.error);
        return response;
    }
    if (call.version == 0) {
        return response;  // only client metrics, of which there are none
    }
    const std::vector<int8_t> all{kTopic, kBroker, kBrokerLogger, kClientMetrics, kGroup};
    const auto& wanted = request.resource_types.empty() ? all : request.resource_types;
    for (const int8_t type : wanted) {
        if (std::ranges::find(all, type) == all.end()) {
            response.config_resources.clear();
            response.error_code = code(KafkaError::unsupported_version);
            return response;
        }
        list_resources(call.cluster, type, response);
    }
    return response;
}

}  // namespace

void add_config_handlers(HandlerTable& table) {
    table.add(describe_configs);
    table.add(alter_configs);
    table.add(incremental_alter_configs);
    table.add(list_config_resources);
}

}  // namespace lockstep::sandbox

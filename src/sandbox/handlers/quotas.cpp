// API        DescribeClientQuotas 0 to 1, AlterClientQuotas 0 to 1
// Behaviour  Users, client ids, both together, and addresses, each by name or by default; filters
//            by name, default or any of a type, strict or not. What byte rates do: quotas.h.
//            Brokers with ZooKeeper take some changes that later ones refuse.
// Gaps       request_percentage, controller_mutation_rate and connection_creation_rate are kept and
//            told, but limit nothing. Names of hosts count as addresses as they are.

#include "sandbox/quotas.h"
#include "protocol/messages/alter_client_quotas.h"
#include "protocol/messages/describe_client_quotas.h"
#include "sandbox/acls.h"
#include "sandbox/handler_table.h"
#include "sandbox/verdict.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <set>

namespace lockstep::sandbox {

using protocol::AlterClientQuotasRequest;
using protocol::AlterClientQuotasResponse;
using protocol::DescribeClientQuotasRequest;
using protocol::DescribeClientQuotasResponse;
using protocol::KafkaError;

namespace {

constexpr int8_t kExactly = 0;
constexpr int8_t kDefault = 1;
constexpr int8_t kAny = 2;

Verdict refuse(std::string message) {
    return {KafkaError::invalid_request, std::move(message)};
}

bool is_entity_type(const std::string& type) {
    return type == "user" || type == "client-id" || type == "ip";
}

/// Of a type that is there twice, the last name counts.
template <typename Parts>
QuotaEntity entity_of(const Parts& parts) {
    QuotaEntity entity;
    for (const auto& part : parts) {
        entity[part.entity_type] = part.entity_name;
    }
    return entity;
}

/// Whether it may be the name of a host, or an address.
bool is_host(std::string_view name) {
    return std::ranges::all_of(name, [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == ':' ||
               c == '-' || c == '_';
    });
}

Verdict judge_entity(const QuotaEntity& entity) {
    for (const auto& [type, name] : entity) {
        if (!is_entity_type(type)) {
            return refuse(fmt::format("Nobody knows the entity type {}.", type));
        }
        if (name && name->empty()) {
            return refuse(fmt::format("The name of the {} is empty.", type));
        }
        if (type == "ip" && name && !is_host(*name)) {
            return refuse(fmt::format("{} is no address.", *name));
        }
    }
    if (entity.empty()) {
        return refuse("The entity is empty.");
    }
    if (entity.contains("ip") && entity.size() > 1) {
        return refuse("An address has quotas of its own.");
    }
    return {};
}

Verdict judge_value(const QuotaEntity& entity, const std::string& key, double value,
                    bool takes_zero) {
    const bool is_of_address = key == "connection_creation_rate";
    const bool is_fraction = key == "request_percentage" || key == "controller_mutation_rate";
    const bool is_known =
        is_of_address || is_fraction || key == "producer_byte_rate" || key == "consumer_byte_rate";
    if (!is_known || is_of_address != entity.contains("ip")) {
        return refuse(fmt::format("The entity cannot have a quota {}.", key));
    }
    constexpr double kNearly = 1e-6;
    if (!is_fraction && std::abs(std::round(value) - value) > kNearly) {
        return refuse(fmt::format("The quota {} must be a whole number.", key));
    }
    if (!std::isfinite(value) || (is_of_address || takes_zero ? value < 0 : value <= 0)) {
        return refuse(fmt::format("The quota {} must be above 0.", key));
    }
    return {};
}

Verdict judge_changes(const QuotaEntity& entity, const AlterClientQuotasRequest::EntryData& asked,
                      KafkaVersion version) {
    const bool is_oldest = version == KafkaVersion::v2_8;
    std::set<std::string> keys;
    for (const auto& change : asked.ops) {
        if (!keys.insert(change.key).second && !is_oldest) {
            return refuse(fmt::format("The quota {} is there twice.", change.key));
        }
        Verdict verdict =
            change.remove ? Verdict{} : judge_value(entity, change.key, change.value, is_oldest);
        if (verdict.is_refused()) {
            return verdict;
        }
    }
    return {};
}

void make_changes(Call& call, const QuotaEntity& entity,
                  const std::vector<const AlterClientQuotasRequest::EntryData*>& asked) {
    for (const auto* entry : asked) {
        for (const auto& change : entry->ops) {
            call.cluster.quotas().set(entity, change.key,
                                      change.remove ? std::nullopt : std::optional(change.value));
        }
    }
}

/// What is asked for one entity; requests may name it more than once.
struct EntityChanges {
    std::vector<const AlterClientQuotasRequest::EntryData*> asked;
    Verdict verdict;
};

AlterClientQuotasResponse alter_client_quotas(Call& call, const AlterClientQuotasRequest& request) {
    const KafkaVersion version = call.cluster.options().version;
    const bool is_allowed = call.cluster.acls().allows(call, AclOperation::alter_configs,
                                                       ResourceType::cluster, kClusterResource);
    std::map<QuotaEntity, EntityChanges> changes;
    for (const auto& asked : request.entries) {
        const QuotaEntity entity = entity_of(asked.entity);
        auto& [entries, verdict] = changes[entity];
        entries.push_back(&asked);
        if (!is_allowed) {
            verdict = {KafkaError::cluster_authorization_failed, "Cluster authorization failed."};
        } else if (entries.size() > 1 && version != KafkaVersion::v2_8) {
            verdict = refuse("The entity is there more than once.");
        } else if (!verdict.is_refused()) {
            verdict = judge_entity(entity);
        }
        if (!verdict.is_refused()) {
            verdict = judge_changes(entity, asked, version);
        }
    }
    AlterClientQuotasResponse response;
    for (const auto& [entity, change] : changes) {
        auto& answer = response.entries.emplace_back();
        answer.error_code = code(change.verdict.error);
        answer.error_message = change.verdict.told();
        for (const auto& [type, name] : entity) {
            auto& told = answer.entity.emplace_back();
            told.entity_type = type;
            told.entity_name = name;
        }
        if (!change.verdict.is_refused() && !request.validate_only) {
            make_changes(call, entity, change.asked);
        }
    }
    return response;
}

using Components = std::vector<DescribeClientQuotasRequest::ComponentData>;

Verdict judge_filter(const Components& components, KafkaVersion version) {
    const bool is_oldest = version == KafkaVersion::v2_8;
    std::set<std::string> types;
    for (const auto& component : components) {
        if (component.entity_type.empty()) {
            return refuse("The filter has an empty entity type.");
        }
        if (!is_entity_type(component.entity_type)) {
            return {KafkaError::unsupported_version,
                    fmt::format("Nobody knows the entity type {}.", component.entity_type)};
        }
        if (!types.insert(component.entity_type).second) {
            return refuse(fmt::format("The filter has the type {} twice.", component.entity_type));
        }
        if (component.match_type < kExactly || component.match_type > kAny ||
            (component.match_type == kExactly && !component.match)) {
            return refuse("The filter does not say what is to match.");
        }
        if (component.match_type != kExactly && component.match && !is_oldest) {
            return refuse("The filter says what is to match, and that it does not matter.");
        }
    }
    if (types.contains("ip") && types.size() > 1) {
        return refuse("An address has quotas of its own.");
    }
    return {};
}

bool matches(const QuotaEntity& entity, const Components& components, bool is_strict) {
    if (is_strict && entity.size() != components.size()) {
        return false;
    }
    return std::ranges::all_of(components, [&](const auto& component) {
        const auto part = entity.find(component.entity_type);
        if (part == entity.end()) {
            return false;
        }
        switch (component.match_type) {
            case kExactly: return part->second == component.match;
            case kDefault: return !part->second.has_value();
            default: return true;
        }
    });
}

DescribeClientQuotasResponse describe_client_quotas(Call& call,
                                                    const DescribeClientQuotasRequest& request) {
    DescribeClientQuotasResponse response;
    const bool is_allowed = call.cluster.acls().allows(call, AclOperation::describe_configs,
                                                       ResourceType::cluster, kClusterResource);
    const Verdict verdict = is_allowed
                                ? judge_filter(request.components, call.cluster.options().version)
                                : Verdict{KafkaError::cluster_authorization_failed, {}};
    if (verdict.is_refused()) {
        response.error_code = code(verdict.error);
        response.error_message = is_allowed ? verdict.told() : std::nullopt;
        response.entries = std::nullopt;
        return response;
    }
    for (const auto& [entity, values] : call.cluster.quotas().all()) {
        if (!matches(entity, request.components, request.strict)) {
            continue;
        }
        auto& answer = response.entries->emplace_back();
        for (const auto& [type, name] : entity) {
            auto& told = answer.entity.emplace_back();
            told.entity_type = type;
            told.entity_name = name;
        }
        for (const auto& [key, value] : values) {
            auto& told = answer.values.emplace_back();
            told.key = key;
            told.value = value;
        }
    }
    return response;
}

}  // namespace

void add_quota_handlers(HandlerTable& table) {
    table.add(alter_client_quotas);
    table.add(describe_client_quotas);
}

}  // namespace lockstep::sandbox

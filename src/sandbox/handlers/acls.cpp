// API        DescribeAcls, CreateAcls, DeleteAcls, versions 0 to 3
// Behaviour  Rules of all resource types, literal and prefixed; filters that match by any or by
//            all patterns that cover a name. SECURITY_DISABLED without an authorizer.
// Gaps       A request that names a type that nobody knows is refused rule by rule, not as a whole.

#include "sandbox/acls.h"
#include "protocol/messages/create_acls.h"
#include "protocol/messages/delete_acls.h"
#include "protocol/messages/describe_acls.h"
#include "sandbox/handler_table.h"
#include "sandbox/verdict.h"

#include <algorithm>

namespace lockstep::sandbox {

using protocol::CreateAclsRequest;
using protocol::CreateAclsResponse;
using protocol::DeleteAclsRequest;
using protocol::DeleteAclsResponse;
using protocol::DescribeAclsRequest;
using protocol::DescribeAclsResponse;
using protocol::KafkaError;

namespace {

Verdict judge_access(const Call& call, AclOperation operation) {
    if (!call.cluster.options().has_authorizer) {
        return {KafkaError::security_disabled, "No authorizer is configured on the broker."};
    }
    if (!call.cluster.acls().allows(call, operation, ResourceType::cluster, kClusterResource)) {
        return {KafkaError::cluster_authorization_failed, "Cluster authorization failed."};
    }
    return {};
}

/// The latest operation and type that brokers of a version know.
AclOperation last_operation(KafkaVersion version) {
    switch (version) {
        case KafkaVersion::v2_8: return AclOperation::idempotent_write;
        case KafkaVersion::v3_9: return AclOperation::describe_tokens;
        case KafkaVersion::v4_3: break;
    }
    return AclOperation::two_phase_commit;
}

ResourceType last_type(KafkaVersion version) {
    return version == KafkaVersion::v2_8 ? ResourceType::delegation_token : ResourceType::user;
}

/// Whether brokers read such a request at all.
bool end_unreadable(Call& call, bool is_readable) {
    if (!is_readable) {
        call.ends_connection = true;
        call.wants_no_answer = true;
    }
    return !is_readable;
}

bool is_operation(int8_t number, AclOperation first, KafkaVersion version) {
    return number >= static_cast<int8_t>(first) &&
           number <= static_cast<int8_t>(last_operation(version));
}

bool is_type(int8_t number, ResourceType first, KafkaVersion version) {
    return number >= static_cast<int8_t>(first) &&
           number <= static_cast<int8_t>(last_type(version));
}

Verdict judge(const CreateAclsRequest::AclCreation& asked, KafkaVersion version) {
    const auto refuse = [](std::string message) {
        return Verdict{KafkaError::invalid_request, std::move(message)};
    };
    if (!is_type(asked.resource_type, ResourceType::topic, version)) {
        return refuse("The resource type of a rule must be a certain one.");
    }
    if (asked.resource_pattern_type != static_cast<int8_t>(PatternType::literal) &&
        asked.resource_pattern_type != static_cast<int8_t>(PatternType::prefixed)) {
        return refuse("The pattern type of a rule must be literal or prefixed.");
    }
    if (!is_operation(asked.operation, AclOperation::all, version)) {
        return refuse("The operation of a rule must be a certain one.");
    }
    if (asked.permission_type != static_cast<int8_t>(AclPermission::deny) &&
        asked.permission_type != static_cast<int8_t>(AclPermission::allow)) {
        return refuse("A rule must allow or deny.");
    }
    if (asked.resource_name.empty()) {
        return refuse("The resource name is empty.");
    }
    const bool is_cluster = asked.resource_type == static_cast<int8_t>(ResourceType::cluster);
    if (is_cluster && asked.resource_name != kClusterResource) {
        return refuse("The cluster's name is always kafka-cluster.");
    }
    if (asked.principal.find(':') == std::string::npos) {
        return refuse("The principal must be written as type:name.");
    }
    return {};
}

CreateAclsResponse create_acls(Call& call, const CreateAclsRequest& request) {
    CreateAclsResponse response;
    const bool is_readable = std::ranges::all_of(request.creations, [](const auto& asked) {
        return asked.resource_type != 0 && asked.resource_pattern_type != 0 &&
               asked.operation != 0 && asked.permission_type != 0;
    });
    if (end_unreadable(call, is_readable)) {
        return response;
    }
    const KafkaVersion version = call.cluster.options().version;
    const Verdict access = judge_access(call, AclOperation::alter);
    for (const auto& asked : request.creations) {
        const Verdict verdict = access.is_refused() ? access : judge(asked, version);
        auto& answer = response.results.emplace_back();
        if (verdict.is_refused()) {
            answer.error_code = code(verdict.error);
            answer.error_message = verdict.told();
            continue;
        }
        Acl acl;
        acl.type = static_cast<ResourceType>(asked.resource_type);
        acl.pattern = static_cast<PatternType>(asked.resource_pattern_type);
        acl.name = asked.resource_name;
        acl.principal = asked.principal;
        acl.host = asked.host;
        acl.operation = static_cast<AclOperation>(asked.operation);
        acl.permission = static_cast<AclPermission>(asked.permission_type);
        call.cluster.acls().add(acl);
    }
    return response;
}

template <typename Asked>
bool is_readable_filter(const Asked& asked) {
    return asked.resource_type_filter != 0 && asked.pattern_type_filter != 0 &&
           asked.operation != 0 && asked.permission_type != 0;
}

/// Either request's filter. `name`, `principal` and `host` are not set where all are meant. False:
/// a part of it is unknown to brokers of the version.
template <typename Asked>
bool read_filter(const Asked& asked, KafkaVersion version, AclFilter& filter) {
    filter.type = static_cast<ResourceType>(asked.resource_type_filter);
    filter.pattern = static_cast<PatternType>(asked.pattern_type_filter);
    filter.name = asked.resource_name_filter;
    filter.principal = asked.principal_filter;
    filter.host = asked.host_filter;
    filter.operation = static_cast<AclOperation>(asked.operation);
    filter.permission = static_cast<AclPermission>(asked.permission_type);
    return is_type(asked.resource_type_filter, ResourceType::any, version) &&
           is_operation(asked.operation, AclOperation::any, version) &&
           asked.pattern_type_filter >= 1 && asked.pattern_type_filter <= 4 &&
           asked.permission_type >= 1 && asked.permission_type <= 3;
}

DescribeAclsResponse describe_acls(Call& call, const DescribeAclsRequest& request) {
    DescribeAclsResponse response;
    if (end_unreadable(call, is_readable_filter(request))) {
        return response;
    }
    const Verdict access = judge_access(call, AclOperation::describe);
    if (access.is_refused()) {
        response.error_code = code(access.error);
        response.error_message = access.told();
        return response;
    }
    AclFilter filter;
    if (!read_filter(request, call.cluster.options().version, filter)) {
        return response;
    }
    for (const Acl& acl : call.cluster.acls().find(filter)) {  // sorted by resource
        const auto type = static_cast<int8_t>(acl.type);
        const auto pattern = static_cast<int8_t>(acl.pattern);
        auto& resources = response.resources;
        if (resources.empty() || resources.back().resource_type != type ||
            resources.back().pattern_type != pattern ||
            resources.back().resource_name != acl.name) {
            auto& resource = resources.emplace_back();
            resource.resource_type = type;
            resource.pattern_type = pattern;
            resource.resource_name = acl.name;
        }
        auto& told = resources.back().acls.emplace_back();
        told.principal = acl.principal;
        told.host = acl.host;
        told.operation = static_cast<int8_t>(acl.operation);
        told.permission_type = static_cast<int8_t>(acl.permission);
    }
    return response;
}

DeleteAclsResponse delete_acls(Call& call, const DeleteAclsRequest& request) {
    DeleteAclsResponse response;
    const bool is_readable = std::ranges::all_of(
        request.filters, [](const auto& asked) { return is_readable_filter(asked); });
    if (end_unreadable(call, is_readable)) {
        return response;
    }
    const Verdict access = judge_access(call, AclOperation::alter);
    const KafkaVersion version = call.cluster.options().version;
    std::vector<AclFilter> obeyed;  // each tells of all that matches, also of what others take away
    for (const auto& asked : request.filters) {
        AclFilter filter;
        Verdict verdict = access;
        const bool is_known = read_filter(asked, version, filter);
        if (!is_known && !access.is_refused() && version != KafkaVersion::v2_8) {
            verdict = {KafkaError::invalid_request, "The filter has a part that is unknown."};
        }
        auto& answer = response.filter_results.emplace_back();
        answer.error_code = code(verdict.error);
        answer.error_message = verdict.told();
        if (verdict.is_refused()) {
            continue;
        }
        if (!is_known) {
            continue;  // brokers with ZooKeeper find nothing
        }
        Acls& acls = call.cluster.acls();
        const bool is_at_once = version == KafkaVersion::v2_8;
        if (!is_at_once) {
            obeyed.push_back(filter);
        }
        for (const Acl& acl : is_at_once ? acls.remove(filter) : acls.find(filter)) {
            auto& told = answer.matching_acls.emplace_back();
            told.error_message = std::nullopt;
            told.resource_type = static_cast<int8_t>(acl.type);
            told.resource_name = acl.name;
            told.pattern_type = static_cast<int8_t>(acl.pattern);
            told.principal = acl.principal;
            told.host = acl.host;
            told.operation = static_cast<int8_t>(acl.operation);
            told.permission_type = static_cast<int8_t>(acl.permission);
        }
    }
    for (const AclFilter& filter : obeyed) {
        call.cluster.acls().remove(filter);
    }
    return response;
}

}  // namespace

void add_acl_handlers(HandlerTable& table) {
    table.add(describe_acls);
    table.add(create_acls);
    table.add(delete_acls);
}

}  // namespace lockstep::sandbox

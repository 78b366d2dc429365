#include "sandbox/acls.h"

#include <algorithm>
#include <span>

namespace lockstep::sandbox {

namespace {

constexpr std::string_view kEveryUser = "User:*";

/// READ, WRITE, DELETE and ALTER let describe, too, and ALTER_CONFIGS lets describe configs. A
/// DENY denies just what it says.
bool gives(AclOperation granted, AclOperation asked) {
    if (granted == asked || granted == AclOperation::all) {
        return true;
    }
    if (asked == AclOperation::describe) {
        return granted == AclOperation::read || granted == AclOperation::write ||
               granted == AclOperation::erase || granted == AclOperation::alter;
    }
    return asked == AclOperation::describe_configs && granted == AclOperation::alter_configs;
}

bool is_about(const Acl& acl, const Call& call, AclOperation operation) {
    const bool is_principal =
        acl.principal == call.connection.principal || acl.principal == kEveryUser;
    const bool is_host = acl.host == call.connection.host || acl.host == kWildcard;
    const bool is_operation =
        acl.permission == AclPermission::allow
            ? gives(acl.operation, operation)
            : acl.operation == operation || acl.operation == AclOperation::all;
    return is_principal && is_host && is_operation;
}

/// AclEntry.supportedOperations
std::span<const AclOperation> operations_on(ResourceType type, KafkaVersion version) {
    using enum AclOperation;
    static constexpr AclOperation kTopic[] = {read,  write,    create,           erase,
                                              alter, describe, describe_configs, alter_configs};
    static constexpr AclOperation kGroup[] = {read, erase, describe, describe_configs,
                                              alter_configs};
    static constexpr AclOperation kCluster[] = {
        create, alter, describe, cluster_action, describe_configs, alter_configs, idempotent_write};
    static constexpr AclOperation kTransactionalId[] = {write, describe, two_phase_commit};
    static constexpr AclOperation kToken[] = {describe};
    static constexpr AclOperation kUser[] = {create_tokens, describe_tokens};
    const bool is_newest = version == KafkaVersion::v4_3;
    switch (type) {
        case ResourceType::topic: return kTopic;
        case ResourceType::group: return std::span(kGroup).first(is_newest ? 5 : 3);
        case ResourceType::cluster: return kCluster;
        case ResourceType::transactional_id:
            return std::span(kTransactionalId).first(is_newest ? 3 : 2);
        case ResourceType::delegation_token: return kToken;
        case ResourceType::user: return kUser;
        case ResourceType::any: break;
    }
    return {};
}

/// Whether a denied pattern takes away all that an allowed one gives.
bool dominates(const Acl& deny, const Acl& allow) {
    if (deny.name == kWildcard && deny.pattern == PatternType::literal) {
        return true;
    }
    if (deny.pattern == PatternType::prefixed) {
        const bool is_everything = allow.pattern == PatternType::literal && allow.name == kWildcard;
        return !is_everything && allow.name.starts_with(deny.name);
    }
    return allow.pattern == PatternType::literal && allow.name == deny.name;
}

}  // namespace

bool Acl::covers(ResourceType asked, std::string_view resource) const {
    if (type != asked) {
        return false;
    }
    return pattern == PatternType::prefixed ? resource.starts_with(name)
                                            : name == resource || name == kWildcard;
}

bool AclFilter::matches(const Acl& acl) const {
    if ((type != ResourceType::any && type != acl.type) ||
        (operation != AclOperation::any && operation != acl.operation) ||
        (permission != AclPermission::any && permission != acl.permission) ||
        (principal && *principal != acl.principal) || (host && *host != acl.host)) {
        return false;
    }
    const bool is_exact = pattern == PatternType::literal || pattern == PatternType::prefixed;
    if (is_exact && pattern != acl.pattern) {
        return false;
    }
    if (!name) {
        return true;
    }
    return pattern == PatternType::match ? acl.covers(acl.type, *name) : acl.name == *name;
}

bool Acls::is_unguarded(const Call& call) const {
    const ClusterOptions& options = cluster_.options();
    return !options.has_authorizer ||
           std::ranges::find(options.super_users, call.connection.principal) !=
               options.super_users.end();
}

bool Acls::allows_everyone_by_default() const {
    return cluster_.broker_config("allow.everyone.if.no.acl.found") == "true";
}

bool Acls::allows(const Call& call, AclOperation operation, ResourceType type,
                  std::string_view name) const {
    if (is_unguarded(call)) {
        return true;
    }
    bool is_named = false;
    bool is_allowed = false;
    for (const Acl& acl : acls_) {
        if (!acl.covers(type, name)) {
            continue;
        }
        is_named = true;
        if (!is_about(acl, call, operation)) {
            continue;
        }
        if (acl.permission == AclPermission::deny) {
            return false;
        }
        is_allowed = true;
    }
    return is_allowed || (!is_named && allows_everyone_by_default());
}

bool Acls::allows_any_of(const Call& call, AclOperation operation, ResourceType type) const {
    if (is_unguarded(call)) {
        return true;
    }
    std::vector<const Acl*> denied;
    std::vector<const Acl*> allowed;
    for (const Acl& acl : acls_) {
        if (acl.type == type && is_about(acl, call, operation)) {
            (acl.permission == AclPermission::deny ? denied : allowed).push_back(&acl);
        }
    }
    const auto denies = [&](const Acl& allow) {
        return std::ranges::any_of(denied,
                                   [&](const Acl* deny) { return dominates(*deny, allow); });
    };
    const Acl everything{type, PatternType::literal, std::string(kWildcard), {}, {}};
    if (allows_everyone_by_default() && !denies(everything)) {
        return true;
    }
    return std::ranges::any_of(allowed, [&](const Acl* allow) { return !denies(*allow); });
}

int32_t Acls::authorized_operations(const Call& call, ResourceType type,
                                    std::string_view name) const {
    int32_t bits = 0;
    for (const AclOperation operation : operations_on(type, cluster_.options().version)) {
        if (allows(call, operation, type, name)) {
            bits |= 1 << static_cast<int>(operation);
        }
    }
    return bits;
}

void Acls::add(const Acl& acl) {
    const auto place = std::ranges::lower_bound(acls_, acl);
    if (place == acls_.end() || *place != acl) {
        acls_.insert(place, acl);
    }
}

std::vector<Acl> Acls::find(const AclFilter& filter) const {
    std::vector<Acl> found;
    std::ranges::copy_if(acls_, std::back_inserter(found),
                         [&](const Acl& acl) { return filter.matches(acl); });
    return found;
}

std::vector<Acl> Acls::remove(const AclFilter& filter) {
    std::vector<Acl> removed = find(filter);
    std::erase_if(acls_, [&](const Acl& acl) { return filter.matches(acl); });
    return removed;
}

}  // namespace lockstep::sandbox

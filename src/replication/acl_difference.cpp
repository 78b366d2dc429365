#include "replication/acl_difference.h"

#include <algorithm>
#include <array>
#include <functional>

namespace lockstep::replication {
namespace {

constexpr std::array<AclRight, 6> kChangesTopics{AclRight::all,    AclRight::write,
                                                 AclRight::create, AclRight::erase,
                                                 AclRight::alter,  AclRight::alter_configs};
constexpr std::array<AclRight, 4> kChangesClusters{AclRight::all, AclRight::create, AclRight::alter,
                                                   AclRight::alter_configs};
/// What of ALL does not change a topic, or the cluster.
constexpr std::array<AclRight, 2> kTopicRest{AclRight::read, AclRight::describe_configs};
constexpr std::array<AclRight, 2> kClusterRest{AclRight::describe, AclRight::describe_configs};

template <typename Rights>
bool holds(const Rights& rights, AclRight right) {
    return std::ranges::find(rights, right) != rights.end();
}

bool concerns(const TopicFilter& filter, const Acl& acl) {
    return acl.name == kEveryResource ||
           (acl.pattern == AclPattern::prefixed ? filter.may_match_prefix(acl.name)
                                                : filter.matches(acl.name));
}

bool is_in_scope(const Acl& acl, const AclScope& scope) {
    if (!scope.rules.resources.contains(acl.resource)) {
        return false;
    }
    switch (acl.resource) {
        case AclResource::topic: return concerns(scope.topics, acl);
        case AclResource::group: return scope.groups != nullptr && concerns(*scope.groups, acl);
        case AclResource::cluster: return acl.right != AclRight::cluster_action;
        default: return true;
    }
}

/// The same rule, for what it is about on the target.
std::vector<Acl> named_as_on_target(const Acl& acl, const AclScope& scope) {
    const bool is_for_all = acl.pattern == AclPattern::literal && acl.name == kEveryResource;
    const bool has_prefix = !scope.names.prefix.empty();
    if (acl.resource != AclResource::topic || (is_for_all && !has_prefix)) {
        return {acl};
    }
    std::vector<Acl> named{acl};
    if (acl.pattern == AclPattern::literal && !is_for_all) {
        named.front().name = scope.names.on_target(acl.name);
        return named;
    }
    const std::string start = is_for_all ? "" : acl.name;
    named.front().pattern = AclPattern::prefixed;
    named.front().name = scope.names.prefix + start;
    for (const auto& [from, to] : scope.names.renamed) {
        if (from.starts_with(start) && scope.topics.matches(from)) {
            named.push_back(acl);
            named.back().pattern = AclPattern::literal;
            named.back().name = to;
        }
    }
    return named;
}

bool waits(const Acl& acl) {
    if (acl.permission == AclPermission::deny && acl.principal != kEverybody) {
        return false;
    }
    return (acl.resource == AclResource::topic && holds(kChangesTopics, acl.right)) ||
           (acl.resource == AclResource::cluster && holds(kChangesClusters, acl.right));
}

/// What may come now of a rule that waits.
std::vector<Acl> part_for_now(const Acl& acl) {
    std::vector<Acl> part;
    if (acl.right == AclRight::all) {
        for (const AclRight right :
             acl.resource == AclResource::topic ? kTopicRest : kClusterRest) {
            part.push_back(acl);
            part.back().right = right;
        }
    }
    return part;
}

}  // namespace

WantedAcls wanted_acls(const std::vector<Acl>& at_source, const AclScope& scope) {
    WantedAcls wanted;
    for (const Acl& found : at_source) {
        const auto principal = scope.principals.on_target(found.principal);
        if (!principal || !is_in_scope(found, scope)) {
            continue;
        }
        for (Acl& acl : named_as_on_target(found, scope)) {
            acl.principal = *principal;
            if (scope.rules.writes == AclWrites::on_failover && waits(acl)) {
                for (Acl& part : part_for_now(acl)) {
                    wanted.now.insert(std::move(part));
                }
                wanted.on_failover.insert(std::move(acl));
            } else {
                wanted.now.insert(std::move(acl));
            }
        }
    }
    return wanted;
}

AclDifference acl_difference(const std::set<Acl>& wanted, const std::set<Acl>& found,
                             const std::set<Acl>& own) {
    AclDifference difference;
    for (const Acl& acl : wanted) {
        if (found.contains(acl)) {
            ++difference.in_step;
        } else {
            difference.to_create.push_back(acl);
        }
    }
    for (const Acl& acl : own) {
        if (!wanted.contains(acl)) {
            (found.contains(acl) ? difference.to_delete : difference.to_forget).push_back(acl);
        }
    }
    const auto denies = [](const Acl& acl) { return acl.permission == AclPermission::deny; };
    std::ranges::stable_partition(difference.to_create, denies);
    std::ranges::stable_partition(difference.to_delete, std::not_fn(denies));
    return difference;
}

}  // namespace lockstep::replication

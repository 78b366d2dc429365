#include "replication/acl_difference.h"

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>

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

bool is_deny(const Acl& acl) {
    return acl.permission == AclPermission::deny;
}

/// Whatever the right is: Lockstep needs most of them on its target.
bool stops_lockstep(const Acl& acl) {
    return acl.principal == kEverybody && acl.host == kEveryHost &&
           (acl.resource == AclResource::topic || acl.resource == AclResource::group ||
            acl.resource == AclResource::cluster);
}

bool waits(const Acl& acl) {
    if (is_deny(acl)) {
        return stops_lockstep(acl);
    }
    return (acl.resource == AclResource::topic && holds(kChangesTopics, acl.right)) ||
           (acl.resource == AclResource::cluster && holds(kChangesClusters, acl.right));
}

/// What may come now of a rule that waits.
std::vector<Acl> part_for_now(const Acl& acl) {
    std::vector<Acl> part;
    if (acl.right == AclRight::all && !is_deny(acl)) {
        for (const AclRight right :
             acl.resource == AclResource::topic ? kTopicRest : kClusterRest) {
            part.push_back(acl);
            part.back().right = right;
        }
    }
    return part;
}

/// Whether some resource has both.
bool do_names_meet(const Acl& one, const Acl& other) {
    if (one.name == kEveryResource || other.name == kEveryResource) {
        return true;
    }
    const bool is_one_prefix = one.pattern == AclPattern::prefixed;
    const bool is_other_prefix = other.pattern == AclPattern::prefixed;
    return one.name == other.name || (is_one_prefix && other.name.starts_with(one.name)) ||
           (is_other_prefix && one.name.starts_with(other.name));
}

/// Whether the DENY takes from somebody, on some resource, what `allow` gives. Each other right on
/// a resource is worth nothing without DESCRIBE.
bool overrules(const Acl& deny, const Acl& allow) {
    const bool is_of_right = deny.right == AclRight::all || deny.right == AclRight::describe ||
                             deny.right == allow.right || allow.right == AclRight::all;
    const bool is_of_principal = deny.principal == kEverybody || deny.principal == allow.principal;
    const bool is_of_host =
        deny.host == kEveryHost || deny.host == allow.host || allow.host == kEveryHost;
    return deny.resource == allow.resource && is_of_right && is_of_principal && is_of_host &&
           do_names_meet(deny, allow);
}

/// Moves each ALLOW that one of `denied` overrules.
void move_overruled(const std::vector<Acl>& denied, std::set<Acl>& from, std::set<Acl>& to) {
    std::erase_if(from, [&](const Acl& acl) {
        const bool is_overruled =
            !is_deny(acl) &&
            std::ranges::any_of(denied, [&](const Acl& deny) { return overrules(deny, acl); });
        if (is_overruled) {
            to.insert(acl);
        }
        return is_overruled;
    });
}

void hold_what_is_overruled(WantedAcls& wanted, const std::set<Acl>& on_target) {
    std::vector<Acl> missing;
    std::ranges::set_difference(wanted.not_passed_on, on_target, std::back_inserter(missing));
    move_overruled(missing, wanted.now, wanted.overruled);
    move_overruled(missing, wanted.on_failover, wanted.overruled);
    std::vector<Acl> waiting;
    std::ranges::copy_if(wanted.on_failover, std::back_inserter(waiting), is_deny);
    move_overruled(waiting, wanted.now, wanted.on_failover);
}

void leave_alone(const Acl& acl, WantedAcls& wanted) {
    for (Acl& part : part_for_now(acl)) {
        wanted.left_alone.insert(std::move(part));
    }
    wanted.left_alone.insert(acl);
}

}  // namespace

WantedAcls wanted_acls(const std::vector<Acl>& at_source, const AclScope& scope) {
    WantedAcls wanted;
    for (const Acl& found : at_source) {
        if (!is_in_scope(found, scope)) {
            continue;
        }
        for (Acl& acl : named_as_on_target(found, scope)) {
            acl.principal = scope.principals.renamed(found.principal);
            if (scope.principals.is_left_alone(found.principal)) {
                leave_alone(acl, wanted);
            } else if (scope.brought_here.contains(found)) {
                if (is_deny(acl)) {
                    wanted.not_passed_on.insert(std::move(acl));
                }
            } else if (scope.rules.writes == AclWrites::on_failover && waits(acl)) {
                for (Acl& part : part_for_now(acl)) {
                    wanted.now.insert(std::move(part));
                }
                wanted.on_failover.insert(std::move(acl));
            } else {
                wanted.now.insert(std::move(acl));
            }
        }
    }
    hold_what_is_overruled(wanted, scope.on_target);
    return wanted;
}

AclDifference acl_difference(const std::set<Acl>& wanted, const std::set<Acl>& found,
                             const std::set<Acl>& own, const std::set<Acl>& kept) {
    AclDifference difference;
    for (const Acl& acl : wanted) {
        if (found.contains(acl)) {
            ++difference.in_step;
        } else {
            difference.to_create.push_back(acl);
        }
    }
    for (const Acl& acl : own) {
        if (wanted.contains(acl)) {
            continue;
        }
        if (!found.contains(acl)) {
            difference.to_forget.push_back(acl);
        } else if (!kept.contains(acl)) {
            difference.to_delete.push_back(acl);
        }
    }
    std::ranges::stable_partition(difference.to_create, is_deny);
    std::ranges::stable_partition(difference.to_delete, std::not_fn(is_deny));
    return difference;
}

}  // namespace lockstep::replication

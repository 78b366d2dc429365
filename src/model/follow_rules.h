#pragma once

// What a link does with what lies around the data: topic configs, ACLs, client quotas. Values only.

#include "model/acl.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace lockstep {

/// How the target's settings follow the source's.
enum class FollowRule {
    off,      // differences are shown, and stay
    changes,  // what the source changes is changed; what someone has set on the target stays
    all,      // the source's values take the place of whatever the target has
};

struct TopicConfigRules {
    FollowRule follow = FollowRule::changes;
    std::map<std::string, std::string> pinned;  // the target's values, whatever the source has
    std::vector<std::string> never;             // names that are the target's own business

    bool operator==(const TopicConfigRules&) const = default;
};

/// What a principal is called on the target.
struct PrincipalRule {
    std::string from;  // RE2, for the whole principal: "User:CN=([^,]+),.*"
    std::string to;    // "User:\1"

    bool operator==(const PrincipalRule&) const = default;
};

/// When clients get the rights to change what is copied.
enum class AclWrites {
    on_failover,  // once the target takes over: nobody may write to a copy
    at_once,
};

struct AclRules {
    bool is_followed = false;
    std::vector<PrincipalRule> principals;        // the first that matches; also for quotas
    std::vector<std::string> exclude_principals;  // RE2, for the whole principal at the source
    std::set<AclResource> resources{AclResource::topic, AclResource::group, AclResource::cluster,
                                    AclResource::transactional_id};
    AclWrites writes = AclWrites::on_failover;

    bool operator==(const AclRules&) const = default;
};

}  // namespace lockstep

#pragma once

// PURE: which ACLs a target should have, and what is to be done for it.

#include "model/acl.h"
#include "model/follow_rules.h"
#include "model/topic_names.h"
#include "replication/principal_map.h"
#include "replication/topic_filter.h"

#include <set>
#include <vector>

namespace lockstep::replication {

/// Whose ACLs a link follows.
struct AclScope {
    const TopicFilter& topics;
    const TopicFilter* groups;  // null where no groups are synced
    const PrincipalMap& principals;
    const AclRules& rules;
    TopicNames names = {};  // of the topics on the target
};

struct WantedAcls {
    std::set<Acl> now;
    std::set<Acl> on_failover;  // nobody may write to a copy as long as it is one
};

/// ACLs of the link's topics and groups (those of a prefix where some name that the link might copy
/// has it), of the cluster and of transactional ids. The cluster's CLUSTER_ACTION is for its own
/// brokers, and not followed.
///
/// Where topics have other names on the target, so have the rules for them; one for a prefix, or
/// for every topic, becomes one for the prefix that their names have there, and one for each topic
/// with a name of its own.
///
/// What changes a topic (WRITE, DELETE, ...), or lets one change every topic, waits for the
/// failover. Where it is in ALL, the rest comes now. A DENY comes now, unless it is for everybody:
/// it would be for Lockstep, too.
WantedAcls wanted_acls(const std::vector<Acl>& at_source, const AclScope& scope);

struct AclDifference {
    std::vector<Acl> to_create;  // DENY first
    std::vector<Acl> to_delete;  // ALLOW first
    std::vector<Acl> to_forget;  // the link's own, and gone already
    size_t in_step = 0;          // wanted now, and there
};

/// `own` are those that the link has created: no others are ever deleted.
AclDifference acl_difference(const std::set<Acl>& wanted, const std::set<Acl>& found,
                             const std::set<Acl>& own);

}  // namespace lockstep::replication

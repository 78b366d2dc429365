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
    TopicNames names = {};            // of the topics on the target
    std::set<Acl> brought_here = {};  // to the source, by links of Lockstep
    std::set<Acl> on_target = {};
};

struct WantedAcls {
    std::set<Acl> now;
    std::set<Acl> on_failover;  // nobody may write to a copy as long as it is one
    std::set<Acl> left_alone;   // of principals that the link leaves alone: as they would be there
    std::set<Acl> not_passed_on;  // the DENY among those that were brought to the source
    std::set<Acl> overruled;      // by these, as long as the target has not got them otherwise
};

/// ACLs of the link's topics and groups (those of a prefix where some name that the link might copy
/// has it), of the cluster and of transactional ids. The cluster's CLUSTER_ACTION is for its own
/// brokers, and not followed.
///
/// Where topics have other names on the target, so have the rules for them; one for a prefix, or
/// for every topic, becomes one for the prefix that their names have there, and one for each topic
/// with a name of its own.
///
/// What allows to change a topic (WRITE, DELETE, ...), or every topic, waits for the failover.
/// Where it is in ALL, the rest comes now. A DENY comes now, unless it is for everybody, from
/// everywhere, on topics, groups or the cluster: it would be for Lockstep, too. An ALLOW that such
/// a DENY overrules waits with it: alone it would give on the target what nobody has at the source.
///
/// What links have brought to the source goes no further: where links go both ways it would come
/// back to where it was made, and two copies would keep each other there after it was deleted. Nor
/// does an ALLOW that a DENY among them overrules.
WantedAcls wanted_acls(const std::vector<Acl>& at_source, const AclScope& scope);

struct AclDifference {
    std::vector<Acl> to_create;  // DENY first
    std::vector<Acl> to_delete;  // ALLOW first
    std::vector<Acl> to_forget;  // the link's own, and gone already
    size_t in_step = 0;          // wanted now, and there
};

/// `own` are those that the link has created: no others are ever deleted, and of these those in
/// `kept` are not.
AclDifference acl_difference(const std::set<Acl>& wanted, const std::set<Acl>& found,
                             const std::set<Acl>& own, const std::set<Acl>& kept = {});

}  // namespace lockstep::replication

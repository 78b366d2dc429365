#pragma once

// PURE: how `__lockstep_followed` (followed_record.h) remembers ACLs.
//
//     key    "<source cluster id>|<link>|acl|TOPIC|LITERAL|orders|User:alice|*|READ|ALLOW"
//     value  "created": the link has created it, and may delete it
//            "on_failover": it is to be created once the target takes over

#include "model/acl.h"
#include "replication/followed_store.h"

#include <set>
#include <string>

namespace lockstep::replication {

constexpr std::string_view kCreatedAcl = "created";
constexpr std::string_view kStagedAcl = "on_failover";

/// Which link it is about.
struct AclOwner {
    std::string source_cluster_id;
    std::string link;
};

std::string acl_key(const AclOwner& owner, const Acl& acl);

struct RememberedAcls {
    std::set<Acl> created;
    std::set<Acl> on_failover;
};

/// What is remembered of the link. Keys of kinds that this Lockstep does not know are left alone.
RememberedAcls remembered_acls(const FollowedStore::Entries& entries, const AclOwner& owner);

}  // namespace lockstep::replication

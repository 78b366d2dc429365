#pragma once

// PURE: how `__lockstep_followed` (followed_record.h) remembers ACLs.
//
//     key    "<source cluster id>|<link>|acl|TOPIC|LITERAL|orders|User:alice|*|READ|ALLOW"
//     value  "created": the link has created it, and may delete it
//            "left_alone": the link has created it, and leaves its principal alone by now
//            "on_failover": it is to be created once the target takes over

#include "model/acl.h"
#include "replication/followed_store.h"

#include <set>
#include <string>

namespace lockstep::replication {

constexpr std::string_view kCreatedAcl = "created";
constexpr std::string_view kLeftAcl = "left_alone";
constexpr std::string_view kStagedAcl = "on_failover";

/// Which link it is about.
struct AclOwner {
    std::string source_cluster_id;
    std::string link;
};

std::string acl_key(const AclOwner& owner, const Acl& acl);

struct RememberedAcls {
    std::set<Acl> created;
    std::set<Acl> left_alone;
    std::set<Acl> on_failover;
};

/// What is remembered of the link. Keys of kinds that this Lockstep does not know are left alone.
RememberedAcls remembered_acls(const FollowedStore::Entries& entries, const AclOwner& owner);

/// All that links have created on the cluster whose entries these are, whichever links they were.
std::set<Acl> created_acls(const FollowedStore::Entries& entries);

}  // namespace lockstep::replication

#pragma once

#include "client/cluster.h"
#include "model/follow_status.h"
#include "model/link.h"
#include "replication/acl_difference.h"
#include "replication/acl_record.h"
#include "replication/followed_store.h"

#include <optional>
#include <set>
#include <string>

namespace lockstep::replication {

/// Keeps the ACLs of a link's resources on the target as they are at the source, for the principals
/// as they are called there (acl_difference.h decides).
///
/// 1. What is to be created is remembered as the link's own before it is created, and forgotten
///    after it was deleted: whatever happens in between, only its own is ever deleted.
/// 2. Rights to change a copy are only remembered, for the failover.
/// 3. What links have created at the source is left out: their `__lockstep_followed` there says
///    what that is. Where it cannot be read, no ALLOW is created.
///
/// Owned by MetadataSync, on the link's shard.
class AclFollower {
public:
    /// The link's patterns and principals must be valid (the config has been checked).
    AclFollower(client::Cluster& source, client::Cluster& target, LinkSpec spec,
                FollowedStore& store);

    struct Look {
        AclDifference difference;
        std::set<Acl> on_failover;     // those that the target has not got
        std::set<Acl> overruled;       // left out, since a DENY overrules them at the source only
        FollowedStore::Changes owned;  // by the link, or left alone; to be remembered
        std::string problem;           // why nothing is created for now; else ""
        std::string unavailable;       // why there is nothing to follow; else ""
    };

    /// Changes nothing. The store must have been read.
    runtime::Task<Result<Look>> look(std::stop_token stop);

    runtime::Task<Result<void>> follow(Look look, std::stop_token stop);

    /// All but what concerns its looking as such.
    void add_to(FollowStatus& status) const;

private:
    AclOwner owner() const { return {source_.metadata().cluster_id(), spec_.name}; }
    runtime::Task<Result<std::set<Acl>>> created_at_source(std::stop_token stop);
    void compare(Look& look, const std::vector<Acl>& at_source, const AclScope& scope) const;
    runtime::Task<Result<void>> create(std::vector<Acl> acls, std::stop_token stop);
    runtime::Task<Result<void>> erase(std::vector<Acl> acls, std::stop_token stop);
    void note_refused(const Acl& acl, bool is_wanted, const Error& error);
    void note_problem();

    client::Cluster& source_;
    client::Cluster& target_;
    LinkSpec spec_;
    FollowedStore& store_;
    FollowedStore at_source_;
    TopicFilter topics_;
    std::optional<TopicFilter> groups_;
    PrincipalMap principals_;
    std::set<Acl> brought_before_;  // to the source, as of the last look
    Look last_;
    std::vector<Drift> refused_;  // by the target, since the last look
    std::set<std::string> noted_;
    uint64_t changes_ = 0;
};

}  // namespace lockstep::replication

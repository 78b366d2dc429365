#pragma once

#include "client/cluster.h"
#include "model/follow_status.h"
#include "model/link.h"
#include "replication/followed_store.h"
#include "replication/quota_difference.h"

#include <set>
#include <string>
#include <vector>

namespace lockstep::replication {

/// Keeps the client quotas on the target as they are at the source, without overwriting what
/// someone has set there (three_way.h decides).
///
/// Owned by MetadataSync, on the link's shard.
class QuotaFollower {
public:
    /// The link's principals must be valid (the config has been checked).
    QuotaFollower(client::Cluster& source, client::Cluster& target, LinkSpec spec,
                  FollowedStore& store);

    struct EntityLook {
        client::QuotaEntity entity;
        SettingsDifference difference;
    };

    /// Changes nothing. The store must have been read.
    runtime::Task<Result<std::vector<EntityLook>>> look(std::stop_token stop);

    runtime::Task<Result<void>> follow(std::vector<EntityLook> looks, std::stop_token stop);

    void add_to(FollowStatus& status) const;

private:
    std::string key_prefix() const;
    std::string key_of(const client::QuotaEntity& entity) const;
    Result<Settings> agreed_on(const client::QuotaEntity& entity) const;
    void take(EntityLook& look, const Error& outcome);

    client::Cluster& source_;
    client::Cluster& target_;
    LinkSpec spec_;
    FollowedStore& store_;
    PrincipalMap principals_;
    size_t in_step_ = 0;
    std::vector<Drift> drift_;
    std::set<std::string> noted_;
    uint64_t changes_ = 0;
};

}  // namespace lockstep::replication

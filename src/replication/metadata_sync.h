#pragma once

#include "model/follow_status.h"
#include "replication/acl_follower.h"
#include "replication/config_follower.h"
#include "replication/followed_store.h"
#include "replication/quota_follower.h"
#include "replication/user_follower.h"

#include <functional>

namespace lockstep::replication {

/// Keeps what lies around the data on the target as it is at the source: looks at both clusters
/// every few seconds, and changes what is to follow (three_way.h decides). Remembers what it has
/// set in FollowedStore, so that after a restart it still knows what is its own.
///
/// Lives on the link's shard.
class MetadataSync {
public:
    /// The topics to look at: those on both clusters whose logs are not just being prepared.
    using TopicsOf = std::function<std::set<std::string>()>;

    MetadataSync(client::Cluster& source, client::Cluster& target, LinkSpec spec,
                 TopicsOf topics_of);

    runtime::Task<void> run(std::stop_token stop);

    AroundStatus status() const;

private:
    /// One kind of what is followed.
    struct Kind {
        const char* name;
        bool has_looked = false;
        std::string problem = {};  // why it could not look
    };

    runtime::Task<void> look(std::stop_token stop);
    runtime::Task<Result<void>> look_at_configs(std::stop_token stop);
    runtime::Task<Result<void>> look_at_acls(std::stop_token stop);
    runtime::Task<Result<void>> look_at_quotas(std::stop_token stop);
    runtime::Task<Result<void>> look_at_users(std::stop_token stop);
    void note(Kind& kind, const Result<void>& looked, const std::stop_token& stop) const;

    client::Cluster& source_;
    client::Cluster& target_;
    LinkSpec spec_;
    TopicsOf topics_of_;
    FollowedStore store_;
    ConfigFollower configs_;
    AclFollower acls_;
    QuotaFollower quotas_;
    UserFollower users_;
    Kind of_configs_{"topic configs"};
    Kind of_acls_{"ACLs"};
    Kind of_quotas_{"client quotas"};
    Kind of_users_{"users"};
};

}  // namespace lockstep::replication

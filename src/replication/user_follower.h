#pragma once

#include "client/cluster.h"
#include "model/follow_status.h"
#include "model/link.h"
#include "replication/followed_store.h"
#include "replication/user_difference.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace lockstep::replication {

/// Keeps the SCRAM users that a link is told of on its target (KIP-554). A cluster shows which
/// users there are, never their secrets: so these are set once by each process, and again whenever
/// the configuration's variable or file has another one.
///
///     __lockstep_followed   "<source cluster id>|<link>|user|alice|SCRAM-SHA-512"
///                           "created": the link has created it, and may delete it
///                           "found": it was there before, and is never deleted
///
/// Owned by MetadataSync, on the link's shard.
class UserFollower {
public:
    UserFollower(client::Cluster& source, client::Cluster& target, LinkSpec spec,
                 FollowedStore& store);

    /// Changes nothing. The store must have been read.
    runtime::Task<Result<UserDifference>> look(std::stop_token stop);

    runtime::Task<Result<void>> follow(UserDifference look, std::stop_token stop);

    void add_to(FollowStatus& status) const;

private:
    const ScramUser& wanted(const Credential& credential) const { return wanted_.at(credential); }
    std::string key_prefix() const;
    std::string key_of(const Credential& credential) const;
    std::map<Credential, bool> remembered() const;
    void read_secrets();
    FollowedStore::Changes to_remember(const UserDifference& look) const;
    /// Returns those that the target refuses.
    runtime::Task<Result<std::vector<Credential>>> set(std::vector<Credential> credentials,
                                                       const char* what, std::stop_token stop);
    runtime::Task<Result<void>> erase(std::vector<Credential> credentials, std::stop_token stop);
    void note_refused(const Credential& credential, bool is_wanted, const std::string& why);

    client::Cluster& source_;
    client::Cluster& target_;
    LinkSpec spec_;
    FollowedStore& store_;
    std::map<Credential, ScramUser> wanted_;
    std::map<Credential, Secret> secrets_;      // as they are now
    std::map<Credential, std::string> unread_;  // why a secret cannot be read
    std::map<Credential, Secret> set_;          // by this process
    size_t in_step_ = 0;
    std::vector<Drift> refused_;
    std::set<std::string> noted_;
    uint64_t changes_ = 0;
};

}  // namespace lockstep::replication

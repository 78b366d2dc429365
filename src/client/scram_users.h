#pragma once

#include "client/cluster.h"
#include "model/scram_user.h"

#include <compare>
#include <map>
#include <string>
#include <vector>

namespace lockstep::client {

/// One credential: a user may have one for each mechanism.
struct ScramCredential {
    std::string user;
    SaslMechanism mechanism = SaslMechanism::scram_sha_512;

    auto operator<=>(const ScramCredential&) const = default;
};

/// Which credentials some users have, with their iterations (KIP-554). No cluster gives away more.
runtime::Task<Result<std::map<ScramCredential, int>>> describe_scram_users(
    Cluster& cluster, std::vector<std::string> users, std::stop_token stop);

/// A credential that is to be set, or deleted.
struct ScramChange {
    ScramCredential credential;
    bool is_deleted = false;
    Secret password = {};  // as it is, without references
    int iterations = 0;
};

/// Sets and deletes credentials; how it went with each. Passwords do not leave this process: what
/// is sent is made of them and of a new salt, and is as good as a password for who can read it.
runtime::Task<Result<std::vector<Error>>> alter_scram_users(Cluster& cluster,
                                                            std::vector<ScramChange> changes,
                                                            std::stop_token stop);

}  // namespace lockstep::client

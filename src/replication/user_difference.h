#pragma once

// PURE: what is to be done with the SCRAM users of a target, whose secrets nobody can read.

#include "client/scram_users.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace lockstep::replication {

using Credential = client::ScramCredential;

struct UserSides {
    std::map<Credential, int> wanted;  // with their iterations
    std::map<Credential, int> found;   // on the target
    /// What the link remembers: whether it has created it, or found it there.
    std::map<Credential, bool> is_created;
    std::set<Credential> set_before;  // by this process, with the secret that is wanted now
};

struct UserDifference {
    std::vector<Credential> create;     // not there
    std::vector<Credential> change;     // there, with other iterations
    std::vector<Credential> set_again;  // there as wanted, as far as anybody can see
    std::vector<Credential> remove;     // created by the link, and not wanted any more
    std::vector<Credential> forget;     // not wanted any more; not there, or somebody else's
    size_t in_step = 0;
};

/// What was on the target before the link is set, since it is wanted by name, but never deleted.
UserDifference user_difference(const UserSides& sides);

/// "user alice, SCRAM-SHA-512", for people.
std::string words_of(const Credential& credential);

}  // namespace lockstep::replication

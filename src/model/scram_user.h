#pragma once

// A user that logs in by SCRAM, as an operator wants a cluster to have it. Values only.

#include "base/secret.h"
#include "model/security.h"

#include <string>

namespace lockstep {

struct ScramUser {
    std::string name;
    SaslMechanism mechanism = SaslMechanism::scram_sha_512;  // or scram_sha_256
    Secret password;
    int iterations = 4096;

    bool operator==(const ScramUser&) const = default;
};

}  // namespace lockstep

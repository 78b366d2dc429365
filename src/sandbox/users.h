#pragma once

#include "runtime/digest.h"
#include "sandbox/cluster.h"

#include <map>
#include <optional>
#include <string>

namespace lockstep::sandbox {

/// What a broker keeps of a password for SCRAM (RFC 5802): it can check a client's proof with it,
/// but not act as the client.
struct ScramCredential {
    Bytes salt;
    int32_t iterations = 0;
    Bytes stored_key;
    Bytes server_key;
};

/// Numbers as in AlterUserScramCredentials requests.
enum class ScramMechanism : int8_t { sha_256 = 1, sha_512 = 2 };

std::string_view to_string(ScramMechanism mechanism);
std::optional<ScramMechanism> scram_mechanism_named(std::string_view name);
runtime::DigestKind digest_of(ScramMechanism mechanism);

/// PURE: what is kept of a salted password, which is what clients send.
ScramCredential make_credential(ScramMechanism mechanism, Bytes salt, int32_t iterations,
                                ByteView salted_password);

/// Who may log in: PLAIN users as the cluster's options have them, SCRAM credentials as requests
/// made them. Owned by a Cluster.
class Users {
public:
    explicit Users(const Cluster& cluster) : cluster_(cluster) {}

    using Credentials = std::map<ScramMechanism, ScramCredential>;

    bool has_plain(const std::string& name, std::string_view password) const;
    const ScramCredential* find_scram(const std::string& name, ScramMechanism mechanism) const;
    const std::map<std::string, Credentials>& all_scram() const { return scram_; }

    void set_scram(const std::string& name, ScramMechanism mechanism, ScramCredential credential);
    /// Both SCRAM mechanisms, as an administrator's tool would make them of a password.
    void set_password(const std::string& name, std::string_view password, Rng& rng);
    void remove_scram(const std::string& name, ScramMechanism mechanism);

private:
    const Cluster& cluster_;
    std::map<std::string, Credentials> scram_;  // nobody is without a credential
};

}  // namespace lockstep::sandbox

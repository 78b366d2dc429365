#include "sandbox/users.h"

#include <algorithm>
#include <utility>

namespace lockstep::sandbox {

namespace {

constexpr size_t kSaltBytes = 20;
constexpr int kIterations = 4096;  // the fewest that brokers take

}  // namespace

std::string_view to_string(ScramMechanism mechanism) {
    return mechanism == ScramMechanism::sha_256 ? "SCRAM-SHA-256" : "SCRAM-SHA-512";
}

std::optional<ScramMechanism> scram_mechanism_named(std::string_view name) {
    for (const ScramMechanism mechanism : {ScramMechanism::sha_256, ScramMechanism::sha_512}) {
        if (to_string(mechanism) == name) {
            return mechanism;
        }
    }
    return std::nullopt;
}

runtime::DigestKind digest_of(ScramMechanism mechanism) {
    return mechanism == ScramMechanism::sha_256 ? runtime::DigestKind::sha_256
                                                : runtime::DigestKind::sha_512;
}

ScramCredential make_credential(ScramMechanism mechanism, Bytes salt, int32_t iterations,
                                ByteView salted_password) {
    const runtime::DigestKind kind = digest_of(mechanism);
    ScramCredential credential;
    credential.salt = std::move(salt);
    credential.iterations = iterations;
    const Bytes client_key = runtime::hmac(kind, salted_password, as_bytes("Client Key"));
    credential.stored_key = runtime::digest(kind, client_key);
    credential.server_key = runtime::hmac(kind, salted_password, as_bytes("Server Key"));
    return credential;
}

bool Users::has_plain(const std::string& name, std::string_view password) const {
    const auto& users = cluster_.options().plain_users;
    const auto found = users.find(name);
    return found != users.end() && found->second == password;
}

const ScramCredential* Users::find_scram(const std::string& name, ScramMechanism mechanism) const {
    const auto user = scram_.find(name);
    if (user == scram_.end()) {
        return nullptr;
    }
    const auto credential = user->second.find(mechanism);
    return credential == user->second.end() ? nullptr : &credential->second;
}

void Users::set_scram(const std::string& name, ScramMechanism mechanism,
                      ScramCredential credential) {
    scram_[name][mechanism] = std::move(credential);
}

void Users::set_password(const std::string& name, std::string_view password, Rng& rng) {
    for (const ScramMechanism mechanism : {ScramMechanism::sha_256, ScramMechanism::sha_512}) {
        Bytes salt(kSaltBytes);
        std::ranges::generate(salt, [&] { return static_cast<uint8_t>(rng.below(256)); });
        const Bytes salted =
            runtime::salted_password(digest_of(mechanism), as_bytes(password), salt, kIterations);
        set_scram(name, mechanism,
                  make_credential(mechanism, std::move(salt), kIterations, salted));
    }
}

void Users::remove_scram(const std::string& name, ScramMechanism mechanism) {
    const auto user = scram_.find(name);
    if (user == scram_.end()) {
        return;
    }
    user->second.erase(mechanism);
    if (user->second.empty()) {
        scram_.erase(user);
    }
}

}  // namespace lockstep::sandbox

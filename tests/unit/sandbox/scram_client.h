#pragma once

// The client's side of SCRAM, for tests.

#include "base/base64.h"
#include "runtime/digest.h"
#include "sandbox/scram_exchange.h"
#include "sandbox/users.h"

#include <string>

namespace lockstep::sandbox {

inline Bytes bytes_of(std::string_view text) {
    return {text.begin(), text.end()};
}

class ScramClient {
public:
    ScramClient(ScramMechanism mechanism, std::string user, std::string password)
        : kind_(digest_of(mechanism)), user_(std::move(user)), password_(std::move(password)) {}

    Bytes first() const { return bytes_of("n,," + bare()); }

    /// The answer to the server's first message.
    Bytes final_for(const Bytes& server_first) {
        const std::string server(server_first.begin(), server_first.end());
        const size_t salt_at = server.find(",s=");
        const size_t count_at = server.find(",i=");
        const Bytes salt = *decode_base64(server.substr(salt_at + 3, count_at - salt_at - 3));
        const int iterations = std::stoi(server.substr(count_at + 3));
        const Bytes salted = runtime::salted_password(kind_, as_bytes(password_), salt, iterations);
        const std::string without_proof = "c=biws," + server.substr(0, salt_at);
        everything_ = bare() + "," + server + "," + without_proof;
        const Bytes client_key = runtime::hmac(kind_, salted, as_bytes("Client Key"));
        const Bytes signature =
            runtime::hmac(kind_, runtime::digest(kind_, client_key), as_bytes(everything_));
        Bytes proof = client_key;
        for (size_t i = 0; i < proof.size(); ++i) {
            proof[i] ^= signature[i];
        }
        server_key_ = runtime::hmac(kind_, salted, as_bytes("Server Key"));
        return bytes_of(without_proof + ",p=" + encode_base64(proof));
    }

    bool is_the_server(const Bytes& server_final) const {
        const Bytes signature = runtime::hmac(kind_, server_key_, as_bytes(everything_));
        return server_final == bytes_of("v=" + encode_base64(signature));
    }

private:
    std::string bare() const { return "n=" + user_ + ",r=clientnonce"; }

    runtime::DigestKind kind_;
    std::string user_;
    std::string password_;
    std::string everything_;
    Bytes server_key_;
};

inline void add_scram_user(Users& users, ScramMechanism mechanism, const std::string& user,
                           const std::string& password) {
    constexpr int kIterations = 4096;
    const Bytes salt = bytes_of("salt of " + user);
    users.set_scram(
        user, mechanism,
        make_credential(
            mechanism, salt, kIterations,
            runtime::salted_password(digest_of(mechanism), as_bytes(password), salt, kIterations)));
}

}  // namespace lockstep::sandbox

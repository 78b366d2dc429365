#pragma once

#include "base/rng.h"
#include "sandbox/sasl.h"
#include "sandbox/users.h"

namespace lockstep::sandbox {

/// The server's side of SCRAM (RFC 5802), without channel binding:
///
///     client first  n,,n=user,r=<client's nonce>
///     server first  r=<both nonces>,s=<salt>,i=<iterations>
///     client final  c=biws,r=<both nonces>,p=<proof>
///     server final  v=<signature>
class ScramExchange final : public SaslExchange {
public:
    ScramExchange(const Users& users, ScramMechanism mechanism, Rng& rng)
        : users_(users), mechanism_(mechanism), rng_(rng) {}

    SaslStep step(ByteView token) override;

private:
    SaslStep take_first(std::string_view message);
    SaslStep take_final(std::string_view message);

    const Users& users_;
    ScramMechanism mechanism_;
    Rng& rng_;
    bool is_first_ = true;
    std::string user_;
    ScramCredential credential_;  // as it was at the first message
    std::string nonce_;
    std::string first_messages_;  // the client's without its header, and the server's
};

}  // namespace lockstep::sandbox

#pragma once

// PURE: the client's side of SASL, token by token; who sends them is Connection.

#include "base/bytes.h"
#include "base/result.h"
#include "model/security.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace lockstep::client {

/// One login. `first()` goes to the broker, then `next()` with each of its answers, until that
/// gives nothing more to send.
class SaslExchange {
public:
    virtual ~SaslExchange() = default;

    virtual Bytes first() = 0;

    /// What to send next; nothing where the login is done. An error where the broker is not who it
    /// claims to be, or talks nonsense.
    virtual Result<std::optional<Bytes>> next(ByteView challenge) = 0;

    /// What OAUTHBEARER shows to the broker; "" by any other mechanism.
    virtual std::string_view bearer_token() const { return {}; }
};

/// Who logs in, with the secrets themselves. It must not live longer than the login.
struct SaslLogin {
    SaslMechanism mechanism = SaslMechanism::plain;
    std::string username;
    std::string password;
    std::string token;  // OAUTHBEARER
    std::string nonce;  // SCRAM: fresh, printable and without commas
};

std::unique_ptr<SaslExchange> start_sasl(SaslLogin login);

}  // namespace lockstep::client

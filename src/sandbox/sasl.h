#pragma once

#include "sandbox/call.h"

#include <memory>
#include <string>
#include <vector>

namespace lockstep::sandbox {

/// What became of one token of a client.
struct SaslStep {
    enum class State { continues, done, failed };

    State state = State::failed;
    Bytes answer;
    std::string user;     // once it is done
    std::string message;  // where it failed
    bool is_answered = true;

    static SaslStep failure(std::string message) {
        return {State::failed, {}, {}, std::move(message)};
    }
};

/// The server's side of one SASL mechanism, token by token. Owned by a ClientConnection.
class SaslExchange {
public:
    virtual ~SaslExchange() = default;
    virtual SaslStep step(ByteView token) = 0;
};

/// Of sasl.enabled.mechanisms, those that the sandbox has: PLAIN and SCRAM.
std::vector<std::string> sasl_mechanisms(const Cluster& cluster);

/// `mechanism` is one of sasl_mechanisms().
std::unique_ptr<SaslExchange> begin_sasl(Cluster& cluster, const std::string& mechanism);

/// One token on its way; the connection is then told who speaks, and how long that counts
/// (KIP-368). A second login may not be somebody else's.
SaslStep authenticate(Cluster& cluster, ClientConnection& connection, ByteView token);

/// Whether the session has passed, so that only a new login is taken.
bool is_session_over(const Cluster& cluster, const ClientConnection& connection);

/// connections.max.reauth.ms; 0: sessions last as long as connections.
int64_t session_lifetime_ms(const Cluster& cluster);

}  // namespace lockstep::sandbox

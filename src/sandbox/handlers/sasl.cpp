// API        SaslHandshake 0 to 1, SaslAuthenticate 0 to 2
// Behaviour  PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512 (sasl.h); who fails is told why, and the
//            connection ends. After a handshake of version 0 the tokens come without headers, which
//            is broker_server.cpp's part. Sessions end after connections.max.reauth.ms, and only
//            where they end may a client log in again, by the same mechanism.
// Gaps       none

#include "sandbox/sasl.h"
#include "protocol/messages/sasl_authenticate.h"
#include "protocol/messages/sasl_handshake.h"
#include "sandbox/handler_table.h"

#include <algorithm>

namespace lockstep::sandbox {

using protocol::KafkaError;
using protocol::SaslAuthenticateRequest;
using protocol::SaslAuthenticateResponse;
using protocol::SaslHandshakeRequest;
using protocol::SaslHandshakeResponse;

namespace {

constexpr auto kBetweenNewLogins = std::chrono::seconds(1);

/// A client that wants another mechanism for its second login loses its connection with the token.
class RefusingExchange final : public SaslExchange {
public:
    SaslStep step(ByteView) override {
        SaslStep step = SaslStep::failure("The mechanism may not change on the same connection.");
        step.is_answered = false;
        return step;
    }
};

/// KIP-368: again only where sessions end, and once in a second.
bool may_log_in_now(const Call& call) {
    return !call.connection.is_authenticated ||
           (session_lifetime_ms(call.cluster) > 0 &&
            call.cluster.loop().now() >= call.connection.next_login_from);
}

SaslHandshakeResponse sasl_handshake(Call& call, const SaslHandshakeRequest& request) {
    SaslHandshakeResponse response;
    ClientConnection& connection = call.connection;
    if (!call.cluster.options().wants_sasl || connection.sasl_exchange != nullptr ||
        !may_log_in_now(call)) {
        response.error_code = code(KafkaError::illegal_sasl_state);
        call.ends_connection = connection.sasl_exchange != nullptr;
        return response;
    }
    response.mechanisms = sasl_mechanisms(call.cluster);
    if (std::ranges::find(response.mechanisms, request.mechanism) == response.mechanisms.end()) {
        response.error_code = code(KafkaError::unsupported_sasl_mechanism);
        call.ends_connection = true;
        call.wants_no_answer = connection.is_authenticated;
        return response;
    }
    if (connection.is_authenticated) {
        connection.next_login_from = call.cluster.loop().now() + kBetweenNewLogins;
    }
    if (connection.is_authenticated && connection.sasl_mechanism != request.mechanism) {
        connection.sasl_exchange = std::make_shared<RefusingExchange>();
    } else {
        connection.sasl_exchange = begin_sasl(call.cluster, request.mechanism);
        connection.sasl_mechanism = request.mechanism;
    }
    connection.takes_raw_tokens = call.version == 0;
    return response;
}

SaslAuthenticateResponse sasl_authenticate(Call& call, const SaslAuthenticateRequest& request) {
    SaslAuthenticateResponse response;
    if (call.connection.sasl_exchange == nullptr) {
        response.error_code = code(KafkaError::illegal_sasl_state);
        response.error_message = "A handshake must come first.";
        call.ends_connection =
            call.cluster.options().wants_sasl && !call.connection.is_authenticated;
        call.wants_no_answer = call.ends_connection;
        return response;
    }
    SaslStep step = authenticate(call.cluster, call.connection, request.auth_bytes);
    if (step.state == SaslStep::State::failed) {
        response.error_code = code(KafkaError::sasl_authentication_failed);
        response.error_message = step.message;
        call.ends_connection = true;
        call.wants_no_answer = !step.is_answered;
        return response;
    }
    response.auth_bytes = std::move(step.answer);
    if (step.state == SaslStep::State::done) {
        response.session_lifetime_ms = session_lifetime_ms(call.cluster);
    }
    return response;
}

}  // namespace

void add_sasl_handlers(HandlerTable& table) {
    table.add(sasl_handshake);
    table.add(sasl_authenticate);
}

}  // namespace lockstep::sandbox

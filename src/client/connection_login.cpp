// The part of Connection that makes it secure: TLS, the login, and the login anew.

#include "base/log.h"
#include "client/cluster_security.h"
#include "client/connection.h"
#include "protocol/kafka_error.h"
#include "protocol/messages/sasl_authenticate.h"
#include "protocol/messages/sasl_handshake.h"

#include <fmt/format.h>

#include <algorithm>

namespace lockstep::client {

using protocol::KafkaError;
using runtime::Task;

namespace {

constexpr int64_t kLongestLoginMs = int64_t{30} * 24 * 3600 * 1000;

Error refused(int16_t code, std::string context) {
    return Error(protocol::make_error_code(KafkaError(code)), std::move(context));
}

}  // namespace

Task<Result<void>> Connection::encrypt() {
    if (options_.security == nullptr || !options_.security->has_tls()) {
        co_return Result<void>();
    }
    auto wrapped = options_.security->encrypt(std::move(stream_), endpoint_.host);
    if (wrapped.has_error()) {
        co_return std::move(wrapped).error().within(where());
    }
    runtime::TlsStream& stream = **wrapped;
    stream_ = std::move(*wrapped);
    bool is_late = false;
    const auto timer =
        runtime_.loop.add_timer(runtime_.loop.now() + options_.handshake_timeout, [&] {
            is_late = true;
            stream.close();
        });
    auto shaken = co_await stream.handshake();
    if (is_late) {
        co_return Error(Errc::timeout, fmt::format("TLS handshake with {}", where()));
    }
    runtime_.loop.cancel_timer(timer);
    if (shaken.has_error()) {
        co_return std::move(shaken).error().within(where());
    }
    co_return Result<void>();
}

/// Other requests wait meanwhile: the broker takes none between the messages of a login.
Task<Result<void>> Connection::log_in() {
    if (options_.security == nullptr || !options_.security->has_sasl()) {
        co_return Result<void>();
    }
    is_logging_in_ = true;
    auto proved = co_await prove_identity();
    is_logging_in_ = false;
    for (Pending* pending : held_) {
        enqueue(pending);
    }
    held_.clear();
    if (proved.has_error()) {
        const std::string what =
            fmt::format("log in to {} as {}", where(), options_.security->who());
        co_return std::move(proved).error().within(what);
    }
    co_return proved;
}

Task<Result<void>> Connection::prove_identity() {
    auto begun =
        co_await options_.security->begin_login(runtime_.loop.now() + options_.handshake_timeout);
    LS_CO_TRY(exchange, std::move(begun));

    protocol::SaslHandshakeRequest handshake;
    handshake.mechanism = to_string(options_.security->mechanism());
    LS_CO_TRY(handshake_version, version_of<protocol::SaslHandshakeRequest>());
    auto chosen = co_await call_login(handshake, handshake_version);
    LS_CO_TRY(choice, std::move(chosen));
    if (choice.error_code == static_cast<int16_t>(KafkaError::unsupported_sasl_mechanism)) {
        co_return refused(choice.error_code,
                          fmt::format("the broker offers {}", fmt::join(choice.mechanisms, ", ")));
    }
    if (choice.error_code != 0) {
        co_return refused(choice.error_code,
                          "is this a listener with SASL? It refuses the handshake");
    }

    LS_CO_TRY(version, version_of<protocol::SaslAuthenticateRequest>());
    std::optional<Bytes> token = exchange->first();
    while (token) {
        protocol::SaslAuthenticateRequest request;
        request.auth_bytes = std::move(*token);
        auto answered = co_await call_login(request, version);
        LS_CO_TRY(answer, std::move(answered));
        if (answer.error_code != 0) {
            options_.security->on_refused(*exchange);
            co_return refused(answer.error_code, answer.error_message.value_or("no reason given"));
        }
        LS_CO_TRY(next, exchange->next(answer.auth_bytes));
        token = std::move(next);
        login_lasts_ = std::chrono::milliseconds(
            std::clamp<int64_t>(answer.session_lifetime_ms, 0, kLongestLoginMs));
    }
    co_return Result<void>();
}

template <typename Request>
Task<Result<typename Request::Response>> Connection::call_login(const Request& request,
                                                                int16_t version) {
    protocol::WireWriter frame;
    const int32_t correlation_id = next_correlation_id_++;
    protocol::write_request(frame, request, version, {correlation_id, options_.client_id});
    auto exchanged =
        co_await exchange(frame, correlation_id, runtime::Duration::max(), Lane::login);
    if (exchanged.has_error()) {
        co_return std::move(exchanged).error().within(to_string(Request::kKey));
    }
    LS_CO_TRY(header, protocol::decode_response_header(exchanged->view(), Request::kKey, version));
    auto message = protocol::decode<typename Request::Response>(header.body, version);
    co_return message;
}

/// KIP-368: a broker closes a connection whose login has ended, so another one comes in time. The
/// share is that of Kafka's own clients.
Task<void> Connection::log_in_again() {
    while (state_ == State::open && login_lasts_ > runtime::Duration(0)) {
        const double share = 0.85 + 0.10 * runtime_.rng.unit();
        const auto at = runtime_.loop.now() +
                        std::chrono::duration_cast<runtime::Duration>(login_lasts_ * share);
        while (state_ == State::open && runtime_.loop.now() < at) {
            co_await closed_.wait(at);
        }
        if (state_ != State::open) {
            co_return;
        }
        auto proved = co_await log_in();
        if (proved.has_error()) {
            fail(std::move(proved).error());
        } else {
            log::debug("{}: logged in again", where());
        }
    }
}

}  // namespace lockstep::client

#pragma once

#include "client/backoff.h"
#include "model/security.h"
#include "runtime/runtime.h"
#include "runtime/signal.h"
#include "runtime/tls.h"

#include <optional>
#include <string>
#include <string_view>

namespace lockstep::client {

/// What a token endpoint says: RFC 6749, 5.1 and 5.2.
struct GrantedToken {
    std::string token;
    std::chrono::seconds lasts{0};  // 0: it does not say
};

/// PURE. The form of the request, and what its answer says.
std::string token_request_body(const std::string& scope);
Result<GrantedToken> parse_token_answer(int status, const std::string& body);

/// Bearer tokens by the grant client_credentials (RFC 6749, 4.4). One is kept until four fifths of
/// its time are over, or a broker refuses it, and fetched once for all who ask meanwhile. While
/// brokers refuse each new one, the endpoint is asked more and more seldom. Owned by
/// ClusterSecurity.
class TokenSource {
public:
    TokenSource(runtime::Runtime& runtime, SaslSpec spec);

    runtime::Task<Result<std::string>> token(runtime::TimePoint deadline);

    /// A broker does not take this token: its key may be another one by now, or it was revoked.
    void on_refused(std::string_view token);

private:
    void keep(GrantedToken granted);
    runtime::Task<Result<GrantedToken>> fetch(runtime::TimePoint deadline);

    runtime::Runtime& runtime_;
    SaslSpec spec_;
    runtime::TlsContext tls_;
    std::string token_;
    runtime::TimePoint fresh_until_{};
    runtime::TimePoint fetched_at_{};
    runtime::TimePoint may_ask_at_{};  // for another one, where this one is refused
    Backoff pause_;
    bool is_fetching_ = false;
    runtime::Signal fetched_;
};

}  // namespace lockstep::client

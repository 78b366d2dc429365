#pragma once

#include "model/security.h"
#include "runtime/runtime.h"
#include "runtime/signal.h"
#include "runtime/tls.h"

#include <optional>
#include <string>

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
/// its time are over, and fetched once for all who ask meanwhile. Owned by ClusterSecurity.
class TokenSource {
public:
    TokenSource(runtime::Runtime& runtime, SaslSpec spec);

    runtime::Task<Result<std::string>> token(runtime::TimePoint deadline);

private:
    runtime::Task<Result<GrantedToken>> fetch(runtime::TimePoint deadline);

    runtime::Runtime& runtime_;
    SaslSpec spec_;
    runtime::TlsContext tls_;
    std::string token_;
    runtime::TimePoint fresh_until_{};
    bool is_fetching_ = false;
    runtime::Signal fetched_;
};

}  // namespace lockstep::client

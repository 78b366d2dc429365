#include "client/cluster_security.h"

#include "base/base64.h"
#include "client/token_source.h"
#include "runtime/digest.h"
#include "runtime/secret_source.h"

#include <fmt/core.h>

namespace lockstep::client {

using runtime::Task;

namespace {

constexpr size_t kNonceBytes = 24;

runtime::TlsOptions options_of(const TlsSpec& spec) {
    runtime::TlsOptions options;
    options.ca_file = spec.ca;
    options.certificate_file = spec.certificate;
    options.key_file = spec.key;
    options.key_password = spec.key_password;
    options.verify_certificate = spec.verify_certificate;
    options.verify_hostname = spec.verify_hostname;
    options.is_1_3_only = spec.min_version == TlsVersion::tls_1_3;
    return options;
}

}  // namespace

ClusterSecurity::ClusterSecurity(runtime::Runtime& runtime, SecuritySpec spec)
    : spec_(std::move(spec)) {
    if (spec_.has_tls) {
        tls_ = std::make_unique<runtime::TlsContext>(options_of(spec_.tls));
    }
    if (spec_.has_sasl && !spec_.sasl.token_endpoint.empty()) {
        tokens_ = std::make_unique<TokenSource>(runtime, spec_.sasl);
    }
}

ClusterSecurity::~ClusterSecurity() = default;

Result<std::unique_ptr<runtime::TlsStream>> ClusterSecurity::encrypt(
    std::unique_ptr<runtime::Stream> plain, std::string host) {
    return tls_->wrap(std::move(plain), std::move(host));
}

Task<Result<std::unique_ptr<SaslExchange>>> ClusterSecurity::begin_login(
    runtime::TimePoint deadline) {
    SaslLogin login;
    login.mechanism = spec_.sasl.mechanism;
    LS_CO_TRY(username, runtime::resolve_references(spec_.sasl.username));
    login.username = std::move(username);
    LS_CO_TRY(password, runtime::resolve_references(spec_.sasl.password.reveal()));
    login.password = std::move(password);
    login.nonce = encode_base64(runtime::secure_random(kNonceBytes));
    if (tokens_) {
        auto token = co_await tokens_->token(deadline);
        LS_CO_TRY(fresh, std::move(token));
        login.token = std::move(fresh);
    } else {
        LS_CO_TRY(token, runtime::resolve_references(spec_.sasl.token.reveal()));
        login.token = std::move(token);
    }
    co_return start_sasl(std::move(login));
}

void ClusterSecurity::on_refused(const SaslExchange& exchange) {
    if (tokens_) {
        tokens_->on_refused(exchange.bearer_token());
    }
}

std::string ClusterSecurity::who() const {
    if (spec_.sasl.mechanism == SaslMechanism::oauthbearer) {
        return spec_.sasl.token_endpoint.empty()
                   ? std::string("the configured token by OAUTHBEARER")
                   : fmt::format("client \"{}\" by OAUTHBEARER", spec_.sasl.client_id);
    }
    return fmt::format("user \"{}\" by {}", spec_.sasl.username, to_string(spec_.sasl.mechanism));
}

}  // namespace lockstep::client

#pragma once

#include "client/sasl.h"
#include "model/security.h"
#include "runtime/runtime.h"
#include "runtime/tls.h"

#include <memory>
#include <optional>
#include <string>

namespace lockstep::client {

class TokenSource;

/// How the connections of one cluster are encrypted, and who logs in on them. Secrets and
/// certificates are read again for each connection, so that changed ones need no restart. Owned by
/// a Cluster; lives on its shard.
class ClusterSecurity {
public:
    ClusterSecurity(runtime::Runtime& runtime, SecuritySpec spec);
    ~ClusterSecurity();

    bool has_tls() const { return spec_.has_tls; }
    bool has_sasl() const { return spec_.has_sasl; }
    SaslMechanism mechanism() const { return spec_.sasl.mechanism; }

    /// Encrypts a connection to `host`; its handshake is the caller's.
    Result<std::unique_ptr<runtime::TlsStream>> encrypt(std::unique_ptr<runtime::Stream> plain,
                                                        std::string host);

    /// Gathers the secrets of one login; this may ask a token endpoint.
    runtime::Task<Result<std::unique_ptr<SaslExchange>>> begin_login(runtime::TimePoint deadline);

    /// The broker does not let in who logs in so: a token of an endpoint is not shown again.
    void on_refused(const SaslExchange& exchange);

    /// Who logs in, for messages: `user "alice" by PLAIN`.
    std::string who() const;

private:
    SecuritySpec spec_;
    std::unique_ptr<runtime::TlsContext> tls_;
    std::unique_ptr<TokenSource> tokens_;  // of an OAUTHBEARER login with an endpoint
};

}  // namespace lockstep::client

#pragma once

#include "client/sasl.h"
#include "runtime/digest.h"

namespace lockstep::client {

/// PURE. The client's side of SCRAM (RFC 5802), without channel binding:
///
///     client first  n,,n=user,r=<client's nonce>
///     server first  r=<both nonces>,s=<salt>,i=<iterations>
///     client final  c=biws,r=<both nonces>,p=<proof>
///     server final  v=<signature>, which shows that the server knows the password, too
///
/// Names and passwords are taken as they are (no SASLprep), as Kafka's own clients do.
class ScramExchange final : public SaslExchange {
public:
    ScramExchange(runtime::DigestKind kind, SaslLogin login)
        : kind_(kind), login_(std::move(login)) {}

    Bytes first() override;
    Result<std::optional<Bytes>> next(ByteView challenge) override;

private:
    Result<Bytes> answer_first(std::string_view message);
    Result<void> check_final(std::string_view message) const;
    std::string first_without_header() const;

    runtime::DigestKind kind_;
    SaslLogin login_;
    bool has_proved_ = false;
    Bytes server_signature_;
};

}  // namespace lockstep::client

#include "client/sasl.h"

#include "client/scram.h"

#include <utility>

namespace lockstep::client {
namespace {

Bytes bytes_of(std::string_view text) {
    return {text.begin(), text.end()};
}

/// RFC 4616: everything in one token, and the broker's verdict.
class PlainExchange final : public SaslExchange {
public:
    explicit PlainExchange(SaslLogin login) : login_(std::move(login)) {}

    Bytes first() override {
        const std::string nul(1, '\0');
        return bytes_of(nul + login_.username + nul + login_.password);
    }
    Result<std::optional<Bytes>> next(ByteView) override { return std::optional<Bytes>(); }

private:
    SaslLogin login_;
};

/// RFC 7628. A broker that does not take the token says why, wants to hear that this was
/// understood, and only then fails the login.
class BearerExchange final : public SaslExchange {
public:
    explicit BearerExchange(std::string token) : token_(std::move(token)) {}

    Bytes first() override {
        return bytes_of(
            "n,,\x01"
            "auth=Bearer " +
            token_ + "\x01\x01");
    }
    Result<std::optional<Bytes>> next(ByteView challenge) override {
        std::optional<Bytes> answer;
        if (!challenge.empty()) {
            answer = bytes_of("\x01");
        }
        return answer;
    }
    std::string_view bearer_token() const override { return token_; }

private:
    std::string token_;
};

}  // namespace

std::unique_ptr<SaslExchange> start_sasl(SaslLogin login) {
    switch (login.mechanism) {
        case SaslMechanism::plain: return std::make_unique<PlainExchange>(std::move(login));
        case SaslMechanism::scram_sha_256:
            return std::make_unique<ScramExchange>(runtime::DigestKind::sha_256, std::move(login));
        case SaslMechanism::scram_sha_512:
            return std::make_unique<ScramExchange>(runtime::DigestKind::sha_512, std::move(login));
        case SaslMechanism::oauthbearer: break;
    }
    return std::make_unique<BearerExchange>(std::move(login.token));
}

}  // namespace lockstep::client

#include "sandbox/sasl.h"

#include "base/text.h"
#include "sandbox/config_defaults.h"
#include "sandbox/scram_exchange.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::sandbox {

namespace {

constexpr std::string_view kPlain = "PLAIN";

/// RFC 4616: an identity to act as, a name and a password, with a zero byte between them.
class PlainExchange final : public SaslExchange {
public:
    explicit PlainExchange(const Users& users) : users_(users) {}

    SaslStep step(ByteView token) override {
        const auto parts = split(as_text(token), '\0');
        if (parts.size() != 3 || parts[1].empty() || parts[2].empty()) {
            return SaslStep::failure("The PLAIN token is not an identity, a name and a password.");
        }
        if (!parts[0].empty() && parts[0] != parts[1]) {
            return SaslStep::failure("A client may not act as somebody else.");
        }
        const std::string name(parts[1]);
        if (!users_.has_plain(name, parts[2])) {
            return SaslStep::failure("Authentication failed: invalid user name or password.");
        }
        return {SaslStep::State::done, {}, name, {}};
    }

private:
    const Users& users_;
};

SaslStep judge_new_login(const ClientConnection& connection, SaslStep step) {
    const std::string principal = "User:" + step.user;
    if (connection.is_authenticated && connection.principal != principal) {
        return SaslStep::failure(fmt::format("{} may not become {} on the same connection.",
                                             connection.principal, principal));
    }
    return step;
}

}  // namespace

std::vector<std::string> sasl_mechanisms(const Cluster& cluster) {
    std::vector<std::string> mechanisms;
    const std::string enabled = cluster.broker_config("sasl.enabled.mechanisms");
    for (const auto word : split(enabled, ',')) {
        const std::string_view name = trim(word);
        if (name == kPlain || scram_mechanism_named(name)) {
            mechanisms.emplace_back(name);
        }
    }
    return mechanisms;
}

std::unique_ptr<SaslExchange> begin_sasl(Cluster& cluster, const std::string& mechanism) {
    if (const auto scram = scram_mechanism_named(mechanism)) {
        return std::make_unique<ScramExchange>(cluster.users(), *scram, cluster.rng());
    }
    return std::make_unique<PlainExchange>(cluster.users());
}

SaslStep authenticate(Cluster& cluster, ClientConnection& connection, ByteView token) {
    SaslStep step = connection.sasl_exchange->step(token);
    if (step.state == SaslStep::State::done) {
        step = judge_new_login(connection, std::move(step));
    }
    if (step.state != SaslStep::State::continues) {
        connection.sasl_exchange = nullptr;
        connection.takes_raw_tokens = false;
    }
    if (step.state == SaslStep::State::done) {
        connection.is_authenticated = true;
        connection.principal = "User:" + step.user;
        const int64_t lifetime_ms = session_lifetime_ms(cluster);
        connection.session_end =
            lifetime_ms == 0 ? runtime::kNever
                             : cluster.loop().now() + std::chrono::milliseconds(lifetime_ms);
    }
    return step;
}

bool is_session_over(const Cluster& cluster, const ClientConnection& connection) {
    return connection.is_authenticated && cluster.loop().now() >= connection.session_end;
}

int64_t session_lifetime_ms(const Cluster& cluster) {
    return std::max<int64_t>(broker_number(cluster, "connections.max.reauth.ms"), 0);
}

}  // namespace lockstep::sandbox

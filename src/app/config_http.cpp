#include "app/config_http.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>

namespace lockstep::app {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::array<std::string_view, 3> kKeys{"listen", "tls", "tokens"};
constexpr std::array<std::string_view, 4> kTlsKeys{"certificate", "key", "key_password",
                                                   "client_ca"};
constexpr std::array<std::string_view, 3> kTokenKeys{"name", "token", "role"};
constexpr std::array<std::string_view, 2> kRoles{"view", "operate"};

constexpr KeyRule kTls{"tls", "a section", "{certificate: /etc/lockstep/http.pem}"};
constexpr KeyRule kTokens{"tokens", "a list of who may come in",
                          "[{name: prometheus, token: \"${env:METRICS_TOKEN}\", role: view}]"};
constexpr KeyRule kCertificate{"certificate", "a PEM file", "/etc/lockstep/http.pem"};
constexpr KeyRule kKey{"key", "a PEM file", "/etc/lockstep/http.key"};
constexpr KeyRule kKeyPassword{"key_password", "a text", "\"${env:KEY_PASSWORD}\""};
constexpr KeyRule kClientCa{"client_ca", "a PEM file", "/etc/lockstep/clients.pem"};
constexpr KeyRule kName{"name", "a name for the log", "prometheus"};
constexpr KeyRule kToken{"token", "a secret", "\"${env:METRICS_TOKEN}\""};
constexpr KeyRule kRole{"role", "one of view, operate", "view"};

std::string text_of(YamlMap& map, const KeyRule& rule) {
    const auto text = map.text(rule);
    return text ? text->text : "";
}

Secret secret_of(YamlMap& map, const KeyRule& rule, ConfigProblems& problems) {
    Secret secret(text_of(map, rule));
    problems.note_secret(map.at(rule.key), rule.key, secret);
    return secret;
}

HttpToken read_token(const YAML::Node& node, ConfigProblems& problems) {
    YamlMap map(node, "an entry of \"tokens\"", KnownKeys(kTokenKeys).hidden(), problems);
    map.require({kName, kToken});
    HttpToken token;
    token.name = text_of(map, kName);
    token.token = secret_of(map, kToken, problems);
    const auto role = map.text(kRole);
    if (role && role->text == kRoles[1]) {
        token.role = HttpRole::operate;
    } else if (role && role->text != kRoles[0]) {
        problems.add(role->at, fmt::format("\"role\" has no choice \"{}\"; {}", role->text,
                                           suggest_word(role->text, kRoles)));
    }
    return token;
}

}  // namespace

Words http_keys() {
    return kKeys;
}

Words http_tls_keys() {
    return kTlsKeys;
}

Words http_token_keys() {
    return kTokenKeys;
}

std::optional<TlsSpec> read_http_tls(YamlMap& http, ConfigProblems& problems) {
    const auto node = http.value(kTls);
    if (!node) {
        return std::nullopt;
    }
    YamlMap map(*node, "the section \"tls\"", KnownKeys(kTlsKeys).hidden(), problems);
    map.require({kCertificate});
    TlsSpec tls;
    tls.certificate = text_of(map, kCertificate);
    tls.key = text_of(map, kKey);
    tls.key_password = secret_of(map, kKeyPassword, problems);
    tls.ca = text_of(map, kClientCa);
    if (tls.key.empty()) {
        tls.key = tls.certificate;  // both in one file
    }
    return tls;
}

std::vector<HttpToken> read_http_tokens(YamlMap& http, ConfigProblems& problems) {
    std::vector<HttpToken> tokens;
    if (!http.usable() || !http.has(kTokens.key)) {
        return tokens;
    }
    for (const YAML::Node& node : http.list(kTokens)) {
        tokens.push_back(read_token(node, problems));
    }
    return tokens;
}

}  // namespace lockstep::app

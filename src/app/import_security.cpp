#include "app/import_security.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <optional>

namespace lockstep::app {
namespace {

constexpr std::array<std::string_view, 3> kMechanisms{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};

std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            result += '\\';
        }
        result += c;
    }
    return result + "\"";
}

/// The value of `name="value"` in a JAAS configuration.
std::optional<std::string> jaas_option(std::string_view jaas, std::string_view name) {
    size_t at = 0;
    while ((at = jaas.find(name, at)) != std::string_view::npos) {
        const bool begins_a_word =
            at == 0 || std::isspace(static_cast<unsigned char>(jaas[at - 1]));
        at += name.size();
        if (!begins_a_word || at >= jaas.size() || jaas[at] != '=') {
            continue;
        }
        const bool is_quoted = at + 1 < jaas.size() && jaas[at + 1] == '"';
        const size_t begin = at + (is_quoted ? 2 : 1);
        const size_t end = is_quoted ? jaas.find('"', begin) : jaas.find_first_of(" ;", begin);
        return std::string(jaas.substr(begin, end - begin));
    }
    return std::nullopt;
}

class SecurityImporter {
public:
    SecurityImporter(const std::string& cluster, const std::vector<ForeignSetting>& settings);

    ImportedSecurity run();

private:
    const ForeignSetting* find(const std::string& key);
    void rule(const ForeignSetting& setting, Verdict verdict, std::string why = "");
    std::string variable(std::string_view what) const;
    void read_tls();
    void read_store(const std::string& store, const std::string& key, const std::string& advice);
    bool read_sasl();
    void rule_on_rest();

    const std::string& cluster_;
    std::map<std::string, const ForeignSetting*> settings_;  // those that are not ruled on yet
    std::vector<std::string> tls_;                           // "ca: ..."
    std::vector<std::string> sasl_;
    ImportedSecurity security_;
};

SecurityImporter::SecurityImporter(const std::string& cluster,
                                   const std::vector<ForeignSetting>& settings)
    : cluster_(cluster) {
    for (const ForeignSetting& setting : settings) {
        settings_[setting.key] = &setting;
    }
}

ImportedSecurity SecurityImporter::run() {
    const ForeignSetting* protocol = find("security.protocol");
    std::string name = protocol != nullptr ? protocol->value : "PLAINTEXT";
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    const bool has_tls = name == "SSL" || name == "SASL_SSL";
    const bool has_sasl = name == "SASL_PLAINTEXT" || name == "SASL_SSL";
    if (has_tls) {
        read_tls();
    }
    const bool may_log_in = !has_sasl || read_sasl();
    if (protocol != nullptr) {
        rule(*protocol, may_log_in ? Verdict::taken : Verdict::by_hand,
             may_log_in ? "" : "how to log in is not known");
    }
    if ((has_tls || has_sasl) && may_log_in) {
        security_.lines = {"security:", fmt::format("  protocol: {}", name)};
        for (const auto& [section, entries] : {std::pair("tls", tls_), std::pair("sasl", sasl_)}) {
            if (!entries.empty()) {
                security_.lines.push_back(fmt::format("  {}:", section));
            }
            for (const std::string& entry : entries) {
                security_.lines.push_back("    " + entry);
            }
        }
    }
    rule_on_rest();
    return std::move(security_);
}

const ForeignSetting* SecurityImporter::find(const std::string& key) {
    const auto found = settings_.find(key);
    if (found == settings_.end()) {
        return nullptr;
    }
    const ForeignSetting* setting = found->second;
    settings_.erase(found);
    return setting;
}

void SecurityImporter::rule(const ForeignSetting& setting, Verdict verdict, std::string why) {
    security_.because.push_back({setting, verdict, std::move(why)});
}

/// "east-1" and "password": EAST_1_PASSWORD.
std::string SecurityImporter::variable(std::string_view what) const {
    std::string name = fmt::format("{}_{}", cluster_, what);
    std::ranges::transform(name, name.begin(), [](unsigned char c) {
        return std::isalnum(c) != 0 ? static_cast<char>(std::toupper(c)) : '_';
    });
    return name;
}

void SecurityImporter::read_tls() {
    read_store("truststore", "ca",
               "Lockstep reads PEM: keytool -exportcert -rfc, and the file as tls.ca");
    read_store("keystore", "certificate",
               "Lockstep reads PEM: openssl pkcs12 -nodes, and the file as tls.certificate");
    if (const ForeignSetting* password = find("ssl.key.password")) {
        const std::string name = variable("key_password");
        tls_.push_back(fmt::format("key_password: \"${{env:{}}}\"", name));
        rule(*password, Verdict::changed,
             fmt::format("put it into the variable {} of the environment", name));
    }
    if (const ForeignSetting* check = find("ssl.endpoint.identification.algorithm")) {
        if (check->value.empty()) {
            tls_.push_back("verify_hostname: false");
        }
        rule(*check, check->value.empty() ? Verdict::taken : Verdict::not_needed,
             check->value.empty() ? "" : "always");
    }
}

/// A store of keys or certificates: PEM files are taken.
void SecurityImporter::read_store(const std::string& store, const std::string& key,
                                  const std::string& advice) {
    const ForeignSetting* type = find(fmt::format("ssl.{}.type", store));
    const ForeignSetting* location = find(fmt::format("ssl.{}.location", store));
    const bool is_pem = type != nullptr && type->value == "PEM";
    if (location != nullptr && is_pem) {
        tls_.push_back(fmt::format("{}: {}", key, quoted(location->value)));
        rule(*location, Verdict::taken);
    } else if (location != nullptr) {
        rule(*location, Verdict::by_hand, advice);
    }
    if (type != nullptr) {
        rule(*type, is_pem ? Verdict::taken : Verdict::by_hand, is_pem ? "" : advice);
    }
}

/// Whether Lockstep knows how to log in.
bool SecurityImporter::read_sasl() {
    const ForeignSetting* mechanism = find("sasl.mechanism");
    const ForeignSetting* jaas = find("sasl.jaas.config");
    const bool is_known = mechanism != nullptr &&
                          std::ranges::find(kMechanisms, mechanism->value) != kMechanisms.end();
    if (mechanism != nullptr) {
        rule(*mechanism, is_known ? Verdict::taken : Verdict::by_hand,
             is_known ? "" : "Lockstep logs in by PLAIN, SCRAM and OAUTHBEARER; say how");
    }
    const auto user = jaas != nullptr ? jaas_option(jaas->value, "username") : std::nullopt;
    const std::string name = variable("password");
    if (jaas != nullptr) {
        rule(*jaas, user ? Verdict::changed : Verdict::by_hand,
             user ? fmt::format("put the password into the variable {} of the environment", name)
                  : "it has no username");
    }
    if (!is_known || !user) {
        return false;
    }
    sasl_ = {fmt::format("mechanism: {}", mechanism->value),
             fmt::format("username: {}", quoted(*user)),
             fmt::format("password: \"${{env:{}}}\"", name)};
    return true;
}

void SecurityImporter::rule_on_rest() {
    for (const auto& [key, setting] : settings_) {
        const bool is_version = key == "ssl.protocol" || key == "ssl.enabled.protocols";
        rule(*setting, is_version ? Verdict::not_needed : Verdict::by_hand,
             is_version ? "TLS 1.2 and 1.3 are spoken" : "the section \"security\" has none of it");
    }
}

}  // namespace

bool is_security_key(std::string_view key) {
    return key == "security.protocol" || key.starts_with("ssl.") || key.starts_with("sasl.");
}

ImportedSecurity import_security(const std::string& cluster,
                                 const std::vector<ForeignSetting>& settings) {
    return SecurityImporter(cluster, settings).run();
}

}  // namespace lockstep::app

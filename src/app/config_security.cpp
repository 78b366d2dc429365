#include "app/config_security.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace lockstep::app {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::array<std::string_view, 3> kKeys{"protocol", "tls", "sasl"};
constexpr std::array<std::string_view, 7> kTlsKeys{
    "ca",         "certificate", "key", "key_password", "verify_certificate", "verify_hostname",
    "min_version"};
constexpr std::array<std::string_view, 9> kSaslKeys{
    "mechanism",     "username", "password",         "token", "token_endpoint", "client_id",
    "client_secret", "scope",    "token_endpoint_ca"};

constexpr std::array<std::string_view, 17> kForeignKeys{"security.protocol",
                                                        "ssl.ca.location",
                                                        "ssl.certificate.location",
                                                        "ssl.key.location",
                                                        "ssl.key.password",
                                                        "enable.ssl.certificate.verification",
                                                        "ssl.endpoint.identification.algorithm",
                                                        "sasl.mechanism",
                                                        "sasl.mechanisms",
                                                        "sasl.username",
                                                        "sasl.password",
                                                        "sasl.oauthbearer.method",
                                                        "sasl.oauthbearer.token.endpoint.url",
                                                        "sasl.oauthbearer.client.id",
                                                        "sasl.oauthbearer.client.secret",
                                                        "sasl.oauthbearer.scope",
                                                        "https.ca.location"};

constexpr std::array<std::string_view, 4> kProtocols{"PLAINTEXT", "SSL", "SASL_PLAINTEXT",
                                                     "SASL_SSL"};
constexpr std::array<std::string_view, 4> kMechanisms{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512",
                                                      "OAUTHBEARER"};
constexpr std::array<std::string_view, 2> kYesNo{"true", "false"};
constexpr std::array<std::string_view, 2> kHostCheck{"https", "none"};
constexpr std::array<std::string_view, 2> kVersions{"1.2", "1.3"};
constexpr std::array<std::string_view, 1> kMethods{"oidc"};

constexpr KeyRule kSection{"security", "a section", "{protocol: SSL}"};
constexpr KeyRule kTlsSection{"tls", "a section", "{ca: /etc/kafka/ca.pem}"};
constexpr KeyRule kSaslSection{"sasl", "a section",
                               "{mechanism: SCRAM-SHA-512, username: lockstep, password: "
                               "\"${env:KAFKA_PASSWORD}\"}"};

/// One setting: its section of `security`, its key there, and what other programs call it.
struct Setting {
    std::string_view section;
    std::string_view key;
    std::string_view foreign;
};

/// Upper and lower case are the same, as librdkafka has it.
bool is_same_word(std::string_view left, std::string_view right) {
    return std::ranges::equal(left, right, [](unsigned char one, unsigned char other) {
        return std::tolower(one) == std::tolower(other);
    });
}

/// Reads the settings of one cluster; lives for one read_security().
class SecurityReader {
public:
    SecurityReader(YamlMap& cluster, ConfigProblems& problems)
        : cluster_(cluster), problems_(problems) {}

    SecuritySpec read();

private:
    void open_sections();
    std::optional<PlacedText> text(const Setting& setting);
    std::string text_or_nothing(const Setting& setting);
    Secret secret(const Setting& setting);
    /// The index of one of `words`; nothing where the setting is absent or wrong.
    std::optional<size_t> choice(const Setting& setting, Words words);
    void read_protocol();
    void read_tls();
    void read_sasl();
    void check_login();
    void check_bearer();
    void report_unused(std::string_view section, std::string_view prefix, std::string_view advice);
    void add(std::string what) { problems_.add(at_, std::move(what)); }

    YamlMap& cluster_;
    ConfigProblems& problems_;
    TextPosition at_ = {};
    std::optional<YamlMap> own_;
    std::optional<YamlMap> tls_;
    std::optional<YamlMap> sasl_;
    SecuritySpec spec_;
};

SecuritySpec SecurityReader::read() {
    bool is_foreign = false;
    for (const std::string_view key : kForeignKeys) {
        is_foreign |= cluster_.has(key);
    }
    if (!cluster_.has(kSection.key) && !is_foreign) {
        return spec_;
    }
    at_ = cluster_.has(kSection.key) ? cluster_.at(kSection.key) : cluster_.at();
    open_sections();
    read_protocol();
    if (spec_.has_tls) {
        read_tls();
    } else {
        report_unused("tls", "ssl.", "write SSL or SASL_SSL");
    }
    if (spec_.has_sasl) {
        read_sasl();
    } else {
        report_unused("sasl", "sasl.", "write SASL_SSL, or SASL_PLAINTEXT to send it unencrypted");
    }
    return spec_;
}

void SecurityReader::open_sections() {
    const auto section = cluster_.value(kSection);
    if (!section) {
        return;
    }
    own_.emplace(*section, "the section \"security\"", KnownKeys(kKeys).hidden(), problems_);
    if (const auto tls = own_->value(kTlsSection)) {
        tls_.emplace(*tls, "the section \"tls\"", KnownKeys(kTlsKeys).hidden(), problems_);
    }
    if (const auto sasl = own_->value(kSaslSection)) {
        sasl_.emplace(*sasl, "the section \"sasl\"", KnownKeys(kSaslKeys).hidden(), problems_);
    }
}

/// From the section, or by its foreign name; not by both.
std::optional<PlacedText> SecurityReader::text(const Setting& setting) {
    auto& section = setting.section == "tls" ? tls_ : (setting.section == "sasl" ? sasl_ : own_);
    const bool is_ours = section && section->has(setting.key);
    const bool is_foreign = !setting.foreign.empty() && cluster_.has(setting.foreign);
    if (is_ours && is_foreign) {
        problems_.add(cluster_.at(setting.foreign),
                      fmt::format("\"{}\" and \"{}\" say the same; remove one of the two",
                                  setting.foreign, setting.key));
    }
    if (is_ours) {
        return section->text({setting.key, "a text", "\"...\""});
    }
    if (is_foreign) {
        return cluster_.text({setting.foreign, "a text", "\"...\""});
    }
    return std::nullopt;
}

std::string SecurityReader::text_or_nothing(const Setting& setting) {
    const auto found = text(setting);
    return found ? found->text : "";
}

Secret SecurityReader::secret(const Setting& setting) {
    const auto found = text(setting);
    if (!found) {
        return Secret();
    }
    Secret value(found->text);
    const bool is_foreign = !setting.foreign.empty() && cluster_.has(setting.foreign);
    problems_.note_secret(found->at, is_foreign ? setting.foreign : setting.key, value);
    return value;
}

std::optional<size_t> SecurityReader::choice(const Setting& setting, Words words) {
    const auto found = text(setting);
    if (!found) {
        return std::nullopt;
    }
    for (size_t i = 0; i < words.size(); ++i) {
        if (is_same_word(words[i], found->text)) {
            return i;
        }
    }
    problems_.add(found->at, fmt::format("\"{}\" has no choice \"{}\"; {}",
                                         setting.key.empty() ? setting.foreign : setting.key,
                                         found->text, suggest_word(found->text, words)));
    return std::nullopt;
}

void SecurityReader::read_protocol() {
    const Setting setting{"", "protocol", "security.protocol"};
    if (!(own_ && own_->has("protocol")) && !cluster_.has("security.protocol")) {
        add(fmt::format("the cluster's security lacks the key \"protocol\"; add one of {}",
                        fmt::join(kProtocols, ", ")));
        spec_.has_tls = tls_.has_value();  // so that what is there is checked as well
        spec_.has_sasl = sasl_.has_value();
        return;
    }
    const auto index = choice(setting, kProtocols);
    spec_.has_tls = index && (*index == 1 || *index == 3);
    spec_.has_sasl = index && *index >= 2;
}

void SecurityReader::read_tls() {
    TlsSpec& tls = spec_.tls;
    tls.ca = text_or_nothing({"tls", "ca", "ssl.ca.location"});
    tls.certificate = text_or_nothing({"tls", "certificate", "ssl.certificate.location"});
    tls.key = text_or_nothing({"tls", "key", "ssl.key.location"});
    tls.key_password = secret({"tls", "key_password", "ssl.key.password"});
    tls.verify_certificate =
        choice({"tls", "verify_certificate", "enable.ssl.certificate.verification"}, kYesNo)
            .value_or(0) == 0;
    tls.verify_hostname =
        choice({"tls", "verify_hostname", ""}, kYesNo).value_or(0) == 0 &&
        choice({"", "", "ssl.endpoint.identification.algorithm"}, kHostCheck).value_or(0) == 0;
    tls.min_version = choice({"tls", "min_version", ""}, kVersions).value_or(0) == 0
                          ? TlsVersion::tls_1_2
                          : TlsVersion::tls_1_3;
    if (tls.certificate.empty() && !tls.key.empty()) {
        add("there is a key but no certificate; add tls.certificate, or remove the key");
    }
    if (tls.key.empty()) {
        tls.key = tls.certificate;  // both in one file
    }
}

void SecurityReader::read_sasl() {
    SaslSpec& sasl = spec_.sasl;
    const Setting mechanism{"sasl", "mechanism",
                            cluster_.has("sasl.mechanisms") ? "sasl.mechanisms" : "sasl.mechanism"};
    const auto index = choice(mechanism, kMechanisms);
    sasl.username = text_or_nothing({"sasl", "username", "sasl.username"});
    sasl.password = secret({"sasl", "password", "sasl.password"});
    sasl.token = secret({"sasl", "token", ""});
    sasl.token_endpoint =
        text_or_nothing({"sasl", "token_endpoint", "sasl.oauthbearer.token.endpoint.url"});
    sasl.client_id = text_or_nothing({"sasl", "client_id", "sasl.oauthbearer.client.id"});
    sasl.client_secret = secret({"sasl", "client_secret", "sasl.oauthbearer.client.secret"});
    sasl.scope = text_or_nothing({"sasl", "scope", "sasl.oauthbearer.scope"});
    sasl.token_endpoint_ca = text_or_nothing({"sasl", "token_endpoint_ca", "https.ca.location"});
    choice({"", "", "sasl.oauthbearer.method"}, kMethods);
    if (index) {
        sasl.mechanism = static_cast<SaslMechanism>(*index);
        check_login();
    } else if (!(sasl_ && sasl_->has(mechanism.key)) && !cluster_.has(mechanism.foreign)) {
        add(fmt::format("the cluster's login lacks the key \"mechanism\"; add one of {}",
                        fmt::join(kMechanisms, ", ")));
    }
}

void SecurityReader::check_login() {
    const SaslSpec& sasl = spec_.sasl;
    if (sasl.mechanism == SaslMechanism::oauthbearer) {
        check_bearer();
    } else if (sasl.username.empty() || sasl.password.empty()) {
        add(
            fmt::format("{} needs a username and a password; add both, for example password: "
                        "\"${{env:KAFKA_PASSWORD}}\" or \"${{file:/run/secrets/kafka}}\"",
                        to_string(sasl.mechanism)));
    }
}

void SecurityReader::check_bearer() {
    const SaslSpec& sasl = spec_.sasl;
    if (sasl.token_endpoint.empty() == sasl.token.empty()) {
        add("OAUTHBEARER needs either a token, or a token_endpoint to get one from; write one of "
            "the two");
    } else if (!sasl.token_endpoint.empty() &&
               (sasl.client_id.empty() || sasl.client_secret.empty())) {
        add("a token_endpoint needs client_id and client_secret; add both");
    } else if (!sasl.token_endpoint.empty() && !sasl.token_endpoint.starts_with("https://")) {
        add("the token_endpoint must begin with https://, as the secret goes there");
    }
}

/// Settings of something that the protocol leaves out.
void SecurityReader::report_unused(std::string_view section, std::string_view prefix,
                                   std::string_view advice) {
    if (own_ && own_->has(section)) {
        problems_.add(own_->at(section), fmt::format("the protocol leaves \"{}\" unused; {} "
                                                     "as protocol, or remove it",
                                                     section, advice));
    }
    for (const std::string_view key : kForeignKeys) {
        if (key.starts_with(prefix) && cluster_.has(key)) {
            problems_.add(cluster_.at(key), fmt::format("the protocol leaves \"{}\" unused; {} as "
                                                        "protocol, or remove it",
                                                        key, advice));
        }
    }
}

}  // namespace

Words foreign_security_keys() {
    return kForeignKeys;
}

std::vector<std::string> security_keys() {
    std::vector<std::string> paths;
    const auto add = [&](std::string_view section, Words keys) {
        for (const std::string_view key : keys) {
            paths.push_back(fmt::format("clusters.{}{}", section, key));
        }
    };
    add("security.", kKeys);
    add("security.tls.", kTlsKeys);
    add("security.sasl.", kSaslKeys);
    add("", kForeignKeys);
    return paths;
}

SecuritySpec read_security(YamlMap& cluster, ConfigProblems& problems) {
    return SecurityReader(cluster, problems).read();
}

}  // namespace lockstep::app

#pragma once

// How a cluster wants to be spoken to: TLS below, SASL above it. Values only.

#include "base/secret.h"

#include <string>
#include <string_view>

namespace lockstep {

enum class TlsVersion { tls_1_2, tls_1_3 };

/// Files are PEM. They are read at each connection anew where they have changed.
struct TlsSpec {
    std::string ca;           // whom to trust; "": whom the system trusts
    std::string certificate;  // our own, with what it is issued by; "": none
    std::string key;
    Secret key_password;
    bool verify_certificate = true;
    bool verify_hostname = true;
    TlsVersion min_version = TlsVersion::tls_1_2;

    bool operator==(const TlsSpec&) const = default;
};

enum class SaslMechanism { plain, scram_sha_256, scram_sha_512, oauthbearer };

/// As Kafka calls it: "SCRAM-SHA-256".
std::string_view to_string(SaslMechanism mechanism);

struct SaslSpec {
    SaslMechanism mechanism = SaslMechanism::plain;
    std::string username;  // may name a secret, but is none
    Secret password;
    // OAUTHBEARER: either a token, or where to get one with the grant client_credentials.
    Secret token;
    std::string token_endpoint;
    std::string client_id;
    Secret client_secret;
    std::string scope;
    std::string token_endpoint_ca;  // PEM; "": whom the system trusts

    bool operator==(const SaslSpec&) const = default;
};

struct SecuritySpec {
    bool has_tls = false;
    TlsSpec tls;
    bool has_sasl = false;
    SaslSpec sasl;

    bool operator==(const SecuritySpec&) const = default;
};

}  // namespace lockstep

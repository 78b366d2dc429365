#include "sandbox/scram_exchange.h"

#include "base/base64.h"
#include "base/text.h"

#include <fmt/core.h>

namespace lockstep::sandbox {

namespace {

constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// "=2C" and "=3D" stand for ',' and '='. Nothing where there is another '='.
std::optional<std::string> decode_name(std::string_view text) {
    std::string name;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '=') {
            name += text[i];
            continue;
        }
        const std::string_view escape = text.substr(i, 3);
        if (escape != "=2C" && escape != "=3D") {
            return std::nullopt;
        }
        name += escape == "=2C" ? ',' : '=';
        i += 2;
    }
    return name;
}

/// The value of "x=value"; nothing for another letter.
std::optional<std::string_view> attribute(std::string_view part, char letter) {
    const bool is_it = part.size() >= 2 && part[0] == letter && part[1] == '=';
    return is_it ? std::optional(part.substr(2)) : std::nullopt;
}

std::string make_nonce(Rng& rng) {
    std::string nonce;
    for (int i = 0; i < 24; ++i) {
        nonce += kLetters[static_cast<size_t>(rng.below(62))];
    }
    return nonce;
}

Bytes exclusive_or(ByteView left, ByteView right) {
    Bytes result(left.begin(), left.end());
    for (size_t i = 0; i < result.size(); ++i) {
        result[i] ^= right[i];
    }
    return result;
}

SaslStep malformed() {
    return SaslStep::failure("The SCRAM message is malformed.");
}

SaslStep wrong_credentials(ScramMechanism mechanism) {
    return SaslStep::failure(
        fmt::format("Authentication failed: invalid credentials with {}.", to_string(mechanism)));
}

}  // namespace

SaslStep ScramExchange::step(ByteView token) {
    return is_first_ ? take_first(as_text(token)) : take_final(as_text(token));
}

SaslStep ScramExchange::take_first(std::string_view message) {
    const auto parts = split(message, ',');
    if (parts.size() < 4 || parts[0] != "n") {
        return malformed();
    }
    const auto name = attribute(parts[2], 'n');
    const auto nonce = attribute(parts[3], 'r');
    const auto user = name ? decode_name(*name) : std::nullopt;
    if (!user || user->empty() || !nonce || nonce->empty()) {
        return malformed();
    }
    const auto identity = attribute(parts[1], 'a');  // which brokers do not decode
    if (!parts[1].empty() && (!identity || *identity != *user)) {
        return SaslStep::failure("A client may not act as somebody else.");
    }
    const ScramCredential* credential = users_.find_scram(*user, mechanism_);
    if (credential == nullptr) {
        return wrong_credentials(mechanism_);
    }
    credential_ = *credential;
    user_ = *user;
    const size_t header_bytes = parts[0].size() + parts[1].size() + 2;
    nonce_ = std::string(*nonce) + make_nonce(rng_);
    const std::string answer = fmt::format("r={},s={},i={}", nonce_,
                                           encode_base64(credential_.salt), credential_.iterations);
    first_messages_ = fmt::format("{},{}", message.substr(header_bytes), answer);
    is_first_ = false;
    return {SaslStep::State::continues, Bytes(answer.begin(), answer.end()), {}, {}};
}

SaslStep ScramExchange::take_final(std::string_view message) {
    const size_t proof_at = message.rfind(",p=");
    const auto parts = split(message, ',');
    if (proof_at == std::string_view::npos || parts.size() < 3) {
        return malformed();
    }
    const auto binding = attribute(parts[0], 'c');  // which brokers do not compare
    const auto nonce = attribute(parts[1], 'r');
    const auto proof = decode_base64(message.substr(proof_at + 3));
    if (!binding || !nonce || !proof) {
        return malformed();
    }
    const runtime::DigestKind kind = digest_of(mechanism_);
    const std::string everything =
        fmt::format("{},{}", first_messages_, message.substr(0, proof_at));
    const Bytes signature = runtime::hmac(kind, credential_.stored_key, as_bytes(everything));
    const bool is_same_talk = *nonce == nonce_;
    const bool is_proof =
        proof->size() == signature.size() &&
        runtime::digest(kind, exclusive_or(*proof, signature)) == credential_.stored_key;
    if (!is_same_talk || !is_proof) {
        return wrong_credentials(mechanism_);
    }
    const std::string answer =
        "v=" + encode_base64(runtime::hmac(kind, credential_.server_key, as_bytes(everything)));
    return {SaslStep::State::done, Bytes(answer.begin(), answer.end()), user_, {}};
}

}  // namespace lockstep::sandbox

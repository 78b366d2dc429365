#include "client/scram.h"

#include "base/base64.h"
#include "base/text.h"

#include <fmt/core.h>

#include <charconv>

namespace lockstep::client {
namespace {

// The fewest that RFC 7677 and Kafka allow, and more than anybody sets: a broker that is none must
// not learn a password cheaply, nor keep us busy for minutes.
constexpr int kFewestIterations = 4096;
constexpr int kMostIterations = 1'000'000;

/// RFC 5802: ',' and '=' are "=2C" and "=3D" in a name.
std::string encode_name(std::string_view name) {
    std::string text;
    for (const char letter : name) {
        if (letter == ',') {
            text += "=2C";
        } else if (letter == '=') {
            text += "=3D";
        } else {
            text += letter;
        }
    }
    return text;
}

/// The value of "x=value" among the parts of a message; "" where there is none.
std::string_view attribute(const std::vector<std::string_view>& parts, size_t index, char letter) {
    if (index >= parts.size() || parts[index].size() < 2 || parts[index][0] != letter ||
        parts[index][1] != '=') {
        return "";
    }
    return parts[index].substr(2);
}

Error malformed(std::string_view what) {
    return Error(Errc::malformed, fmt::format("the broker's SCRAM message {}", what));
}

Bytes bytes_of(std::string_view text) {
    return {text.begin(), text.end()};
}

}  // namespace

std::string ScramExchange::first_without_header() const {
    return fmt::format("n={},r={}", encode_name(login_.username), login_.nonce);
}

Bytes ScramExchange::first() {
    return bytes_of("n,," + first_without_header());
}

Result<std::optional<Bytes>> ScramExchange::next(ByteView challenge) {
    if (has_proved_) {
        LS_CHECK(check_final(as_text(challenge)));
        return std::optional<Bytes>();
    }
    LS_TRY(answer, answer_first(as_text(challenge)));
    has_proved_ = true;
    return std::optional<Bytes>(std::move(answer));
}

Result<Bytes> ScramExchange::answer_first(std::string_view message) {
    const auto parts = split(message, ',');
    const std::string_view nonce = attribute(parts, 0, 'r');
    const auto salt = decode_base64(attribute(parts, 1, 's'));
    const std::string_view count = attribute(parts, 2, 'i');
    if (nonce.size() <= login_.nonce.size() || !nonce.starts_with(login_.nonce)) {
        return malformed("does not continue our nonce: this is not an answer to us");
    }
    if (!salt || salt->empty()) {
        return malformed("has no salt");
    }
    int iterations = 0;
    std::from_chars(count.data(), count.data() + count.size(), iterations);
    if (iterations < kFewestIterations || iterations > kMostIterations) {
        return malformed(fmt::format("asks for {} iterations, not {} to {}", iterations,
                                     kFewestIterations, kMostIterations));
    }
    const Bytes salted =
        runtime::salted_password(kind_, as_bytes(login_.password), *salt, iterations);
    const std::string without_proof = fmt::format("c=biws,r={}", nonce);
    const std::string everything =
        fmt::format("{},{},{}", first_without_header(), message, without_proof);
    const Bytes client_key = runtime::hmac(kind_, salted, as_bytes("Client Key"));
    const Bytes signature =
        runtime::hmac(kind_, runtime::digest(kind_, client_key), as_bytes(everything));
    Bytes proof = client_key;
    for (size_t i = 0; i < proof.size(); ++i) {
        proof[i] ^= signature[i];
    }
    const Bytes server_key = runtime::hmac(kind_, salted, as_bytes("Server Key"));
    server_signature_ = runtime::hmac(kind_, server_key, as_bytes(everything));
    return bytes_of(without_proof + ",p=" + encode_base64(proof));
}

Result<void> ScramExchange::check_final(std::string_view message) const {
    const auto parts = split(message, ',');
    const std::string_view refusal = attribute(parts, 0, 'e');
    if (!refusal.empty()) {
        return Error(Errc::invalid_argument, fmt::format("the broker says \"{}\"", refusal));
    }
    const auto signature = decode_base64(attribute(parts, 0, 'v'));
    if (!signature || *signature != server_signature_) {
        return Error(Errc::invalid_argument,
                     "the broker's proof is wrong: it does not know the password, and may be "
                     "somebody else");
    }
    return {};
}

}  // namespace lockstep::client

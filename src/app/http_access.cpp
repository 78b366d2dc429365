#include "app/http_access.h"

#include "app/http_error.h"
#include "runtime/digest.h"

#include <fmt/core.h>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

namespace lockstep::app {
namespace {

constexpr std::string_view kScheme = "bearer ";

/// The token of "Bearer TOKEN"; "" where there is none.
std::string_view token_of(std::string_view authorization) {
    if (authorization.size() <= kScheme.size()) {
        return "";
    }
    for (size_t i = 0; i < kScheme.size(); ++i) {
        if (std::tolower(static_cast<unsigned char>(authorization[i])) != kScheme[i]) {
            return "";
        }
    }
    return authorization.substr(kScheme.size());
}

/// Digests are compared, so that the time it takes tells nothing about a token.
bool is_same(std::string_view left, std::string_view right) {
    const auto kind = runtime::DigestKind::sha_256;
    return runtime::digest(kind, as_bytes(left)) == runtime::digest(kind, as_bytes(right));
}

/// The host of "host", "host:7878", "[::1]" or "[::1]:7878"; "" of anything else.
std::string host_of(std::string_view header) {
    const bool is_bracketed = header.starts_with('[');
    const size_t end = is_bracketed ? header.find(']') : header.find(':');
    if (is_bracketed && end == std::string_view::npos) {
        return "";
    }
    std::string_view port = header.substr(std::min(end + (is_bracketed ? 1 : 0), header.size()));
    if (port.starts_with(':')) {
        port.remove_prefix(1);
    } else if (!port.empty()) {
        return "";
    }
    const bool is_number = std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
    return is_number ? std::string(header.substr(is_bracketed ? 1 : 0, end - is_bracketed)) : "";
}

}  // namespace

bool is_loopback(const std::string& host) {
    constexpr std::string_view kName = "localhost";
    const bool is_name = std::ranges::equal(
        host, kName, [](unsigned char left, char right) { return std::tolower(left) == right; });
    std::array<unsigned char, 4> short_address{};
    if (inet_pton(AF_INET, host.c_str(), short_address.data()) == 1) {
        return short_address[0] == 127;
    }
    in6_addr address{};
    const bool is_address = inet_pton(AF_INET6, host.c_str(), &address) == 1;
    return is_name || (is_address && std::memcmp(&address, &in6addr_loopback, sizeof address) == 0);
}

Admission HttpAccess::admit(const runtime::HttpRequest& request) const {
    if (request.path == "/healthz") {
        return {std::nullopt, "", Audience::strangers};
    }
    if (tokens_.empty()) {
        return {refuse_name(request), "", Audience::known};
    }
    const HttpToken* who = find(token_of(request.authorization));
    if (who == nullptr && request.path == "/readyz") {
        return {std::nullopt, "", Audience::strangers};
    }
    if (who == nullptr) {
        return {http_error(401, request.path,
                           "This needs the header \"Authorization: Bearer TOKEN\" with a token of "
                           "http.tokens."),
                "", Audience::strangers};
    }
    const bool only_reads = request.method == "GET" || request.method == "HEAD";
    if (!only_reads && who->role != HttpRole::operate) {
        return {http_error(
                    403, request.path,
                    fmt::format("\"{}\" may view only; this needs a token whose role is operate.",
                                who->name)),
                who->name, Audience::known};
    }
    return {std::nullopt, who->name, Audience::known};
}

/// HTTP/1.0 knows no header Host; browsers do not speak that.
std::optional<runtime::HttpResponse> HttpAccess::refuse_name(
    const runtime::HttpRequest& request) const {
    if (!is_for_this_machine_ || request.host.empty() || is_loopback(host_of(request.host))) {
        return std::nullopt;
    }
    return http_error(
        403, request.path,
        "This listens on a loopback address and has no http.tokens, so it answers only requests "
        "for localhost, 127.0.0.1 or [::1], not for another name: no web page can then use it "
        "through its visitor's browser. Ask for localhost, or set http.tokens.");
}

const HttpToken* HttpAccess::find(std::string_view given) const {
    for (const HttpToken& candidate : tokens_) {
        const auto token = resolve_(candidate.token.reveal());
        if (token.has_value() && !token->empty() && is_same(*token, given)) {
            return &candidate;
        }
    }
    return nullptr;
}

Result<void> HttpAccess::check() const {
    for (const HttpToken& candidate : tokens_) {
        auto token = resolve_(candidate.token.reveal());
        const std::string where = fmt::format("http.tokens, \"{}\"", candidate.name);
        if (token.has_error()) {
            return std::move(token).error().within(where);
        }
        if (token->empty()) {
            return Error(Errc::invalid_argument, where + ": the token is empty");
        }
    }
    return {};
}

}  // namespace lockstep::app

#include "client/token_source.h"

#include "base/base64.h"
#include "runtime/http_call.h"
#include "runtime/secret_source.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

namespace lockstep::client {

using runtime::Task;
using runtime::Wake;

namespace {

constexpr double kLongestLife = 365.0 * 24 * 3600;
constexpr std::chrono::seconds kAssumedLife{60};  // of a token that does not say
constexpr BackoffPace kPauses{std::chrono::seconds(1), std::chrono::seconds(10)};

runtime::TlsOptions trusting(const std::string& ca) {
    runtime::TlsOptions options;
    options.ca_file = ca;
    return options;
}

/// RFC 3986: what has no meaning in a form stays, the rest is "%XX".
std::string form_encoded(std::string_view text) {
    std::string encoded;
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        const bool is_plain = std::isalnum(byte) != 0 || letter == '-' || letter == '.' ||
                              letter == '_' || letter == '~';
        encoded += is_plain ? std::string(1, letter) : fmt::format("%{:02X}", byte);
    }
    return encoded;
}

std::string text_of(const nlohmann::json& answer, const char* key) {
    const auto found = answer.find(key);
    return found != answer.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

std::string token_request_body(const std::string& scope) {
    std::string body = "grant_type=client_credentials";
    if (!scope.empty()) {
        body += "&scope=" + form_encoded(scope);
    }
    return body;
}

Result<GrantedToken> parse_token_answer(int status, const std::string& body) {
    const auto answer = nlohmann::json::parse(body, nullptr, false);
    const bool is_map = answer.is_object();
    if (status != 200) {
        const std::string reason = is_map ? text_of(answer, "error") : "";
        const std::string more = is_map ? text_of(answer, "error_description") : "";
        return Error(Errc::invalid_argument,
                     fmt::format("the token endpoint answers {} ({}{}{})", status,
                                 reason.empty() ? "no reason given" : reason,
                                 more.empty() ? "" : ": ", more));
    }
    GrantedToken granted;
    granted.token = is_map ? text_of(answer, "access_token") : "";
    if (granted.token.empty()) {
        return Error(Errc::malformed, "the token endpoint's answer has no access_token");
    }
    const auto lasts = answer.find("expires_in");
    if (lasts != answer.end() && lasts->is_number()) {
        const double seconds = std::clamp(lasts->get<double>(), 0.0, kLongestLife);
        granted.lasts = std::chrono::seconds(static_cast<int64_t>(seconds));
    }
    return granted;
}

TokenSource::TokenSource(runtime::Runtime& runtime, SaslSpec spec)
    : runtime_(runtime),
      spec_(std::move(spec)),
      tls_(trusting(spec_.token_endpoint_ca)),
      pause_(kPauses),
      fetched_(runtime.loop) {}

Task<Result<std::string>> TokenSource::token(runtime::TimePoint deadline) {
    while (is_fetching_) {
        const Wake wake = co_await fetched_.wait(deadline);
        if (wake == Wake::timeout) {
            co_return Error(Errc::timeout, "wait for a token of " + spec_.token_endpoint);
        }
    }
    if (!token_.empty() && runtime_.loop.now() < fresh_until_) {
        co_return token_;
    }
    is_fetching_ = true;
    auto granted = co_await fetch(deadline);
    is_fetching_ = false;
    fetched_.notify_all();
    if (granted.has_error()) {
        co_return std::move(granted).error().within("get a token for client \"" + spec_.client_id +
                                                    "\"");
    }
    keep(std::move(*granted));
    co_return token_;
}

void TokenSource::keep(GrantedToken granted) {
    const auto now = runtime_.loop.now();
    if (now - fetched_at_ > 2 * kPauses.longest) {
        pause_.reset();  // the former one was of use for a while
    }
    token_ = std::move(granted.token);
    const auto lasts = granted.lasts.count() > 0 ? granted.lasts : kAssumedLife;
    fresh_until_ = now + lasts * 4 / 5;
    fetched_at_ = now;
    may_ask_at_ = now + pause_.next(runtime_.rng);
}

/// Many connections may have shown it. Until the pause is over they show it again, so that what
/// they say of it stays true.
void TokenSource::on_refused(std::string_view token) {
    if (token == token_) {
        fresh_until_ = std::min(fresh_until_, may_ask_at_);
    }
}

Task<Result<GrantedToken>> TokenSource::fetch(runtime::TimePoint deadline) {
    LS_CO_TRY(id, runtime::resolve_references(spec_.client_id));
    LS_CO_TRY(secret, runtime::resolve_references(spec_.client_secret.reveal()));
    runtime::HttpCall call;
    call.url = spec_.token_endpoint;
    call.authorization =
        "Basic " + encode_base64(as_bytes(form_encoded(id) + ":" + form_encoded(secret)));
    call.content_type = "application/x-www-form-urlencoded";
    call.body = token_request_body(spec_.scope);
    call.tls = &tls_;
    auto called =
        co_await runtime::http_exchange(runtime_.loop, runtime_.network, std::move(call), deadline);
    LS_CO_TRY(response, std::move(called));
    co_return parse_token_answer(response.status, response.body);
}

}  // namespace lockstep::client

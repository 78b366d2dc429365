#include "app/rest_client.h"

#include "app/api_call.h"
#include "app/exit_code.h"
#include "app/text_layout.h"

#include <fmt/core.h>

#include <cstdio>
#include <nlohmann/json.hpp>

namespace lockstep::app {
namespace {

constexpr std::chrono::milliseconds kPatience{10000};

RestFailure failure_of(const Error& problem) {
    if (problem.is(Errc::invalid_argument)) {
        return {kExitUsage, problem.message() + "; write --url http://HOST:PORT"};
    }
    if (problem.is(Errc::tls)) {
        return {kExitFailure, fmt::format("{}; set {} to a PEM file of whom to trust",
                                          problem.message(), kCaVariable)};
    }
    if (problem.is(Errc::malformed)) {
        return {kExitFailure, problem.message() +
                                  "; is that a Lockstep? Set --url to the address of its "
                                  "http.listen"};
    }
    return {kExitTrouble, problem.message() +
                              "; is Lockstep running, and is this its http.listen? Set --url if "
                              "it is not"};
}

/// What the API says of a request that it does not take; "" where the body is not the API's.
std::string error_in(const std::string& body) {
    const auto json = nlohmann::json::parse(body, nullptr, false);
    return json.is_object() && json.contains("error") && json["error"].is_string()
               ? printable(json["error"].get<std::string>())
               : "";
}

}  // namespace

std::string api_url(const std::string& given, const std::string& page) {
    std::string url = given.find("://") == std::string::npos ? "http://" + given : given;
    while (url.ends_with("/")) {
        url.pop_back();
    }
    return url + page;
}

std::string query_value(const std::string& text) {
    std::string result;
    for (const char c : text) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
        result +=
            is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return result;
}

std::variant<std::string, RestFailure> ask(const std::string& url, const std::string& json) {
    auto response = call_lockstep(url, json, kPatience);
    if (response.has_error()) {
        return failure_of(response.error());
    }
    if (response->status == 200) {
        return std::move(response->body);
    }
    const std::string error = error_in(response->body);
    if (response->status == 401 || (response->status == 403 && error.empty())) {
        return RestFailure{kExitFailure,
                           fmt::format("{} wants a token; set {} to one of its http.tokens that "
                                       "may do that",
                                       url, kTokenVariable)};
    }
    if (!error.empty()) {
        const bool is_wrong_request = response->status == 400 || response->status == 404;
        return RestFailure{is_wrong_request ? kExitUsage : kExitFailure, error};
    }
    return RestFailure{kExitFailure, fmt::format("{} answers with status {}; is that a Lockstep?",
                                                 url, response->status)};
}

int tell(const RestFailure& failure) {
    fmt::print(stderr, "lockstep: {}\n", failure.text);
    return failure.code;
}

}  // namespace lockstep::app

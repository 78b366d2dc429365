#pragma once

#include <string>
#include <variant>

namespace lockstep::app {

/// PURE. "10.0.0.7:7878" and "http://10.0.0.7:7878/" as the URL of a page there.
std::string api_url(const std::string& given, const std::string& page);

/// PURE. A text as the value of a parameter in a query.
std::string query_value(const std::string& text);

/// Why there is no answer: for people, with what to do; and the exit code.
struct RestFailure {
    int code = 0;
    std::string text;
};

/// The body of a page, a GET or, where there is `json`, a POST. Waits for it: for the command line.
std::variant<std::string, RestFailure> ask(const std::string& url, const std::string& json = "");

/// Prints the failure; returns its exit code.
int tell(const RestFailure& failure);

}  // namespace lockstep::app

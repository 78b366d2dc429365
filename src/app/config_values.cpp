#include "app/config_values.h"

#include <fmt/core.h>
#include <re2/re2.h>

#include <algorithm>
#include <charconv>

namespace lockstep::app {
namespace {

constexpr size_t kLongestName = 128;
constexpr size_t kLongestTopicName = 249;  // Kafka's own limit

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// The characters that Kafka allows in a topic's name.
bool is_plain(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
    });
}

bool is_ipv6_literal(std::string_view text) {
    return text.find(':') != std::string_view::npos &&
           text.find_first_not_of("0123456789abcdefABCDEF:.%") == std::string_view::npos;
}

}  // namespace

std::variant<Endpoint, std::string> parse_endpoint(std::string_view text, PortZero port_zero) {
    if (text.find("://") != std::string_view::npos) {
        return "has a scheme in front; write only HOST:PORT";
    }
    const size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || text.back() == ']') {
        return "has no port; write HOST:PORT";
    }
    std::string_view host = text.substr(0, colon);
    if (host.empty()) {
        return "has no host; write HOST:PORT";
    }
    if (host.front() == '[') {
        if (host.back() != ']' || !is_ipv6_literal(host.substr(1, host.size() - 2))) {
            return "has no IPv6 address between its brackets; write \"[ADDRESS]:PORT\"";
        }
        host = host.substr(1, host.size() - 2);
    } else if (is_ipv6_literal(host)) {
        return "is an IPv6 address without brackets; write \"[ADDRESS]:PORT\"";
    } else if (!is_plain(host)) {
        return fmt::format("has a host with characters that no host name has: \"{}\"", host);
    }
    const std::string_view port = text.substr(colon + 1);
    uint16_t number = 0;
    const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (problem != std::errc() || end != port.data() + port.size() ||
        (number == 0 && port_zero == PortZero::forbidden)) {
        return fmt::format("has the port \"{}\"; a port is a number from {} to 65535", port,
                           port_zero == PortZero::allowed ? 0 : 1);
    }
    return Endpoint{std::string(host), number};
}

std::optional<std::string> name_problem(std::string_view name) {
    if (!is_plain(name) || name.size() > kLongestName) {
        return fmt::format("is no name; use letters, digits, '.', '_' and '-', at most {} of them",
                           kLongestName);
    }
    return std::nullopt;
}

std::optional<std::string> topic_pattern_problem(const std::string& pattern) {
    if (is_plain(pattern)) {
        if (pattern.size() > kLongestTopicName) {
            return fmt::format("has {} characters; a topic's name has at most {}", pattern.size(),
                               kLongestTopicName);
        }
        return std::nullopt;
    }
    RE2::Options options;
    options.set_log_errors(false);
    const RE2 expression(pattern, options);
    if (!expression.ok()) {
        return fmt::format("is neither a topic's name nor a regular expression: {}",
                           expression.error());
    }
    return std::nullopt;
}

}  // namespace lockstep::app

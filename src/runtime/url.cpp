#include "runtime/url.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace lockstep::runtime {
namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";

}  // namespace

Result<Url> parse_url(const std::string& text) {
    const auto wrong = [&](std::string_view why) {
        return Error(Errc::invalid_argument, fmt::format("\"{}\" {}", text, why));
    };
    Url parsed;
    parsed.is_https = text.starts_with(kHttps);
    if (!parsed.is_https && !text.starts_with(kHttp)) {
        return wrong("is no URL that begins with http:// or https://");
    }
    const size_t begin = parsed.is_https ? kHttps.size() : kHttp.size();
    const size_t end = std::min(text.find_first_of("/?#", begin), text.size());
    parsed.authority = text.substr(begin, end - begin);
    const std::string target = text.substr(end, text.find('#', end) - end);
    if (!target.empty()) {
        parsed.target = target.front() == '/' ? target : "/" + target;
    }
    if (parsed.target.find_first_of(" \t\r\n") != std::string::npos ||
        parsed.authority.find_first_of(" \t\r\n@") != std::string::npos) {
        return wrong("has characters that a URL must not have here");
    }
    const size_t bracket = parsed.authority.find(']');
    const size_t colon = parsed.authority.find(':', bracket == std::string::npos ? 0 : bracket);
    parsed.host = parsed.authority.substr(0, colon);
    if (parsed.host.size() > 2 && parsed.host.front() == '[' && parsed.host.back() == ']') {
        parsed.host = parsed.host.substr(1, parsed.host.size() - 2);
    }
    if (parsed.host.empty()) {
        return wrong("has no host");
    }
    parsed.port = parsed.is_https ? 443 : 80;
    if (colon != std::string::npos) {
        const char* last = parsed.authority.data() + parsed.authority.size();
        const auto [stop, problem] =
            std::from_chars(parsed.authority.data() + colon + 1, last, parsed.port);
        if (problem != std::errc() || stop != last) {
            return wrong("has no port after its colon");
        }
    }
    return parsed;
}

}  // namespace lockstep::runtime

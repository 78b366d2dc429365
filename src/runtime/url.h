#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>

namespace lockstep::runtime {

/// PURE: "http://host:port/path?query" or the same with https, taken apart.
struct Url {
    bool is_https = false;
    std::string host;  // without the brackets of an IPv6 address
    uint16_t port = 80;
    std::string target = "/";
    std::string authority;  // for the header Host
};

/// Errc::invalid_argument for other schemes, and for names with a user or spaces in them.
Result<Url> parse_url(const std::string& text);

}  // namespace lockstep::runtime

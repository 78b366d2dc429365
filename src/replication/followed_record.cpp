#include "replication/followed_record.h"

#include "base/text.h"

#include <fmt/core.h>

#include <charconv>

namespace lockstep::replication {
namespace {

constexpr std::string_view kVersion = "1";
constexpr size_t kEscapeLength = 3;

bool is_plain(char c) {
    return static_cast<unsigned char>(c) >= ' ' && c != '\x7f' && c != '|' && c != '=' && c != '%';
}

std::string escaped(std::string_view part) {
    std::string text;
    for (const char c : part) {
        if (is_plain(c)) {
            text += c;
        } else {
            text += fmt::format("%{:02x}", static_cast<unsigned char>(c));
        }
    }
    return text;
}

std::string unescaped(std::string_view text) {
    std::string part;
    for (size_t at = 0; at < text.size(); ++at) {
        unsigned char byte = 0;
        if (text[at] == '%' && at + kEscapeLength <= text.size()) {
            const char* digits = text.data() + at + 1;
            std::from_chars(digits, digits + 2, byte, 16);
            part += static_cast<char>(byte);
            at += kEscapeLength - 1;
        } else {
            part += text[at];
        }
    }
    return part;
}

}  // namespace

std::string join_parts(const std::vector<std::string>& parts) {
    std::string text;
    for (size_t index = 0; index < parts.size(); ++index) {
        text += (index == 0 ? "" : "|") + escaped(parts[index]);
    }
    return text;
}

std::vector<std::string> split_parts(std::string_view text) {
    std::vector<std::string> parts;
    for (const std::string_view part : split(text, '|')) {
        parts.push_back(unescaped(part));
    }
    return parts;
}

std::string encode_settings(const Settings& settings) {
    std::string value(kVersion);
    for (const auto& [name, setting] : settings) {
        value += "|" + escaped(name) + "=" + escaped(setting);
    }
    return value;
}

Result<Settings> decode_settings(std::string_view value) {
    const std::vector<std::string_view> parts = split(value, '|');
    if (parts.empty() || parts.front() != kVersion) {
        return Error(Errc::unsupported,
                     fmt::format("what was remembered of settings (\"{}\") is of another version "
                                 "of Lockstep",
                                 value.substr(0, 40)));
    }
    Settings settings;
    for (size_t index = 1; index < parts.size(); ++index) {
        const size_t equals = parts[index].find('=');
        if (equals == std::string_view::npos) {
            return Error(Errc::malformed,
                         fmt::format("what was remembered of settings has a part without '=': "
                                     "\"{}\"",
                                     parts[index].substr(0, 40)));
        }
        settings[unescaped(parts[index].substr(0, equals))] =
            unescaped(parts[index].substr(equals + 1));
    }
    return settings;
}

}  // namespace lockstep::replication

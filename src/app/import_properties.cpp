#include "app/import_properties.h"

#include "base/text.h"

#include <charconv>
#include <cstdint>

namespace lockstep::app {
namespace {

constexpr std::string_view kBlanks = " \t\f";

std::string_view without_leading_blanks(std::string_view line) {
    const size_t begin = line.find_first_not_of(kBlanks);
    return begin == std::string_view::npos ? std::string_view() : line.substr(begin);
}

/// Whether a line ends in an odd number of backslashes, so that the next one belongs to it.
bool goes_on(std::string_view line) {
    const size_t last = line.find_last_not_of('\\');
    const size_t count = line.size() - (last == std::string_view::npos ? 0 : last + 1);
    return count % 2 == 1;
}

void append_utf8(std::string& text, uint32_t code) {
    if (code < 0x80) {
        text += static_cast<char>(code);
    } else if (code < 0x800) {
        text += static_cast<char>(0xC0 | code >> 6);
        text += static_cast<char>(0x80 | (code & 0x3F));
    } else {
        text += static_cast<char>(0xE0 | code >> 12);
        text += static_cast<char>(0x80 | (code >> 6 & 0x3F));
        text += static_cast<char>(0x80 | (code & 0x3F));
    }
}

/// The four digits of "\uXXXX"; -1 where they are none.
int unicode_escape(std::string_view digits) {
    uint16_t code = 0;
    const auto [end, problem] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    const bool is_one =
        digits.size() == 4 && problem == std::errc() && end == digits.data() + digits.size();
    return is_one ? code : -1;
}

std::string unescape(std::string_view text) {
    std::string plain;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            plain += text[i];
            continue;
        }
        const char escaped = text[++i];
        const int code = escaped == 'u' ? unicode_escape(text.substr(i + 1, 4)) : -1;
        if (code >= 0) {
            append_utf8(plain, static_cast<uint32_t>(code));
            i += 4;
        } else {
            switch (escaped) {
                case 't': plain += '\t'; break;
                case 'n': plain += '\n'; break;
                case 'r': plain += '\r'; break;
                case 'f': plain += '\f'; break;
                default: plain += escaped; break;
            }
        }
    }
    return plain;
}

ForeignSetting parse_line(std::string_view line, int number) {
    size_t end = 0;  // of the key
    while (end < line.size() && std::string_view("=: \t\f").find(line[end]) == std::string::npos) {
        end += line[end] == '\\' ? 2 : 1;
    }
    end = std::min(end, line.size());
    std::string_view value = without_leading_blanks(line.substr(end));
    if (!value.empty() && (value.front() == '=' || value.front() == ':')) {
        value = without_leading_blanks(value.substr(1));
    }
    ForeignSetting setting;
    setting.key = unescape(line.substr(0, end));
    setting.value = trim(unescape(value));
    setting.line = number;
    return setting;
}

}  // namespace

std::vector<ForeignSetting> parse_properties(std::string_view text) {
    std::vector<ForeignSetting> settings;
    std::string whole;  // a line and those that it goes on in
    int number = 0;
    int first = 0;
    for (std::string_view line : split(text, '\n')) {
        ++number;
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        line = without_leading_blanks(line);
        if (whole.empty()) {
            first = number;
            if (line.empty() || line.front() == '#' || line.front() == '!') {
                continue;
            }
        }
        whole += line;
        if (goes_on(line)) {
            whole.pop_back();
            continue;
        }
        settings.push_back(parse_line(whole, first));
        whole.clear();
    }
    if (!whole.empty()) {
        settings.push_back(parse_line(whole, first));
    }
    return settings;
}

}  // namespace lockstep::app

#include "app/config_version.h"

#include "app/config.h"
#include "app/config_secrets.h"
#include "app/text_layout.h"
#include "base/text.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace lockstep::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kAround = 3;  // unchanged lines that are shown

Json json_of(const ConfigVersion& version) {
    return {{"version", version.version},
            {"applied_at_ms", version.applied_at_ms},
            {"who", version.who},
            {"note", version.note},
            {"text", version.text}};
}

std::string dump(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string time_text(int64_t ms) {
    return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC",
                       fmt::gmtime(static_cast<std::time_t>(ms / 1000)));
}

struct Line {
    char mark = ' ';
    std::string_view text;
};

/// By the longest common subsequence; configurations are short.
std::vector<Line> compare(const std::vector<std::string_view>& before,
                          const std::vector<std::string_view>& after) {
    const size_t width = after.size() + 1;
    std::vector<uint32_t> common((before.size() + 1) * width, 0);
    for (size_t i = before.size(); i-- > 0;) {
        for (size_t j = after.size(); j-- > 0;) {
            common[i * width + j] = before[i] == after[j] ? common[(i + 1) * width + j + 1] + 1
                                                          : std::max(common[(i + 1) * width + j],
                                                                     common[i * width + j + 1]);
        }
    }
    std::vector<Line> lines;
    size_t i = 0;
    size_t j = 0;
    while (i < before.size() || j < after.size()) {
        if (i < before.size() && j < after.size() && before[i] == after[j]) {
            lines.push_back({' ', before[i++]});
            ++j;
        } else if (j == after.size() || (i < before.size() && common[(i + 1) * width + j] >=
                                                                  common[i * width + j + 1])) {
            lines.push_back({'-', before[i++]});
        } else {
            lines.push_back({'+', after[j++]});
        }
    }
    return lines;
}

}  // namespace

std::string ConfigVersion::key() const {
    return fmt::format("version-{:010}", version);
}

std::string ConfigVersion::value() const {
    return dump(json_of(*this));
}

Result<ConfigVersion> ConfigVersion::parse(std::string_view value) {
    const Json json = Json::parse(value, nullptr, false);
    const auto has = [&](const char* key, auto is_right) {
        return json.contains(key) && is_right(json[key]);
    };
    const auto is_number = [](const Json& found) { return found.is_number_integer(); };
    const auto is_text = [](const Json& found) { return found.is_string(); };
    if (!json.is_object() || !has("version", is_number) || !has("applied_at_ms", is_number) ||
        !has("who", is_text) || !has("note", is_text) || !has("text", is_text) ||
        json["version"].get<int64_t>() < 1) {
        return Error(Errc::malformed, "a version of the configuration is not what Lockstep writes");
    }
    return ConfigVersion{json["version"].get<int64_t>(), json["applied_at_ms"].get<int64_t>(),
                         json["who"].get<std::string>(), json["note"].get<std::string>(),
                         json["text"].get<std::string>()};
}

std::string problem_of_version(const ConfigVersion& version) {
    const std::string name = fmt::format("version {}", version.version);
    if (const auto secrets = literal_secrets(version.text, name); !secrets.empty()) {
        return secrets.substr(0, secrets.find('\n'));
    }
    const ParsedConfig parsed = parse_config(version.text);
    return parsed.problems.empty()
               ? ""
               : fmt::format("version {} is no valid configuration for this Lockstep: {}",
                             version.version, parsed.problems.front().to_string(name));
}

std::string diff_lines(const std::string& before, const std::string& after) {
    const auto lines = compare(split(before, '\n'), split(after, '\n'));
    std::string text;
    bool is_gap = false;
    for (size_t at = 0; at < lines.size(); ++at) {
        const size_t from = at < kAround ? 0 : at - kAround;
        const size_t to = std::min(lines.size(), at + kAround + 1);
        const bool is_near = std::any_of(lines.begin() + static_cast<std::ptrdiff_t>(from),
                                         lines.begin() + static_cast<std::ptrdiff_t>(to),
                                         [](const Line& line) { return line.mark != ' '; });
        if (is_near) {
            text += is_gap && !text.empty() ? "  ...\n" : "";
            text += fmt::format("{} {}\n", lines[at].mark, printable(lines[at].text));
        }
        is_gap = !is_near;
    }
    return text;
}

std::string render_history(const std::vector<ConfigVersion>& versions) {
    std::string text = fmt::format("{:>7}  {:<23}  {}\n", "VERSION", "WHEN", "WHO");
    for (const ConfigVersion& version : versions) {
        text += fmt::format("{:>7}  {}  {}{}\n", version.version, time_text(version.applied_at_ms),
                            printable(version.who),
                            version.note.empty() ? "" : " (" + printable(version.note) + ")");
    }
    return text;
}

std::string history_json(const std::vector<ConfigVersion>& versions) {
    Json list = Json::array();
    for (const ConfigVersion& version : versions) {
        list.push_back(json_of(version));
    }
    return dump({{"versions", std::move(list)}}) + "\n";
}

std::string applied_json(int64_t version, bool is_new) {
    return dump({{"version", version}, {"is_new", is_new}}) + "\n";
}

std::string diff_json(int64_t newest, bool is_same, const std::string& lines) {
    return dump({{"newest", newest}, {"is_same", is_same}, {"diff", lines}}) + "\n";
}

}  // namespace lockstep::app

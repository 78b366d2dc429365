#include "app/config_fleet.h"

#include "base/text.h"

#include <fmt/core.h>

#include <array>
#include <chrono>

namespace lockstep::app {
namespace {

constexpr std::array<std::string_view, 2> kKeys{"session_timeout", "worker"};

constexpr KeyRule kFleet{"fleet", "a section", "{session_timeout: 6s}"};
constexpr KeyRule kSession{"session_timeout", "a duration from 1s to 1m", "6s"};
constexpr KeyRule kWorker{"worker", "a name for this process", "lockstep-1"};

constexpr std::chrono::seconds kShortestSession{1};
constexpr std::chrono::minutes kLongestSession{1};

}  // namespace

std::span<const std::string_view> fleet_keys() {
    return kKeys;
}

void read_fleet(YamlMap& top, ConfigProblems& problems, FleetSpec& fleet) {
    const auto node = top.value(kFleet);
    if (!node) {
        return;
    }
    YamlMap map(*node, "the section \"fleet\"", kKeys, problems);
    if (const auto text = map.text(kSession)) {
        const auto session = parse_duration(text->text);
        if (session.has_error() || *session < kShortestSession || *session > kLongestSession) {
            problems.add(text->at,
                         fmt::format("\"session_timeout\" must be {}, but is \"{}\"; write for "
                                     "example 6s or 20s",
                                     kSession.wants, text->text));
        } else {
            fleet.session_timeout = *session;
        }
    }
    if (const auto text = map.text(kWorker)) {
        fleet.worker = text->text;
    }
}

}  // namespace lockstep::app

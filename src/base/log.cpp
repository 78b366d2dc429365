#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <utility>

namespace lockstep::log {
namespace {

constexpr std::array<std::pair<std::string_view, Level>, 6> kWords{{{"trace", Level::trace},
                                                                    {"debug", Level::debug},
                                                                    {"info", Level::info},
                                                                    {"warn", Level::warn},
                                                                    {"error", Level::error},
                                                                    {"off", Level::off}}};

spdlog::level::level_enum spdlog_level(Level level) {
    switch (level) {
        case Level::trace: return spdlog::level::trace;
        case Level::debug: return spdlog::level::debug;
        case Level::info: return spdlog::level::info;
        case Level::warn: return spdlog::level::warn;
        case Level::error: return spdlog::level::err;
        case Level::off: return spdlog::level::off;
    }
    return spdlog::level::info;
}

spdlog::logger& logger() {
    static const auto instance = [] {
        auto created = spdlog::stderr_color_st("lockstep");
        created->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%-5l%$ %v");
        created->flush_on(spdlog::level::warn);
        return created;
    }();
    return *instance;
}

std::function<void()>& before_line() {
    static std::function<void()> action;
    return action;
}

}  // namespace

void set_level(Level level) {
    logger().set_level(spdlog_level(level));
}

Level level() {
    for (const auto& [name, value] : kWords) {
        if (logger().should_log(spdlog_level(value))) {
            return value;  // the words go from the most that is written to the least
        }
    }
    return Level::off;
}

bool enabled(Level level) {
    return logger().should_log(spdlog_level(level));
}

void set_before_line(std::function<void()> action) {
    before_line() = std::move(action);
}

void write(Level level, std::string_view line) {
    if (before_line()) {
        before_line()();
    }
    logger().log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

std::string_view to_string(Level level) {
    for (const auto& [name, value] : kWords) {
        if (value == level) {
            return name;
        }
    }
    return "info";
}

bool parse_level(std::string_view word, Level& level) {
    for (const auto& [name, value] : kWords) {
        if (name == word) {
            level = value;
            return true;
        }
    }
    return false;
}

}  // namespace lockstep::log

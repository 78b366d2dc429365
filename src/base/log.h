#pragma once

#include <fmt/core.h>

#include <functional>
#include <string_view>

namespace lockstep::log {

enum class Level { trace, debug, info, warn, error, off };

/// Everything below `level` is dropped. Lines go to standard error.
void set_level(Level level);
Level level();
bool enabled(Level level);
void write(Level level, std::string_view line);

/// Called before each line is written, on the writer's thread: whoever keeps something else on the
/// terminal takes it away first. Empty for nobody.
void set_before_line(std::function<void()> action);

/// Takes "trace", "debug", "info", "warn", "error" or "off"; false for any other word.
bool parse_level(std::string_view word, Level& level);

std::string_view to_string(Level level);

template <typename... Args>
void message(Level level, fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(level)) {
        write(level, fmt::format(format, std::forward<Args>(args)...));
    }
}

template <typename... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
    message(Level::debug, format, std::forward<Args>(args)...);
}

template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
    message(Level::info, format, std::forward<Args>(args)...);
}

template <typename... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
    message(Level::warn, format, std::forward<Args>(args)...);
}

template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
    message(Level::error, format, std::forward<Args>(args)...);
}

}  // namespace lockstep::log

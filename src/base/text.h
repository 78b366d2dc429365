#pragma once

#include "base/result.h"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep {

/// The candidate that `word` was probably meant to be, or "" where none is near.
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> candidates);

/// "1536", "64MiB", "10 MB", "1.5GiB" as bytes.
Result<int64_t> parse_byte_size(std::string_view text);

/// "500ms", "2s", "5m", "1h", "7d" as a duration.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// 1536 as "1.5 KiB", for people.
std::string format_bytes(double bytes);

/// 1234567 as "1,234,567", for people.
std::string format_count(int64_t count);

/// 95 s as "1m35s", for people.
std::string format_duration(std::chrono::seconds duration);

/// "2026-11-29T12:00:00Z".
std::string format_utc(int64_t ms_since_1970);

std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);

}  // namespace lockstep

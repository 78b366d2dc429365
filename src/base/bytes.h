#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace lockstep {

using Bytes = std::vector<uint8_t>;
using ByteView = std::span<const uint8_t>;
using MutableByteView = std::span<uint8_t>;

static_assert(std::endian::native == std::endian::little, "big-endian hosts need other loads");

inline uint16_t byte_swap(uint16_t value) {
    return __builtin_bswap16(value);
}
inline uint32_t byte_swap(uint32_t value) {
    return __builtin_bswap32(value);
}
inline uint64_t byte_swap(uint64_t value) {
    return __builtin_bswap64(value);
}

/// Reads an integer in network order (big-endian); `from` need not be aligned.
template <typename Int>
Int load_big_endian(const uint8_t* from) {
    std::make_unsigned_t<Int> raw;
    std::memcpy(&raw, from, sizeof raw);
    if constexpr (sizeof raw > 1) {
        raw = byte_swap(raw);
    }
    return static_cast<Int>(raw);
}

/// Writes an integer in network order (big-endian); `to` need not be aligned.
template <typename Int>
void store_big_endian(uint8_t* to, Int value) {
    auto raw = static_cast<std::make_unsigned_t<Int>>(value);
    if constexpr (sizeof raw > 1) {
        raw = byte_swap(raw);
    }
    std::memcpy(to, &raw, sizeof raw);
}

inline ByteView as_bytes(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

inline std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace lockstep

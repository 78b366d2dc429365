#include "base/base64.h"

#include <algorithm>

namespace lockstep {
namespace {

constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string encode_base64(ByteView bytes) {
    std::string text;
    for (size_t i = 0; i < bytes.size(); i += 3) {
        const size_t count = std::min<size_t>(3, bytes.size() - i);
        uint32_t group = 0;
        for (size_t k = 0; k < 3; ++k) {
            group = group << 8 | (k < count ? bytes[i + k] : 0U);
        }
        for (size_t k = 0; k < 4; ++k) {
            text += k <= count ? kLetters[group >> (18 - 6 * k) & 63U] : '=';
        }
    }
    return text;
}

std::optional<Bytes> decode_base64(std::string_view text) {
    if (text.size() % 4 != 0) {
        return std::nullopt;
    }
    const size_t padding = text.ends_with("==") ? 2 : (text.ends_with("=") ? 1 : 0);
    Bytes bytes;
    uint32_t group = 0;
    for (size_t i = 0; i < text.size() - padding; ++i) {
        const size_t value = kLetters.find(text[i]);
        if (value == std::string_view::npos) {
            return std::nullopt;
        }
        group = group << 6 | static_cast<uint32_t>(value);
        if (i % 4 != 0) {
            bytes.push_back(static_cast<uint8_t>(group >> (6 - 2 * (i % 4))));
        }
    }
    return bytes;
}

}  // namespace lockstep

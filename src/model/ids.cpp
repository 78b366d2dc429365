#include "model/ids.h"

#include "base/bytes.h"

namespace lockstep {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string Uuid::to_string() const {
    std::string text;
    uint32_t window = 0;
    int bits = 0;
    for (const uint8_t byte : bytes) {
        window = window << 8 | byte;
        for (bits += 8; bits >= 6; bits -= 6) {
            text += kDigits[window >> (bits - 6) & 63];
        }
    }
    text += kDigits[window << (6 - bits) & 63];
    return text;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
    Uuid id;
    if (text.size() != (id.bytes.size() * 8 + 5) / 6) {
        return std::nullopt;
    }
    uint32_t window = 0;
    int bits = 0;
    size_t filled = 0;
    for (const char digit : text) {
        const size_t value = kDigits.find(digit);
        if (value == std::string_view::npos) {
            return std::nullopt;
        }
        window = window << 6 | static_cast<uint32_t>(value);
        bits += 6;
        if (bits >= 8 && filled < id.bytes.size()) {
            bits -= 8;
            id.bytes.at(filled++) = static_cast<uint8_t>(window >> bits);
        }
    }
    return id;
}

std::string TopicPartition::to_string() const {
    return topic + "-" + std::to_string(partition.value());
}

}  // namespace lockstep

size_t std::hash<lockstep::Uuid>::operator()(const lockstep::Uuid& id) const {
    return lockstep::load_big_endian<uint64_t>(id.bytes.data()) ^
           lockstep::load_big_endian<uint64_t>(id.bytes.data() + 8) * 0x9e3779b97f4a7c15;
}

#include "model/ids.h"

#include "base/bytes.h"

namespace lockstep {

std::string Uuid::to_string() const {
    static constexpr char kDigits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
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

std::string TopicPartition::to_string() const {
    return topic + "-" + std::to_string(partition.value());
}

}  // namespace lockstep

size_t std::hash<lockstep::Uuid>::operator()(const lockstep::Uuid& id) const {
    return lockstep::load_big_endian<uint64_t>(id.bytes.data()) ^
           lockstep::load_big_endian<uint64_t>(id.bytes.data() + 8) * 0x9e3779b97f4a7c15;
}

#include "protocol/random_filler.h"

#include "base/assert.h"

#include <array>

namespace lockstep::protocol {
namespace {

constexpr double kNullChance = 0.25;

// Above all tags that Kafka gives to fields.
constexpr uint32_t kFirstUnknownTag = 100;

constexpr auto make_record_bytes() {
    std::array<uint8_t, 200> bytes{};
    for (size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<uint8_t>(i * 7 + 3);
    }
    return bytes;
}

// What random Records point to: it lives as long as the program.
constexpr auto kRecordBytes = make_record_bytes();

}  // namespace

RandomFiller::RandomFiller(Rng& rng, MessageVersion message)
    : FieldVisitor(message.version), rng_(rng), flexible_(message.flexible) {
    LS_ASSERT(message.is_known());
}

void RandomFiller::leaf(const char*, std::optional<std::string>& value, bool nullable) {
    if (nullable && rng_.chance(kNullChance)) {
        value.reset();
    } else {
        value = text();
    }
}

void RandomFiller::leaf(const char*, Uuid& value, bool) {
    for (uint8_t& byte : value.bytes) {
        byte = static_cast<uint8_t>(rng_.next());
    }
}

void RandomFiller::leaf(const char*, Records& value, bool) {
    value.data.reset();
    if (!rng_.chance(kNullChance)) {
        value.data = ByteView(kRecordBytes).first(rng_.below(kRecordBytes.size()));
    }
}

void RandomFiller::end_struct(UnknownTags& unknown_tags) {
    if (!flexible_ || !rng_.chance(0.2)) {
        return;
    }
    uint32_t tag = kFirstUnknownTag;
    for (uint64_t count = 1 + rng_.below(2); count > 0; --count) {
        tag += 1 + static_cast<uint32_t>(rng_.below(10'000));
        unknown_tags.push_back({tag, bytes()});
    }
}

FieldVisitor::ArrayHead RandomFiller::begin_array(const char*, ArrayHead, bool nullable) {
    if (nullable && rng_.chance(kNullChance)) {
        return {false, 0};
    }
    return {true, rng_.below(4)};
}

std::string RandomFiller::text() {
    std::string text(rng_.chance(0.05) ? 200 : rng_.below(12), ' ');
    for (char& c : text) {
        c = static_cast<char>('!' + rng_.below(94));
    }
    return text;
}

Bytes RandomFiller::bytes() {
    Bytes bytes(rng_.below(20));
    for (uint8_t& byte : bytes) {
        byte = static_cast<uint8_t>(rng_.next());
    }
    return bytes;
}

}  // namespace lockstep::protocol

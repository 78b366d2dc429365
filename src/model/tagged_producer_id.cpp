#include "model/tagged_producer_id.h"

#include "base/bytes.h"

namespace lockstep {
namespace {

constexpr int64_t kTaggedBit = int64_t{1} << 62;
constexpr int kStreamBits = 40;
constexpr int64_t kStreamMask = (int64_t{1} << kStreamBits) - 1;
constexpr int64_t kMostGenerations = int64_t{1} << 20;
// Behind the generations: the first series of filler, records without their offsets, more filler.
constexpr int64_t kTranslated = 1;
constexpr int64_t kMostFillerSeries = int64_t{1} << 15;
constexpr uint32_t kOriginMask = (1U << 22) - 1;

/// FNV-1a with a final mix: stable over versions of Lockstep and of the compiler.
class StableHash {
public:
    void add(ByteView bytes) {
        for (const uint8_t byte : bytes) {
            state_ = (state_ ^ byte) * 0x100000001b3;
        }
    }

    uint64_t value() const {
        uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 33)) * 0xff51afd7ed558ccd;
        mixed = (mixed ^ (mixed >> 33)) * 0xc4ceb9fe1a85ec53;
        return mixed ^ (mixed >> 33);
    }

private:
    uint64_t state_ = 0xcbf29ce484222325;
};

}  // namespace

OriginTag origin_tag(std::string_view cluster_id) {
    StableHash hash;
    hash.add(as_bytes(cluster_id));
    return {static_cast<uint32_t>(hash.value()) & kOriginMask};
}

ProducerId tagged_producer_id(OriginTag origin, const Uuid& topic_id,
                              const TopicPartition& partition, std::string_view renamed_to) {
    StableHash hash;
    if (topic_id.is_zero()) {
        hash.add(as_bytes(partition.topic));
    } else {
        hash.add(topic_id.bytes);
    }
    uint8_t index[4];
    store_big_endian(index, partition.partition.value());
    hash.add(index);
    hash.add(as_bytes(renamed_to));
    const auto stream = static_cast<int64_t>(hash.value() >> (64 - kStreamBits));
    return ProducerId(kTaggedBit | int64_t{origin.value} << kStreamBits | stream);
}

ProducerId producer_id_of_generation(ProducerId first, int64_t generation) {
    const int64_t stream = (first.value() + generation) & kStreamMask;
    return ProducerId((first.value() & ~kStreamMask) | stream);
}

ProducerId filler_producer_id(ProducerId first, int64_t series) {
    const int64_t number = series == 0 ? 0 : kTranslated + series % kMostFillerSeries;
    return producer_id_of_generation(first, kMostGenerations + number);
}

bool is_filler_of(ProducerId id, ProducerId first) {
    const int64_t number = ((id.value() - first.value()) & kStreamMask) - kMostGenerations;
    return (id.value() & ~kStreamMask) == (first.value() & ~kStreamMask) && number >= 0 &&
           number < kTranslated + kMostFillerSeries && number != kTranslated;
}

ProducerId translated_producer_id(ProducerId first) {
    return producer_id_of_generation(first, kMostGenerations + kTranslated);
}

std::optional<int64_t> generation_of(ProducerId id, ProducerId first) {
    if ((id.value() & ~kStreamMask) != (first.value() & ~kStreamMask)) {
        return std::nullopt;
    }
    const int64_t generation = (id.value() - first.value()) & kStreamMask;
    return generation < kMostGenerations ? std::optional(generation) : std::nullopt;
}

std::optional<OriginTag> origin_of(ProducerId producer_id) {
    if (producer_id.value() < kTaggedBit) {
        return std::nullopt;
    }
    return OriginTag{static_cast<uint32_t>(producer_id.value() >> kStreamBits) & kOriginMask};
}

}  // namespace lockstep

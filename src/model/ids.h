#pragma once

#include "base/strong.h"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace lockstep {

using Offset = StrongPosition<struct OffsetTag, int64_t>;
using LeaderEpoch = Strong<struct LeaderEpochTag, int32_t>;
using PartitionIndex = Strong<struct PartitionIndexTag, int32_t>;
using BrokerId = Strong<struct BrokerIdTag, int32_t>;
using ProducerId = Strong<struct ProducerIdTag, int64_t>;
using ProducerEpoch = Strong<struct ProducerEpochTag, int16_t>;
using Sequence = Strong<struct SequenceTag, int32_t>;

/// The sequence number of a stream's record number `index`: they wrap at 2^31, as brokers count
/// (DefaultRecordBatch.incrementSequence).
constexpr Sequence sequence_at(int64_t index) {
    return Sequence(static_cast<int32_t>(index & 0x7fffffff));
}

/// Under whose name a transaction marker is written.
struct TxnMarker {
    ProducerId producer_id;
    ProducerEpoch epoch;
};

constexpr LeaderEpoch kNoLeaderEpoch{-1};
constexpr BrokerId kNoBroker{-1};

/// A topic's id (KIP-516), or all zeros where the cluster has none (IBP below 2.8).
struct Uuid {
    std::array<uint8_t, 16> bytes{};

    auto operator<=>(const Uuid&) const = default;
    bool is_zero() const { return *this == Uuid{}; }

    /// Kafka's notation: URL-safe base64 without padding, 22 characters.
    std::string to_string() const;
    static std::optional<Uuid> parse(std::string_view text);
};

struct TopicPartition {
    std::string topic;
    PartitionIndex partition;

    auto operator<=>(const TopicPartition&) const = default;

    /// "orders-3", as Kafka writes it.
    std::string to_string() const;
};

}  // namespace lockstep

template <>
struct std::hash<lockstep::Uuid> {
    size_t operator()(const lockstep::Uuid& id) const;
};

template <>
struct std::hash<lockstep::TopicPartition> {
    size_t operator()(const lockstep::TopicPartition& id) const {
        return std::hash<std::string>()(id.topic) * 31 +
               std::hash<lockstep::PartitionIndex>()(id.partition);
    }
};

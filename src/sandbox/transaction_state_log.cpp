#include "sandbox/transaction_state_log.h"

#include "base/assert.h"
#include "protocol/record_batch_builder.h"

#include <algorithm>
#include <charconv>

namespace lockstep::sandbox {

using protocol::Lengths;
using protocol::TransactionStatus;
using protocol::WireWriter;

namespace {

constexpr int16_t kNewestProduceVersion = 13;
constexpr uint32_t kPreviousProducerIdTag = 0;
constexpr uint32_t kNextProducerIdTag = 1;
constexpr uint32_t kTransactionVersionTag = 2;

Bytes key_of(const std::string& transactional_id) {
    WireWriter key;
    key.put_int16(0);
    key.put_string(transactional_id, Lengths::fixed);
    return key.flatten();
}

void put_partitions(const TransactionEntry& entry, Lengths lengths, WireWriter& value) {
    if (entry.status == TransactionStatus::empty) {
        value.put_array_count(std::nullopt, lengths);
        return;
    }
    std::map<std::string, std::vector<int32_t>> topics;
    for (const TopicPartition& partition : entry.partitions) {
        topics[partition.topic].push_back(partition.partition.value());
    }
    value.put_array_count(topics.size(), lengths);
    for (const auto& [topic, indexes] : topics) {
        value.put_string(topic, lengths);
        value.put_array_count(indexes.size(), lengths);
        for (const int32_t index : indexes) {
            value.put_int32(index);
        }
        if (lengths == Lengths::compact) {
            value.put_unsigned_varint(0);
        }
    }
}

/// Only what is not its default is written.
void put_tags(const TransactionEntry& entry, WireWriter& value) {
    const bool has_previous = entry.previous_id.value() >= 0;
    const bool has_next = entry.next_id.value() >= 0;
    const bool has_version = entry.transaction_version != 0;
    value.put_unsigned_varint((has_previous ? 1U : 0U) + (has_next ? 1U : 0U) +
                              (has_version ? 1U : 0U));
    if (has_previous) {
        value.put_unsigned_varint(kPreviousProducerIdTag);
        value.put_unsigned_varint(sizeof(int64_t));
        value.put_int64(entry.previous_id.value());
    }
    if (has_next) {
        value.put_unsigned_varint(kNextProducerIdTag);
        value.put_unsigned_varint(sizeof(int64_t));
        value.put_int64(entry.next_id.value());
    }
    if (has_version) {
        value.put_unsigned_varint(kTransactionVersionTag);
        value.put_unsigned_varint(sizeof(int16_t));
        value.put_int16(entry.transaction_version);
    }
}

/// Version 1 has tagged fields; brokers write it once transaction.version is 1 or above.
Bytes value_of(const TransactionEntry& entry, KafkaVersion version) {
    const bool is_tagged = version == KafkaVersion::v4_3;
    const Lengths lengths = is_tagged ? Lengths::compact : Lengths::fixed;
    WireWriter value;
    value.put_int16(is_tagged ? 1 : 0);
    value.put_int64(entry.producer.id.value());
    value.put_int16(entry.producer.epoch.value());
    value.put_int32(entry.timeout_ms);
    value.put_int8(static_cast<int8_t>(entry.status));
    put_partitions(entry, lengths, value);
    value.put_int64(entry.updated_ms);
    value.put_int64(entry.started_ms);
    if (is_tagged) {
        put_tags(entry, value);
    }
    return value.flatten();
}

}  // namespace

int32_t partition_for(std::string_view key, int32_t partitions) {
    uint32_t hash = 0;
    for (const char letter : key) {
        hash = hash * 31 + static_cast<uint8_t>(letter);
    }
    const auto number = int64_t{static_cast<int32_t>(hash)};
    const int64_t positive = number == INT32_MIN ? 0 : std::abs(number);
    return static_cast<int32_t>(positive % partitions);
}

int64_t broker_number(const Cluster& cluster, const std::string& key, int64_t fallback) {
    const std::string text = cluster.broker_config(key);
    int64_t value = fallback;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

void TransactionStateLog::write(const std::string& transactional_id,
                                const TransactionEntry& entry) {
    save(transactional_id);
    const Bytes value = value_of(entry, cluster_.options().version);
    append(transactional_id, value);
}

void TransactionStateLog::forget(const std::string& transactional_id) {
    save(transactional_id);
    append(transactional_id, std::nullopt);
}

void TransactionStateLog::write_missing(const std::map<std::string, TransactionEntry>& entries) {
    const std::set<std::string> missing = std::move(missing_);
    missing_.clear();
    for (const std::string& transactional_id : missing) {
        const auto found = entries.find(transactional_id);
        if (found == entries.end()) {
            forget(transactional_id);
        } else {
            write(transactional_id, found->second);
        }
    }
}

/// Before the record, so that nobody reads of what is not so after a crash. Where it cannot be
/// saved, the cluster tries again before anybody is answered.
void TransactionStateLog::save(const std::string& transactional_id) {
    if (Unsaved* unsaved = cluster_.unsaved()) {
        unsaved->transactions.insert(transactional_id);
        static_cast<void>(cluster_.save());
    }
}

int32_t TransactionStateLog::epoch_of(const std::string& transactional_id) {
    return partition_of(transactional_id)->log.epoch().value();
}

std::shared_ptr<Partition> TransactionStateLog::partition_of(const std::string& transactional_id) {
    auto topic = cluster_.find_topic(protocol::kTransactionLogTopic);
    if (!topic) {
        const int64_t count = broker_number(cluster_, "transaction.state.log.num.partitions", 50);
        const int64_t replicas = std::min<int64_t>(
            broker_number(cluster_, "transaction.state.log.replication.factor", 3),
            static_cast<int64_t>(cluster_.brokers().size()));
        Topic& created =
            cluster_.create_topic(protocol::kTransactionLogTopic, static_cast<int32_t>(count),
                                  static_cast<int32_t>(replicas));
        created.config = {{"cleanup.policy", "compact"},
                          {"compression.type", "uncompressed"},
                          {"segment.bytes", "104857600"},
                          {"unclean.leader.election.enable", "false"}};
        cluster_.apply_config(created);
        topic = cluster_.find_topic(protocol::kTransactionLogTopic);
    }
    const auto count = static_cast<int32_t>(topic->partitions.size());
    return topic->partitions[static_cast<size_t>(partition_for(transactional_id, count))];
}

void TransactionStateLog::append(const std::string& transactional_id,
                                 std::optional<ByteView> value) {
    const Bytes key = key_of(transactional_id);
    protocol::RecordBatchBuilder builder({});
    builder.add(cluster_.now_ms(), {.key = key, .value = value});
    const auto batch = builder.build();
    LS_ASSERT(batch.has_value());
    PartitionLog& log = partition_of(transactional_id)->log;
    const LogConfig& config = cluster_.find_topic(protocol::kTransactionLogTopic)->log_config;
    const Appended appended = log.append(*batch, config, cluster_.now_ms(), kNewestProduceVersion);
    if (appended.refusal.is_refused()) {
        missing_.insert(transactional_id);  // the disk is full, or max.message.bytes too small
    }
}

}  // namespace lockstep::sandbox

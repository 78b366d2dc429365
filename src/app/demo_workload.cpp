#include "app/demo_workload.h"

#include "base/assert.h"
#include "protocol/record_batch_builder.h"
#include "sandbox/group_coordinator.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace lockstep::app {
namespace {

constexpr const char* kOrders = "orders";
constexpr const char* kPayments = "payments";
constexpr const char* kCustomers = "customers";

constexpr int16_t kProduceVersion = 9;
constexpr int64_t kFirstProducer = 5'000'000;  // far from those that brokers hand out
constexpr int kTransactions = 3;               // at a time
constexpr int kMostOfBatch = 50;
constexpr uint64_t kCustomerCount = 200;
constexpr const char* kRetentionBytes = "33554432";  // of a partition: a demo may run for long

int32_t partitions_of(const std::string& topic) {
    return topic == kOrders ? 3 : (topic == kPayments ? 2 : 1);
}

}  // namespace

const std::vector<std::string>& DemoWorkload::topics() {
    static const std::vector<std::string> all{kOrders, kPayments, kCustomers};
    return all;
}

void DemoWorkload::begin() {
    for (const std::string& topic : topics()) {
        create_topic(topic);
    }
    for (int i = 0; i < kTransactions; ++i) {
        transactions_.push_back({ProducerId(kFirstProducer + i), ProducerEpoch(0), {}, {}});
    }
}

void DemoWorkload::create_topic(const std::string& name) {
    if (cluster_.find_topic(name)) {
        return;
    }
    const auto brokers = static_cast<int32_t>(cluster_.brokers().size());
    sandbox::Topic& topic = cluster_.create_topic(name, partitions_of(name), brokers);
    topic.config["retention.bytes"] = kRetentionBytes;
    if (name == kCustomers) {
        topic.config["cleanup.policy"] = "compact";
    }
    cluster_.apply_config(topic);
    cluster_.note_log_change();
}

void DemoWorkload::write_until(double seconds) {
    const auto due = static_cast<int64_t>(seconds * records_per_second_);
    while (written_ < due) {
        const auto most = static_cast<uint64_t>(std::min<int64_t>(kMostOfBatch, due - written_));
        const auto count = static_cast<int32_t>(1 + rng_.below(most));
        written_ += count;
        const uint64_t draw = rng_.below(10);
        if (draw < 5) {
            write_batch(kOrders, count, nullptr);
        } else if (draw < 7) {
            write_batch(kCustomers, count, nullptr);
        } else {
            Transaction& transaction = transactions_[rng_.below(transactions_.size())];
            write_batch(kPayments, count, &transaction);
            if (rng_.chance(0.3)) {
                end_transaction(transaction, rng_.chance(0.8));
            }
        }
    }
}

void DemoWorkload::write_batch(const std::string& topic, int32_t count, Transaction* transaction) {
    const auto found = cluster_.find_topic(topic);
    if (!found) {
        return;
    }
    const auto partition = found->partitions[rng_.below(found->partitions.size())];
    if (partition->leader == kNoBroker) {
        return;  // a producer would wait
    }
    const TopicPartition id{topic, partition->index};
    protocol::BatchOptions options;
    if (transaction != nullptr) {
        options.attributes = protocol::batch_attribute::kTransactional;
        options.producer_id = transaction->producer_id;
        options.producer_epoch = transaction->epoch;
        options.base_sequence = sequence_at(transaction->sequences[id]);
        transaction->sequences[id] += count;
    }
    protocol::RecordBatchBuilder builder(options);
    for (int32_t i = 0; i < count; ++i) {
        const std::string key =
            fmt::format("{}-customer-{}", cluster_.options().name, rng_.below(kCustomerCount));
        const std::string value = next_value(topic, key);
        builder.add(cluster_.now_ms(), {.key = as_bytes(key), .value = as_bytes(value)});
    }
    const auto batch = builder.build();
    LS_ASSERT(batch.has_value());
    const sandbox::Appended appended =
        partition->log.append(*batch, found->log_config, cluster_.now_ms(), kProduceVersion);
    if (transaction != nullptr) {
        if (appended.refusal.is_refused()) {
            // The log is not what it was (a topic made anew, records lost): as clients do, go on
            // with a new epoch.
            end_transaction(*transaction, false);
            transaction->epoch =
                ProducerEpoch(static_cast<int16_t>(transaction->epoch.value() + 1));
            transaction->sequences.clear();
        } else if (std::ranges::find(transaction->open_in, id) == transaction->open_in.end()) {
            transaction->open_in.push_back(id);
        }
    }
    cluster_.note_log_change();
}

std::string DemoWorkload::next_value(const std::string& topic, const std::string& key) {
    return fmt::format(R"({{"topic":"{}","id":{},"customer":"{}","amount":{}.{:02}}})", topic,
                       next_id_++, key, rng_.below(500), rng_.below(100));
}

void DemoWorkload::end_transaction(Transaction& transaction, bool is_commit) {
    for (const TopicPartition& id : transaction.open_in) {
        const auto topic = cluster_.find_topic(id.topic);
        const auto partition = cluster_.find_partition(id.topic, id.partition.value());
        if (partition) {
            partition->log.append_marker({transaction.producer_id, transaction.epoch, is_commit, 0},
                                         topic->log_config, cluster_.now_ms());
        }
    }
    transaction.open_in.clear();
    cluster_.note_log_change();
}

void DemoWorkload::commit_places() {
    for (const char* topic : {kOrders, kPayments}) {
        const auto found = cluster_.find_topic(topic);
        if (!found) {
            continue;
        }
        for (const auto& partition : found->partitions) {
            sandbox::CommittedOffset place;
            place.offset = partition->log.last_stable_offset();
            place.leader_epoch = partition->log.epoch();
            place.committed_at_ms = cluster_.now_ms();
            cluster_.groups().commit(kGroup, {topic, partition->index}, std::move(place));
        }
    }
}

void DemoWorkload::compact() {
    const auto found = cluster_.find_topic(kCustomers);
    if (!found) {
        return;
    }
    for (const auto& partition : found->partitions) {
        partition->log.compact(found->log_config, cluster_.now_ms());
    }
}

void DemoWorkload::finish() {
    for (Transaction& transaction : transactions_) {
        end_transaction(transaction, true);
    }
}

}  // namespace lockstep::app

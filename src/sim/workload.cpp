#include "sim/workload.h"

#include "base/assert.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace lockstep::sim {

using protocol::Codec;
using sandbox::Partition;

namespace {

constexpr int16_t kProduceVersion = 9;
constexpr int kProducersOfTopic = 3;
constexpr int64_t kMostBelowStart = 3000;
/// Brokers forget producers of records that old, while they write.
constexpr int64_t kHistoryMs = 3 * 24 * 3'600'000LL;

}  // namespace

std::string_view to_string(TopicKind kind) {
    constexpr std::array<std::string_view, 6> kNames{"plain",      "transactional", "compacted",
                                                     "high start", "append time",   "historical"};
    return kNames[static_cast<size_t>(kind)];
}

Workload::Workload(World& world, sandbox::Cluster& source, std::vector<TopicPlan> plans)
    : world_(world), source_(source), plans_(std::move(plans)) {}

void Workload::begin() {
    for (const TopicPlan& plan : plans_) {
        const sandbox::Topic& topic = create_topic(plan);
        for (const auto& partition : topic.partitions) {
            if (plan.kind == TopicKind::high_start) {
                // Markers are the cheapest way to go on to a far offset.
                const auto count = static_cast<int64_t>(world_.rng().below(kMostBelowStart));
                for (int64_t i = 0; i < count; ++i) {
                    partition->log.append_marker({ProducerId(1), ProducerEpoch(0), true, 0},
                                                 topic.log_config, source_.now_ms());
                }
                partition->log.delete_before(partition->log.end_offset());
            }
        }
        if (plan.kind == TopicKind::transactional) {
            for (int i = 0; i < kProducersOfTopic; ++i) {
                transactions_[plan.name].push_back({ProducerId(next_producer_++), {}, {}, {}});
            }
        }
    }
}

sandbox::Topic& Workload::create_topic(const TopicPlan& plan) {
    const auto replicas = static_cast<int32_t>(source_.brokers().size());
    sandbox::Topic& topic = source_.create_topic(plan.name, plan.partitions, replicas);
    if (plan.kind == TopicKind::compacted) {
        topic.config["cleanup.policy"] = "compact";
    }
    if (plan.kind == TopicKind::append_time) {
        topic.config["message.timestamp.type"] = "LogAppendTime";
    }
    source_.apply_config(topic);
    for (const auto& partition : topic.partitions) {
        truth_[{plan.name, partition->index}];
    }
    return topic;
}

void Workload::delete_topic(const std::string& topic) {
    source_.delete_topic(topic);
    for (auto& [id, truth] : truth_) {
        if (id.topic == topic) {
            for (Writer& writer : writers_) {
                writer.sequences.erase(id);
            }
            truth.lose_from(0);
            truth.was_recreated = true;
            truth.overtaken_records = 0;
        }
    }
    for (Transaction& transaction : transactions_[topic]) {
        transaction.open_in.clear();
        transaction.sequences.clear();
    }
}

void Workload::recreate_topic(const std::string& topic) {
    const auto plan = std::ranges::find(plans_, topic, &TopicPlan::name);
    LS_ASSERT(plan != plans_.end());
    create_topic(*plan);
}

void Workload::add_partition(const std::string& topic) {
    const auto plan = std::ranges::find(plans_, topic, &TopicPlan::name);
    const auto found = source_.find_topic(topic);
    LS_ASSERT(plan != plans_.end() && found != nullptr);
    source_.add_partitions(*found, ++plan->partitions);
    truth_[{topic, found->partitions.back()->index}];
}

void Workload::write_on(Duration interval) {
    if (is_stopped_) {
        return;
    }
    if (world_.now() >= quiet_until_) {
        write_one();
    }
    world_.after(world_.draw_up_to(2 * interval), [this, interval] { write_on(interval); });
}

void Workload::stop() {
    is_stopped_ = true;
    for (auto& [topic, transactions] : transactions_) {
        for (Transaction& transaction : transactions) {
            end_transaction(transaction);
        }
    }
}

void Workload::write_one() {
    const TopicPlan& plan = plans_[world_.rng().below(plans_.size())];
    if (plan.kind != TopicKind::transactional) {
        write_batch(plan, nullptr);
        return;
    }
    Transaction& transaction = draw_transaction(plan);
    if (!transaction.open_in.empty() && world_.rng().chance(0.25)) {
        end_transaction(transaction);
    } else {
        write_batch(plan, &transaction);
    }
}

Workload::Transaction& Workload::draw_transaction(const TopicPlan& plan) {
    auto& all = transactions_[plan.name];
    return all[world_.rng().below(all.size())];
}

std::string Workload::draw_key(const TopicPlan& plan) {
    const uint64_t kinds = plan.kind == TopicKind::compacted ? 8 : 1000;
    return fmt::format("key-{}", world_.rng().below(kinds));
}

void Workload::write_batch(const TopicPlan& plan, Transaction* transaction) {
    Rng& rng = world_.rng();
    const auto index = static_cast<int32_t>(rng.below(static_cast<uint64_t>(plan.partitions)));
    const auto topic = source_.find_topic(plan.name);
    const auto partition = source_.find_partition(plan.name, index);
    if (!partition || partition->leader == kNoBroker) {
        return;
    }
    const TopicPartition id{plan.name, PartitionIndex(index)};
    protocol::BatchOptions options;
    options.codec = static_cast<Codec>(rng.chance(0.3) ? rng.below(5) : 0);
    const auto count = static_cast<int32_t>(1 + (rng.chance(0.2) ? rng.below(40) : rng.below(4)));
    if (transaction != nullptr) {
        options.attributes = protocol::batch_attribute::kTransactional;
        options.producer_id = transaction->producer_id;
        options.producer_epoch = transaction->epoch;
        int32_t& next = transaction->sequences[id];
        options.base_sequence = Sequence(next);
        next += count;
    } else if (is_idempotent_) {
        sign(options, id, count);
    }
    protocol::RecordBatchBuilder builder(options);
    std::vector<TrueRecord> records;
    for (int32_t i = 0; i < count; ++i) {
        Draft draft = draw_record(plan, id);
        draft.record.fate = transaction == nullptr ? Fate::committed : Fate::open;
        draft.add_to(builder);
        records.push_back(std::move(draft.record));
    }
    const auto batch = builder.build();
    LS_ASSERT(batch.has_value());
    const sandbox::Appended appended =
        partition->log.append(*batch, topic->log_config, source_.now_ms(), kProduceVersion);
    LS_ASSERT(!appended.refusal.is_refused());
    int64_t offset = appended.base_offset.value();
    for (TrueRecord& record : records) {
        if (plan.kind == TopicKind::append_time) {
            record.timestamp_ms = appended.log_append_time_ms;
        }
        if (transaction != nullptr) {
            transaction->open_in[id].push_back(offset);
        }
        truth_[id].records[offset++] = std::move(record);
    }
    source_.note_log_change();
}

Workload::Draft Workload::draw_record(const TopicPlan& plan, const TopicPartition& id) {
    constexpr double kNullChance = 0.1;
    Rng& rng = world_.rng();
    Draft draft;
    TrueRecord& record = draft.record;
    record.key = draw_key(plan);
    record.value = fmt::format("{}{} {}", writer_, id.to_string(), next_number_++);
    record.timestamp_ms = source_.now_ms() - static_cast<int64_t>(rng.below(5000)) -
                          (plan.kind == TopicKind::historical ? kHistoryMs : 0);
    record.history = truth_[id].history;
    const std::string padding(most_header_bytes_ == 0 ? 0 : rng.below(most_header_bytes_), 'x');
    if (most_header_bytes_ > 0) {
        draft.headers.emplace_back("padding", padding);
    }
    draft.has_key = !nulls_ || plan.kind == TopicKind::compacted || !nulls_->chance(kNullChance);
    draft.has_value = !nulls_ || !nulls_->chance(kNullChance);
    if (!draft.has_value) {
        draft.headers.emplace_back("deletes", record.value);
    }
    for (const auto& [name, value] : draft.headers) {
        record.headers += fmt::format("{}={};", name, value);
    }
    record.key = draft.has_key ? record.key : kNullKey;
    record.value = draft.has_value ? record.value : null_value(record.headers);
    return draft;
}

void Workload::Draft::add_to(protocol::RecordBatchBuilder& builder) const {
    std::vector<protocol::RecordHeader> all;
    for (const auto& [name, value] : headers) {
        all.push_back({name, as_bytes(value)});
    }
    protocol::RecordContent content;
    content.headers = all;
    if (has_key) {
        content.key = as_bytes(record.key);
    }
    if (has_value) {
        content.value = as_bytes(record.value);
    }
    builder.add(record.timestamp_ms, content);
}

void Workload::sign(protocol::BatchOptions& options, const TopicPartition& id, int32_t records) {
    const uint64_t chosen = next_number_ % (writers_.size() + 1);
    if (chosen == writers_.size()) {
        return;  // by somebody who has no producer id
    }
    Writer& writer = writers_[chosen];
    int32_t& next = writer.sequences[id];
    options.producer_id = writer.producer_id;
    options.producer_epoch = writer.epoch;
    options.base_sequence = Sequence(next);
    next += records;
}

void Workload::end_transaction(Transaction& transaction) {
    const bool is_commit = world_.rng().chance(0.75);
    for (const auto& [id, offsets] : transaction.open_in) {
        const auto partition = source_.find_partition(id.topic, id.partition.value());
        if (!partition) {
            continue;
        }
        for (const int64_t offset : offsets) {
            const auto record = truth_[id].records.find(offset);
            if (record != truth_[id].records.end()) {
                record->second.fate = is_commit ? Fate::committed : Fate::aborted;
            }
        }
        partition->log.append_marker({transaction.producer_id, transaction.epoch, is_commit, 0}, {},
                                     source_.now_ms());
    }
    transaction.open_in.clear();
    source_.note_log_change();
}

void Workload::on_cut(const TopicPartition& partition, Offset offset) {
    TruePartition& truth = truth_[partition];
    truth.lose_from(offset.value());
    truth.was_cut = true;
    // The broker has forgotten some of their batches: a client begins a new epoch (KIP-360).
    for (Writer& writer : writers_) {
        writer.epoch = ProducerEpoch(static_cast<int16_t>(writer.epoch.value() + 1));
        writer.sequences.clear();
    }
}

}  // namespace lockstep::sim

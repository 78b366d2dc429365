#include "sandbox/transaction_coordinator.h"

#include "sandbox/group_coordinator.h"
#include "sandbox/partition_access.h"

#include <algorithm>

namespace lockstep::sandbox {

using protocol::KafkaError;
using protocol::TransactionStatus;

namespace {

constexpr const char* kOffsetsTopic = "__consumer_offsets";
constexpr int64_t kMarkerRetryMs = 100;
constexpr ProducerId kNoProducer{-1};

}  // namespace

TransactionCoordinator::TransactionCoordinator(Cluster& cluster)
    : cluster_(cluster), log_(cluster) {}

TransactionCoordinator::~TransactionCoordinator() {
    disarm();
}

ProducerId TransactionCoordinator::new_producer_id() {
    if (Unsaved* unsaved = cluster_.unsaved()) {
        unsaved->producer_ids = true;
    }
    return ProducerId(next_producer_id_++);
}

void TransactionCoordinator::restore(const std::string& transactional_id, TransactionEntry entry) {
    if (entry.is_ongoing() || entry.is_ending()) {
        active_.insert(transactional_id);
    }
    entries_[transactional_id] = std::move(entry);
}

TransactionOutcome TransactionCoordinator::init(const std::string& transactional_id,
                                                int32_t timeout_ms,
                                                const std::optional<ProducerIdentity>& known) {
    if (transactional_id.empty()) {
        return {KafkaError::invalid_request, {}};
    }
    if (timeout_ms <= 0 ||
        timeout_ms > broker_number(cluster_, "transaction.max.timeout.ms", 900'000)) {
        return {KafkaError::invalid_transaction_timeout, {}};
    }
    const auto [found, is_new] = entries_.try_emplace(transactional_id);
    TransactionEntry& entry = found->second;
    if (is_new) {
        entry.producer.id = new_producer_id();
    }
    KafkaError error = entry.judge_init(known);
    if (error != KafkaError::none) {
        return {error, {}};
    }
    if (entry.is_ongoing()) {
        fence(transactional_id, entry);
        arm();
        return {KafkaError::concurrent_transactions, {}};
    }
    if (entry.is_exhausted() && (!known || known->epoch == entry.producer.epoch)) {
        entry.rotate(new_producer_id(), known.has_value());
    } else {
        error = entry.raise_epoch(known);
    }
    if (error != KafkaError::none) {
        return {error, {}};
    }
    entry.timeout_ms = timeout_ms;
    entry.updated_ms = cluster_.now_ms();
    log_.write(transactional_id, entry);
    cluster_.note_log_change();
    return {KafkaError::none, entry.producer};
}

KafkaError TransactionCoordinator::add(const std::string& transactional_id,
                                       const ProducerIdentity& producer,
                                       const std::set<TopicPartition>& partitions,
                                       int16_t version) {
    if (transactional_id.empty()) {
        return KafkaError::invalid_request;
    }
    const auto found = entries_.find(transactional_id);
    if (found == entries_.end()) {
        return KafkaError::invalid_producer_id_mapping;
    }
    TransactionEntry& entry = found->second;
    // Before anything else: with epochs of their own, the producer may already have the next id.
    if (own_version() >= TransactionEntry::kFirstVersionWithEpochs && entry.is_ending()) {
        return KafkaError::concurrent_transactions;
    }
    if (const KafkaError error = entry.judge_producer(producer); error != KafkaError::none) {
        return error;
    }
    if (!entry.is_ongoing() || !std::ranges::includes(entry.partitions, partitions)) {
        entry.add(partitions, version, cluster_.now_ms());
        log_.write(transactional_id, entry);
        active_.insert(transactional_id);
        arm();
        cluster_.note_log_change();
    }
    // Saved before any record of it: else nobody would know that they are of an open transaction.
    return cluster_.save().has_error() ? KafkaError::coordinator_not_available : KafkaError::none;
}

KafkaError TransactionCoordinator::verify(const std::string& transactional_id,
                                          const ProducerIdentity& producer,
                                          const TopicPartition& partition) const {
    if (transactional_id.empty()) {
        return KafkaError::invalid_request;
    }
    const TransactionEntry* entry = find(transactional_id);
    if (entry == nullptr) {
        return KafkaError::invalid_producer_id_mapping;
    }
    if (const KafkaError error = entry->judge_producer(producer); error != KafkaError::none) {
        return error;
    }
    return entry->partitions.contains(partition) ? KafkaError::none
                                                 : KafkaError::transaction_abortable;
}

TransactionOutcome TransactionCoordinator::end(const std::string& transactional_id,
                                               const ProducerIdentity& producer,
                                               const TransactionEnd& end) {
    if (transactional_id.empty()) {
        return {KafkaError::invalid_request, {}};
    }
    const auto found = entries_.find(transactional_id);
    if (found == entries_.end()) {
        return {KafkaError::invalid_producer_id_mapping, {}};
    }
    TransactionEntry& entry = found->second;
    const EndVerdict verdict = entry.judge_end(producer, end);
    if (verdict.error != KafkaError::none) {
        return {verdict.error, {}};
    }
    if (!verdict.is_done) {
        prepare(transactional_id, end);
    }
    // The answer does not wait for the markers; who is faster sees `concurrent_transactions`.
    const bool is_replaced = entry.next_id != kNoProducer;
    return {KafkaError::none,
            is_replaced ? ProducerIdentity{entry.next_id, ProducerEpoch(0)} : entry.producer};
}

const TransactionEntry* TransactionCoordinator::find(const std::string& transactional_id) const {
    const auto found = entries_.find(transactional_id);
    return found == entries_.end() ? nullptr : &found->second;
}

TopicPartition TransactionCoordinator::offsets_partition(const std::string& group) const {
    const auto topic = cluster_.find_topic(kOffsetsTopic);
    const auto count =
        topic ? static_cast<int32_t>(topic->partitions.size())
              : static_cast<int32_t>(broker_number(cluster_, "offsets.topic.num.partitions", 50));
    return {kOffsetsTopic, PartitionIndex(partition_for(group, count))};
}

int16_t TransactionCoordinator::own_version() const {
    return cluster_.options().version == KafkaVersion::v4_3 ? 2 : 0;
}

void TransactionCoordinator::clean_up() {
    end_overdue();
    forget_unused();
    log_.write_missing(entries_);
}

void TransactionCoordinator::end_overdue() {
    const std::set<std::string> active = active_;  // ends take away from it
    for (const std::string& transactional_id : active) {
        TransactionEntry& entry = entries_.at(transactional_id);
        if (entry.is_timed_out(cluster_.now_ms())) {
            fence(transactional_id, entry);
        } else if (entry.is_ending() && !is_stuck(transactional_id)) {
            write_markers(transactional_id, entry);
        }
    }
    arm();
}

/// transactional.id.expiration.ms
void TransactionCoordinator::forget_unused() {
    const int64_t kept_ms =
        broker_number(cluster_, "transactional.id.expiration.ms", 7 * 86'400'000LL);
    const auto is_unused = [&](const auto& one) {
        const TransactionEntry& entry = one.second;
        const bool is_old = entry.updated_ms <= cluster_.now_ms() - kept_ms;
        if (entry.is_ongoing() || entry.is_ending() || !is_old) {
            return false;
        }
        log_.forget(one.first);
        return true;
    };
    if (std::erase_if(entries_, is_unused) > 0) {
        cluster_.note_log_change();
    }
}

/// Aborts what its producer may still be writing, under an epoch that the producer does not have.
void TransactionCoordinator::fence(const std::string& transactional_id, TransactionEntry& entry) {
    entry.fence(own_version(), cluster_.now_ms());
    log_.write(transactional_id, entry);
    write_markers(transactional_id, entry);
}

void TransactionCoordinator::prepare(const std::string& transactional_id,
                                     const TransactionEnd& end) {
    TransactionEntry& entry = entries_.at(transactional_id);
    const bool needs_id = end.transaction_version >= TransactionEntry::kFirstVersionWithEpochs &&
                          entry.is_exhausted();
    entry.prepare(end, needs_id ? new_producer_id() : kNoProducer, cluster_.now_ms());
    log_.write(transactional_id, entry);
    active_.insert(transactional_id);
    write_markers(transactional_id, entry);
    arm();
}

void TransactionCoordinator::write_markers(const std::string& transactional_id,
                                           TransactionEntry& entry) {
    // The decision is safe before the first marker: after a crash it is the same for the others.
    if (cluster_.save_and_sync().has_error()) {
        return;  // a timer tries again
    }
    const MarkerWrite marker{.producer_id = entry.producer.id,
                             .epoch = entry.producer.epoch,
                             .is_commit = entry.status == TransactionStatus::prepare_commit,
                             .coordinator_epoch = log_.epoch_of(transactional_id),
                             .transaction_version = entry.transaction_version};
    stuck_.erase(transactional_id);
    std::erase_if(entry.partitions, [&](const TopicPartition& id) {
        const MarkerFate fate = write_marker(id, marker);
        if (fate == MarkerFate::given_up) {
            stuck_[transactional_id] = marker.coordinator_epoch;
        }
        return fate == MarkerFate::written;
    });
    if (entry.partitions.empty()) {
        entry.complete(cluster_.now_ms());
        log_.write(transactional_id, entry);
        active_.erase(transactional_id);
    }
    cluster_.note_log_change();
}

/// A partition that was deleted needs no marker.
TransactionCoordinator::MarkerFate TransactionCoordinator::write_marker(const TopicPartition& id,
                                                                        const MarkerWrite& marker) {
    const auto topic = cluster_.find_topic(id.topic);
    const auto partition = cluster_.find_partition(id.topic, id.partition.value());
    if (partition) {
        if (partition->leader == kNoBroker ||
            !has_enough_in_sync(cluster_.options().version, *topic, *partition)) {
            return MarkerFate::retried;
        }
        const KafkaError error =
            partition->log.append_marker(marker, topic->log_config, cluster_.now_ms())
                .refusal.error;
        if (error != KafkaError::none) {
            return error == KafkaError::message_too_large ? MarkerFate::given_up
                                                          : MarkerFate::retried;
        }
    }
    if (id.topic == kOffsetsTopic) {
        cluster_.groups().end_transaction(marker.producer_id, marker.is_commit);
    }
    return MarkerFate::written;
}

/// Its end was given up, and its coordinator is still the same.
bool TransactionCoordinator::is_stuck(const std::string& transactional_id) {
    const auto found = stuck_.find(transactional_id);
    return found != stuck_.end() && found->second == log_.epoch_of(transactional_id);
}

/// One timer, for whatever has to be done first.
void TransactionCoordinator::arm() {
    disarm();
    std::optional<int64_t> wait_ms;
    for (const std::string& transactional_id : active_) {
        const TransactionEntry& entry = entries_.at(transactional_id);
        if (is_stuck(transactional_id)) {
            continue;  // clean_up() sees when another coordinator takes over
        }
        const int64_t left_ms = entry.is_ending()
                                    ? kMarkerRetryMs
                                    : entry.started_ms + entry.timeout_ms + 1 - cluster_.now_ms();
        wait_ms = std::min(wait_ms.value_or(left_ms), left_ms);
    }
    if (wait_ms) {
        runtime::EventLoop& loop = cluster_.loop();
        const auto at = loop.now() + std::chrono::milliseconds(std::max<int64_t>(*wait_ms, 1));
        timer_ = loop.add_timer(at, [this] {
            timer_.reset();
            end_overdue();
        });
    }
}

void TransactionCoordinator::disarm() {
    if (timer_) {
        cluster_.loop().cancel_timer(*timer_);
        timer_.reset();
    }
}

}  // namespace lockstep::sandbox

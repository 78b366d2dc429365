#include "sandbox/transaction_entry.h"

#include <algorithm>
#include <array>

namespace lockstep::sandbox {

using protocol::KafkaError;
using protocol::TransactionStatus;

namespace {

constexpr std::array<std::string_view, 8> kNames = {
    "Empty",          "Ongoing",       "PrepareCommit", "PrepareAbort",
    "CompleteCommit", "CompleteAbort", "Dead",          "PrepareEpochFence"};

constexpr ProducerEpoch kNoEpoch{-1};
constexpr ProducerId kNoProducer{-1};

ProducerEpoch after(ProducerEpoch epoch) {
    const int next = std::min(epoch.value() + 1, 0x7fff);
    return ProducerEpoch(static_cast<int16_t>(next));
}

}  // namespace

std::string_view name_of(TransactionStatus status) {
    return kNames.at(static_cast<size_t>(status));
}

std::optional<TransactionStatus> status_named(std::string_view name) {
    const auto* const found = std::ranges::find(kNames, name);
    return found == kNames.end()
               ? std::nullopt
               : std::optional(static_cast<TransactionStatus>(found - kNames.begin()));
}

bool TransactionEntry::is_ending() const {
    return status == TransactionStatus::prepare_commit ||
           status == TransactionStatus::prepare_abort;
}

KafkaError TransactionEntry::judge_init(const std::optional<ProducerIdentity>& known) const {
    if (is_ending()) {
        return KafkaError::concurrent_transactions;
    }
    // Whoever lost the answer that gave a new producer id still asks with the old one.
    const bool may_be_retry =
        known && known->id == previous_id && known->epoch.value() >= kLastEpoch;
    if (known && producer.epoch != kNoEpoch && known->id != producer.id && !may_be_retry) {
        return KafkaError::producer_fenced;
    }
    return KafkaError::none;
}

KafkaError TransactionEntry::judge_producer(const ProducerIdentity& claimed) const {
    if (claimed.id != producer.id) {
        return KafkaError::invalid_producer_id_mapping;
    }
    if (claimed.epoch != producer.epoch) {
        return KafkaError::producer_fenced;
    }
    return is_ending() ? KafkaError::concurrent_transactions : KafkaError::none;
}

/// With epochs of their own, the same epoch means the next transaction, and the one before means
/// that the answer got lost.
bool TransactionEntry::is_retry(const ProducerIdentity& claimed) const {
    const bool is_after_rotation = claimed.id == previous_id &&
                                   claimed.epoch.value() == kLastEpoch &&
                                   producer.epoch.value() == 0;
    const bool is_before_rise =
        claimed.id == producer.id && producer.epoch.value() == claimed.epoch.value() + 1;
    return is_after_rotation || is_before_rise;
}

KafkaError TransactionEntry::judge_epoch_at_end(const ProducerIdentity& claimed) const {
    const bool is_repeated = is_retry(claimed);
    if (claimed.id != producer.id && !is_repeated) {
        return KafkaError::invalid_producer_id_mapping;
    }
    const bool is_present = claimed == producer;
    const bool is_complete =
        status == TransactionStatus::complete_commit || status == TransactionStatus::complete_abort;
    const bool is_valid = is_present || (is_complete && is_repeated);
    return is_valid ? KafkaError::none : KafkaError::producer_fenced;
}

EndVerdict TransactionEntry::judge_end(const ProducerIdentity& claimed,
                                       const TransactionEnd& end) const {
    const bool has_epochs = end.transaction_version >= kFirstVersionWithEpochs;
    if (has_epochs) {
        // First of all: who ends one may already have the next one's producer id.
        if (is_ending()) {
            return {KafkaError::concurrent_transactions};
        }
        if (const KafkaError error = judge_epoch_at_end(claimed); error != KafkaError::none) {
            return {error};
        }
    } else if (claimed.id != producer.id) {
        return {KafkaError::invalid_producer_id_mapping};
    } else if (claimed.epoch != producer.epoch) {
        return {KafkaError::producer_fenced};
    }
    if (is_ongoing()) {
        return {};
    }
    if (is_ending()) {
        return {KafkaError::concurrent_transactions};
    }
    const bool was_committed = status == TransactionStatus::complete_commit;
    const bool was_aborted = status == TransactionStatus::complete_abort;
    const bool is_same = end.is_commit ? was_committed : was_aborted;
    if (is_same && (!has_epochs || is_retry(claimed))) {
        return {KafkaError::none, true};
    }
    // Nobody knows which partitions a produce that failed has reached: it may be aborted even if
    // the coordinator has heard of none.
    const bool may_be_empty = has_epochs && !end.is_commit && !is_retry(claimed);
    return {may_be_empty ? KafkaError::none : KafkaError::invalid_txn_state};
}

KafkaError TransactionEntry::raise_epoch(const std::optional<ProducerIdentity>& known) {
    if (is_exhausted()) {
        return KafkaError::unknown_server_error;
    }
    if (!known) {
        last_epoch = kNoEpoch;
        producer.epoch = after(producer.epoch);
    } else if (producer.epoch == kNoEpoch || known->epoch == producer.epoch) {
        last_epoch = producer.epoch;
        producer.epoch = after(producer.epoch);
    } else if (known->epoch != last_epoch) {
        return KafkaError::producer_fenced;
    }
    previous_id = producer.id;
    reset();
    return KafkaError::none;
}

void TransactionEntry::rotate(ProducerId fresh, bool keeps_last_epoch) {
    previous_id = producer.id;
    last_epoch = keeps_last_epoch ? producer.epoch : kNoEpoch;
    producer = {fresh, ProducerEpoch(0)};
    reset();
}

void TransactionEntry::reset() {
    status = TransactionStatus::empty;
    partitions.clear();
    started_ms = -1;
}

void TransactionEntry::add(const std::set<TopicPartition>& added, int16_t version, int64_t now_ms) {
    if (!is_ongoing()) {
        started_ms = now_ms;
        status = TransactionStatus::ongoing;
    }
    partitions.insert(added.begin(), added.end());
    previous_id = producer.id;
    transaction_version = version;
    updated_ms = now_ms;
}

void TransactionEntry::prepare(const TransactionEnd& end, ProducerId fresh, int64_t now_ms) {
    if (!is_ongoing()) {
        started_ms = now_ms;
    }
    status = end.is_commit ? TransactionStatus::prepare_commit : TransactionStatus::prepare_abort;
    if (end.transaction_version >= kFirstVersionWithEpochs) {
        last_epoch = producer.epoch;
        producer.epoch = after(producer.epoch);
    }
    previous_id = producer.id;
    next_id = fresh;
    transaction_version = end.transaction_version;
    updated_ms = now_ms;
}

void TransactionEntry::fence(int16_t version, int64_t now_ms) {
    if (version < kFirstVersionWithEpochs) {
        producer.epoch = after(producer.epoch);
        last_epoch = kNoEpoch;
    }
    prepare({.is_commit = false, .transaction_version = version}, kNoProducer, now_ms);
}

void TransactionEntry::complete(int64_t now_ms) {
    status = status == TransactionStatus::prepare_commit ? TransactionStatus::complete_commit
                                                         : TransactionStatus::complete_abort;
    previous_id = producer.id;
    if (next_id != kNoProducer) {
        producer = {next_id, ProducerEpoch(0)};
        next_id = kNoProducer;
    }
    partitions.clear();
    updated_ms = now_ms;
}

}  // namespace lockstep::sandbox

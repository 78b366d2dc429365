#include "sandbox/producer_states.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::sandbox {

using protocol::ControlRecord;
using protocol::ControlType;
using protocol::KafkaError;
using protocol::RecordBatchView;
using protocol::RecordReader;

namespace {

constexpr int32_t kLargestSequence = 0x7fffffff;
constexpr int16_t kFirstVersionWithEpochs = 2;
constexpr int16_t kFirstVersionThatAdds = 12;  // Produce: partitions to transactions

Sequence last_sequence_of(const RecordBatchView& batch) {
    return sequence_at(int64_t{batch.base_sequence().value()} + batch.last_offset_delta());
}

bool follows(int32_t last, int32_t next) {
    return next == int64_t{last} + 1 || (next == 0 && last == kLargestSequence);
}

ProducerVerdict judge_known(const RecordBatchView& batch, const ProducerEntry& entry) {
    const int32_t first = batch.base_sequence().value();
    if (batch.producer_epoch() < entry.epoch) {
        return {
            KafkaError::invalid_producer_epoch,
            fmt::format("epoch {} of producer {} is older than {}", batch.producer_epoch().value(),
                        batch.producer_id().value(), entry.epoch.value()),
            {}};
    }
    const bool is_same_epoch = batch.producer_epoch() == entry.epoch;
    if (is_same_epoch) {
        for (const ProducerEntry::Appended& appended : entry.batches) {
            if (appended.first.value() == first && appended.last == last_sequence_of(batch)) {
                return {KafkaError::none, "", appended};
            }
        }
    }
    if (is_same_epoch ? !follows(entry.last_sequence(), first) : first != 0) {
        return {KafkaError::out_of_order_sequence_number,
                fmt::format("sequence {} of producer {} at epoch {} does not follow {} of epoch {}",
                            first, batch.producer_id().value(), batch.producer_epoch().value(),
                            entry.last_sequence(), entry.epoch.value()),
                {}};
    }
    if (entry.transaction_start && !batch.is_transactional()) {
        return {KafkaError::invalid_txn_state,
                fmt::format("producer {} has a transaction open here", batch.producer_id().value()),
                {}};
    }
    return {};
}

}  // namespace

ProducerVerdict ProducerStates::judge(const RecordBatchView& batch, int16_t version) const {
    if (batch.producer_id().value() < 0) {
        return {};
    }
    const auto found = entries_.find(batch.producer_id());
    if (found != entries_.end()) {
        return judge_known(batch, found->second);
    }
    // Who is not known, as after DeleteRecords, may go on anywhere, except in KIP-890's
    // transactions.
    const int32_t first = batch.base_sequence().value();
    if (batch.is_transactional() && version >= kFirstVersionThatAdds && first != 0) {
        return {KafkaError::out_of_order_sequence_number,
                fmt::format("sequence {} of producer {} is its first here and must be 0", first,
                            batch.producer_id().value()),
                {}};
    }
    return {};
}

ProducerVerdict ProducerStates::judge_marker(const MarkerWrite& marker) const {
    const auto found = entries_.find(marker.producer_id);
    if (found == entries_.end()) {
        return {};
    }
    const ProducerEntry& entry = found->second;
    // The same marker again, after an answer that got lost, does no harm.
    const bool is_late = marker.transaction_version >= kFirstVersionWithEpochs &&
                         marker.epoch == entry.epoch && entry.transaction_start;
    if (marker.epoch < entry.epoch || is_late) {
        return {KafkaError::invalid_producer_epoch,
                fmt::format("epoch {} of producer {} is not newer than {}", marker.epoch.value(),
                            marker.producer_id.value(), entry.epoch.value()),
                {}};
    }
    if (marker.coordinator_epoch < entry.coordinator_epoch) {
        return {KafkaError::transaction_coordinator_fenced,
                fmt::format("coordinator epoch {} is older than {}", marker.coordinator_epoch,
                            entry.coordinator_epoch),
                {}};
    }
    return {};
}

bool ProducerStates::has_open(ProducerId id, ProducerEpoch epoch) const {
    const auto found = entries_.find(id);
    return found != entries_.end() && found->second.transaction_start &&
           found->second.epoch == epoch;
}

void ProducerStates::take(const RecordBatchView& batch) {
    if (batch.producer_id().value() < 0) {
        return;
    }
    if (batch.is_control()) {
        take_marker(batch);
        return;
    }
    ProducerEntry& entry = entries_[batch.producer_id()];
    if (entry.epoch != batch.producer_epoch()) {
        entry.batches.clear();
        entry.epoch = batch.producer_epoch();
    }
    entry.batches.push_back({batch.base_sequence(), last_sequence_of(batch), batch.base_offset(),
                             batch.max_timestamp()});
    if (entry.batches.size() > kRememberedBatches) {
        entry.batches.pop_front();
    }
    entry.last_timestamp_ms = batch.max_timestamp();
    if (batch.is_transactional() && !entry.transaction_start) {
        entry.transaction_start = batch.base_offset();
    }
}

void ProducerStates::take_marker(const RecordBatchView& batch) {
    auto reader = RecordReader::open(batch);
    auto record = reader.has_value() ? reader->next() : Result<std::optional<protocol::Record>>{};
    if (record.has_error() || !record->has_value()) {
        return;
    }
    const auto control = protocol::parse_control_record(**record);
    if (control.has_error()) {
        return;
    }
    ProducerEntry& entry = entries_[batch.producer_id()];
    if (entry.epoch != batch.producer_epoch()) {
        entry.batches.clear();
        entry.epoch = batch.producer_epoch();
    }
    entry.coordinator_epoch = control->coordinator_epoch;
    entry.last_timestamp_ms = batch.max_timestamp();
    if (entry.transaction_start && control->type == ControlType::abort) {
        aborted_.push_back({batch.producer_id(), *entry.transaction_start, batch.base_offset()});
    }
    entry.transaction_start.reset();
}

void ProducerStates::expire_before(int64_t timestamp_ms) {
    std::erase_if(entries_, [timestamp_ms](const auto& one) {
        return !one.second.transaction_start && one.second.last_timestamp_ms < timestamp_ms;
    });
}

void ProducerStates::clear() {
    entries_.clear();
    aborted_.clear();
}

std::optional<Offset> ProducerStates::first_open() const {
    std::optional<Offset> first;
    for (const auto& [id, entry] : entries_) {
        if (entry.transaction_start && (!first || *entry.transaction_start < *first)) {
            first = entry.transaction_start;
        }
    }
    return first;
}

std::vector<AbortedTransaction> ProducerStates::aborted_between(Offset from, Offset end) const {
    std::vector<AbortedTransaction> found;
    const auto begin =
        std::ranges::lower_bound(aborted_, from, {}, &AbortedTransaction::last_offset);
    for (auto one = begin; one != aborted_.end(); ++one) {
        if (one->first_offset < end) {
            found.push_back(*one);
        }
    }
    std::ranges::stable_sort(found, {}, &AbortedTransaction::first_offset);
    return found;
}

void ProducerStates::forget_aborted_before(Offset offset) {
    std::erase_if(aborted_,
                  [offset](const AbortedTransaction& one) { return one.last_offset < offset; });
}

}  // namespace lockstep::sandbox

#include "sandbox/partition_log.h"

#include "base/crc32c.h"
#include "protocol/record_batch_builder.h"
#include "protocol/records.h"

#include <algorithm>

namespace lockstep::sandbox {

using protocol::Codec;
using protocol::KafkaError;
using protocol::RecordBatchBuilder;
using protocol::RecordBatchView;
using protocol::RecordReader;

namespace {

namespace layout = protocol::batch_layout;
namespace attribute = protocol::batch_attribute;

void update_crc(MutableByteView batch) {
    store_big_endian<uint32_t>(batch.data() + layout::kCrc,
                               crc32c(ByteView(batch).subspan(layout::kAttributes)));
}

/// The same records with another codec; the batch's header stays as it is otherwise.
Result<Bytes> recompress(const RecordBatchView& batch, Codec codec) {
    protocol::BatchOptions options;
    options.producer_id = batch.producer_id();
    options.producer_epoch = batch.producer_epoch();
    options.base_sequence = batch.base_sequence();
    options.codec = codec;
    options.attributes = static_cast<int16_t>(batch.attributes() & ~attribute::kCodecMask);
    RecordBatchBuilder builder(options);
    LS_TRY(reader, RecordReader::open(batch));
    while (true) {
        LS_TRY(record, reader.next());
        if (!record) {
            return builder.build();
        }
        builder.add_at(record->offset_delta, reader.timestamp_of(*record),
                       {record->key, record->value, record->headers});
    }
}

/// Sets what a leader sets in what a client sent (LogValidator's in-place path). `largest_ms` is
/// that of the records' timestamps.
void stamp(MutableByteView batch, const LogConfig& config, int64_t now_ms, int64_t largest_ms) {
    const RecordBatchView view = *RecordBatchView::open(batch);
    const bool uses_append_time = config.uses_append_time;
    const auto attributes =
        static_cast<int16_t>(uses_append_time ? view.attributes() | attribute::kLogAppendTime
                                              : view.attributes() & ~attribute::kLogAppendTime);
    const int64_t max_timestamp_ms = uses_append_time ? now_ms : largest_ms;
    if (attributes != view.attributes() || max_timestamp_ms != view.max_timestamp()) {
        store_big_endian(batch.data() + layout::kAttributes, attributes);
        store_big_endian(batch.data() + layout::kMaxTimestamp, max_timestamp_ms);
        update_crc(batch);
    }
}

/// One bit of each batch's records is another one.
Bytes damaged(Bytes batches, uint64_t place) {
    size_t at = 0;
    ByteView rest(batches);
    while (true) {
        const auto batch = protocol::next_batch(rest);
        if (batch.has_error() || !batch->has_value()) {
            return batches;
        }
        const ByteView payload = (*batch)->payload();
        if (!payload.empty()) {
            const size_t bad = at + layout::kHeaderSize + place % payload.size();
            batches[bad] = static_cast<uint8_t>(batches[bad] ^ 0x10U);
        }
        at += (*batch)->size_bytes();
    }
}

}  // namespace

Appended PartitionLog::append(ByteView records, const LogConfig& config, int64_t now_ms,
                              int16_t version) {
    Appended appended;
    BatchVerdict looked_at = judge_batch(records, config, now_ms, version);
    appended.refusal = std::move(looked_at.refusal);
    if (appended.refusal.is_refused()) {
        return appended;
    }
    const RecordBatchView sent = *RecordBatchView::open(records);
    const ProducerVerdict verdict = producers_.judge(sent, version);
    if (verdict.error != KafkaError::none) {
        appended.refusal = {verdict.error, verdict.reason, {}};
        return appended;
    }
    if (verdict.duplicate_of) {
        appended.is_duplicate = true;
        appended.base_offset = verdict.duplicate_of->base_offset;
        appended.log_append_time_ms = verdict.duplicate_of->max_timestamp_ms;
        return appended;
    }
    Bytes recompressed;
    if (config.codec && *config.codec != sent.codec()) {
        auto other = recompress(sent, *config.codec);
        if (other.has_error()) {
            appended.refusal = {KafkaError::corrupt_message, other.error().message(), {}};
            return appended;
        }
        recompressed = std::move(*other);
    }
    const MutableByteView batch =
        segments_.prepare(recompressed.empty() ? records : ByteView(recompressed));
    stamp(batch, config, now_ms, looked_at.max_timestamp_ms);
    const Offset base_offset = end_offset_;
    appended.refusal = keep(batch);
    if (!appended.refusal.is_refused()) {
        appended.base_offset = base_offset;
        appended.log_append_time_ms = config.uses_append_time ? now_ms : -1;
    }
    return appended;
}

BatchRange PartitionLog::read(Offset from, Offset end, size_t max_bytes) const {
    BatchRange range = segments_.read(from, end, max_bytes);
    if (damaged_place_ && range.bytes.size > 0) {
        const ByteView whole = range.bytes.view();
        range.bytes = owned_slice(damaged(Bytes(whole.begin(), whole.end()), *damaged_place_));
    }
    return range;
}

Appended PartitionLog::append_marker(const MarkerWrite& marker, const LogConfig& config,
                                     int64_t now_ms) {
    Appended appended;
    const Bytes marker_batch = protocol::make_control_batch(
        {.type = marker.is_commit ? protocol::ControlType::commit : protocol::ControlType::abort,
         .offset = Offset(0),
         .timestamp_ms = now_ms,
         .producer_id = marker.producer_id,
         .producer_epoch = marker.epoch,
         .coordinator_epoch = marker.coordinator_epoch});
    if (static_cast<int64_t>(marker_batch.size()) > config.max_message_bytes) {
        appended.refusal = {
            KafkaError::message_too_large, "A marker is larger than max.message.bytes", {}};
        return appended;
    }
    const ProducerVerdict verdict = producers_.judge_marker(marker);
    if (verdict.error != KafkaError::none) {
        appended.refusal = {verdict.error, verdict.reason, {}};
        return appended;
    }
    const Offset base_offset = end_offset_;
    appended.refusal = keep(segments_.prepare(marker_batch));
    appended.base_offset = appended.refusal.is_refused() ? Offset(-1) : base_offset;
    return appended;
}

/// Gives the batch its place; base offset and leader epoch are outside of the CRC.
Refusal PartitionLog::keep(MutableByteView batch) {
    store_big_endian(batch.data() + layout::kBaseOffset, end_offset_.value());
    store_big_endian(batch.data() + layout::kPartitionLeaderEpoch, epoch_.value());
    if (storage_) {
        const auto stored = storage_->append(batch);
        if (stored.has_error()) {
            return {KafkaError::kafka_storage_error, stored.error().message(), {}};
        }
    }
    if (epochs_.empty()) {
        epochs_.push_back({epoch_, end_offset_});
    }
    segments_.commit();
    const RecordBatchView view = *RecordBatchView::open(batch);
    producers_.take(view);
    end_offset_ = view.next_offset();
    return {};
}

void PartitionLog::take_stored(ByteView batch) {
    const RecordBatchView view = *RecordBatchView::open(batch);
    if (epochs_.empty() || epochs_.back().epoch < view.partition_leader_epoch()) {
        epochs_.push_back({view.partition_leader_epoch(), view.base_offset()});
        epoch_ = view.partition_leader_epoch();
    }
    segments_.append(batch);
    producers_.take(view);
    end_offset_ = view.next_offset();
}

void PartitionLog::end_restore(Offset start, LeaderEpoch last_epoch) {
    end_offset_ = std::max(end_offset_, start);
    delete_before(start);
    epoch_ = std::max(epoch_, last_epoch);
    begin_epoch(LeaderEpoch(epoch_.value() + 1));
}

void PartitionLog::trim_storage() {
    if (storage_) {
        storage_->forget_before(start_offset_);
    }
}

std::optional<TimedOffset> PartitionLog::find_time(int64_t timestamp_ms) const {
    std::optional<TimedOffset> found;
    segments_.for_each(start_offset_, [&](const BatchPlace& place, const RecordBatchView& view) {
        if (place.max_timestamp_ms < timestamp_ms || view.is_control()) {
            return true;
        }
        auto reader = RecordReader::open(view);
        while (reader.has_value()) {
            auto next = reader->next();
            if (next.has_error() || !next->has_value()) {
                break;
            }
            const int64_t at_ms = reader->timestamp_of(**next);
            if (at_ms >= timestamp_ms && reader->offset_of(**next) >= start_offset_) {
                found = TimedOffset{reader->offset_of(**next), at_ms};
                return false;
            }
        }
        return true;
    });
    return found;
}

std::optional<TimedOffset> PartitionLog::largest_time() const {
    int64_t largest = -1;
    segments_.for_each(start_offset_, [&](const BatchPlace& place, const RecordBatchView& view) {
        largest = view.is_control() ? largest : std::max(largest, place.max_timestamp_ms);
        return true;
    });
    return largest < 0 ? std::nullopt : find_time(largest);
}

void PartitionLog::delete_before(Offset offset) {
    start_offset_ = std::max(start_offset_, std::min(offset, end_offset_));
    if (start_offset_ == end_offset_) {
        segments_.clear();
    }
    segments_.forget_before(start_offset_);
    producers_.forget_aborted_before(start_offset_);
    const auto still_there = [this](const EpochStart& next) { return next.start <= start_offset_; };
    while (epochs_.size() > 1 && still_there(epochs_[1])) {
        epochs_.erase(epochs_.begin());
    }
    if (!epochs_.empty()) {
        epochs_.front().start = std::max(epochs_.front().start, start_offset_);
    }
}

void PartitionLog::apply_retention(const LogConfig& config, int64_t now_ms) {
    if (!config.is_deleted) {
        return;
    }
    Offset keep_from = start_offset_;
    auto left = static_cast<int64_t>(size_bytes());
    const Offset stable = last_stable_offset();
    segments_.for_each(start_offset_, [&](const BatchPlace& place, const RecordBatchView&) {
        const bool is_old =
            config.retention_ms >= 0 && now_ms - place.max_timestamp_ms > config.retention_ms;
        const auto size = static_cast<int64_t>(place.size);
        const bool is_too_much =
            config.retention_bytes >= 0 && left - size >= config.retention_bytes;
        if ((!is_old && !is_too_much) || place.next_offset() > stable) {
            return false;
        }
        left -= size;
        keep_from = place.next_offset();
        return true;
    });
    if (keep_from > start_offset_) {
        delete_before(keep_from);
    }
}

void PartitionLog::truncate(Offset offset) {
    if (offset >= end_offset_) {
        return;
    }
    segments_.truncate(offset);
    Offset end = start_offset_;
    segments_.for_each(start_offset_, [&](const BatchPlace& place, const RecordBatchView&) {
        end = place.next_offset();  // a batch that held the offset went as a whole
        return true;
    });
    end_offset_ = end;
    if (storage_) {
        storage_->truncate(end_offset_);
    }
    while (!epochs_.empty() && epochs_.back().start >= end_offset_) {
        epochs_.pop_back();
    }
    begin_epoch(epoch_);
    rebuild_producers();
}

void PartitionLog::rebuild_producers() {
    producers_.clear();
    segments_.for_each(start_offset_, [this](const BatchPlace&, const RecordBatchView& view) {
        producers_.take(view);
        return true;
    });
}

void PartitionLog::begin_epoch(LeaderEpoch epoch) {
    epoch_ = epoch;
    while (!epochs_.empty() && epochs_.back().start >= end_offset_) {
        epochs_.pop_back();  // it wrote nothing
    }
    epochs_.push_back({epoch_, end_offset_});
}

std::optional<EpochStart> PartitionLog::end_of_epoch(LeaderEpoch asked) const {
    if (asked == epoch_) {
        return EpochStart{epoch_, end_offset_};
    }
    const auto after = std::ranges::upper_bound(epochs_, asked, {}, &EpochStart::epoch);
    if (after == epochs_.end()) {
        return std::nullopt;
    }
    return EpochStart{after == epochs_.begin() ? asked : std::prev(after)->epoch, after->start};
}

LeaderEpoch PartitionLog::epoch_at(Offset offset) const {
    const auto after = std::ranges::upper_bound(epochs_, offset, {}, &EpochStart::start);
    return after == epochs_.begin() ? kNoLeaderEpoch : std::prev(after)->epoch;
}

}  // namespace lockstep::sandbox

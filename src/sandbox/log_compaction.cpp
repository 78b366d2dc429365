// What compaction does to a log (LogCleaner of brokers, KIP-534).
//
// Gaps       Control batches stay for ever: brokers take those away that end transactions without
//            records, delete.retention.ms after they have found them. With 2.8, which marks no
//            batches, tombstones stay for ever, too.

#include "base/crc32c.h"
#include "protocol/record_batch_builder.h"
#include "protocol/records.h"
#include "sandbox/partition_log.h"

#include <algorithm>
#include <map>
#include <string>

namespace lockstep::sandbox {

using protocol::RecordBatchBuilder;
using protocol::RecordBatchView;
using protocol::RecordReader;

namespace {

namespace attribute = protocol::batch_attribute;

using NewestOfKeys = std::map<std::string, Offset, std::less<>>;

template <typename Visit>
void for_each_record(const RecordBatchView& batch, Visit visit) {
    auto reader = RecordReader::open(batch);
    while (reader.has_value()) {
        auto next = reader->next();
        if (next.has_error() || !next->has_value()) {
            return;
        }
        visit(*reader, **next);
    }
}

/// From when on the batch's tombstones may go; its base timestamp says it.
std::optional<int64_t> delete_horizon_of(const RecordBatchView& batch) {
    return batch.has_delete_horizon() ? std::optional(batch.base_timestamp()) : std::nullopt;
}

/// The batch with those of its records that `stays` says; nothing where none does. Its offsets
/// stay: LogCleaner keeps the last offset of a batch, too. A batch with tombstones that has no
/// delete horizon yet gets `horizon_ms`.
template <typename Stays>
std::optional<Bytes> rest_of(const RecordBatchView& batch, std::optional<int64_t> horizon_ms,
                             Stays stays) {
    bool has_tombstones = false;
    for_each_record(batch, [&](RecordReader& reader, const protocol::Record& record) {
        has_tombstones =
            has_tombstones || (!record.value && stays(record, reader.offset_of(record)));
    });
    const auto known_ms = delete_horizon_of(batch);
    const auto kept_ms = known_ms || !has_tombstones ? known_ms : horizon_ms;
    protocol::BatchOptions options;
    options.base_offset = batch.base_offset();
    options.partition_leader_epoch = batch.partition_leader_epoch();
    options.producer_id = batch.producer_id();
    options.producer_epoch = batch.producer_epoch();
    options.base_sequence = batch.base_sequence();
    options.codec = batch.codec();
    options.attributes = static_cast<int16_t>((batch.attributes() & ~attribute::kCodecMask) |
                                              (kept_ms ? attribute::kDeleteHorizon : 0));
    options.base_timestamp_ms = kept_ms;
    RecordBatchBuilder builder(options);
    for_each_record(batch, [&](RecordReader& reader, const protocol::Record& record) {
        if (stays(record, reader.offset_of(record))) {
            builder.add_at(record.offset_delta, reader.timestamp_of(record),
                           {record.key, record.value, record.headers});
        }
    });
    if (builder.record_count() == 0) {
        return std::nullopt;
    }
    builder.set_last_offset_delta(batch.last_offset_delta());
    auto built = builder.build();
    return built.has_value() ? std::optional(std::move(*built)) : std::nullopt;
}

/// Only its header, as DefaultRecordBatch.writeEmptyHeader of brokers makes it.
Bytes without_records(const RecordBatchView& batch) {
    namespace layout = protocol::batch_layout;
    Bytes header(batch.bytes().begin(), batch.bytes().begin() + layout::kHeaderSize);
    store_big_endian<int32_t>(header.data() + layout::kBatchLength,
                              layout::kHeaderSize - layout::kUncountedSize);
    store_big_endian<int16_t>(
        header.data() + layout::kAttributes,
        static_cast<int16_t>(batch.attributes() &
                             ~(attribute::kCodecMask | attribute::kDeleteHorizon)));
    store_big_endian<int64_t>(header.data() + layout::kBaseTimestamp, batch.max_timestamp());
    store_big_endian<int32_t>(header.data() + layout::kRecordCount, 0);
    store_big_endian<uint32_t>(header.data() + layout::kCrc,
                               crc32c(ByteView(header).subspan(layout::kAttributes)));
    return header;
}

}  // namespace

void PartitionLog::compact(const LogConfig& config, int64_t now_ms) {
    const Offset stable = last_stable_offset();
    std::map<ProducerId, std::vector<AbortedTransaction>> aborted;
    for (const AbortedTransaction& one : producers_.aborted_between(start_offset_, end_offset_)) {
        aborted[one.producer_id].push_back(one);
    }
    const auto is_aborted = [&](const RecordBatchView& view) {
        const auto found = aborted.find(view.producer_id());
        return view.is_transactional() && found != aborted.end() &&
               std::ranges::any_of(found->second, [&](const AbortedTransaction& one) {
                   return one.first_offset <= view.base_offset() &&
                          view.base_offset() < one.last_offset;
               });
    };
    NewestOfKeys newest;
    segments_.for_each(start_offset_, [&](const BatchPlace&, const RecordBatchView& view) {
        if (!view.is_control() && view.base_offset() < stable && !is_aborted(view)) {
            for_each_record(view, [&](RecordReader& reader, const protocol::Record& record) {
                if (record.key) {
                    newest.insert_or_assign(std::string(as_text(*record.key)),
                                            reader.offset_of(record));
                }
            });
        }
        return true;
    });
    // By it a producer's next sequence is known: LogCleaner keeps it, without records if need be.
    const auto is_last_of_producer = [&](const RecordBatchView& view) {
        const auto found = producers_.entries().find(view.producer_id());
        return found != producers_.entries().end() && !found->second.batches.empty() &&
               found->second.batches.back().base_offset == view.base_offset();
    };
    const auto horizon_ms = config.has_delete_horizon
                                ? std::optional(now_ms + config.delete_retention_ms)
                                : std::nullopt;
    std::vector<Bytes> kept;
    segments_.for_each(start_offset_, [&](const BatchPlace&, const RecordBatchView& view) {
        if (view.is_control() || view.base_offset() >= stable) {
            kept.emplace_back(view.bytes().begin(), view.bytes().end());
            return true;
        }
        const bool is_dropped = is_aborted(view);
        const bool keeps_tombstones = delete_horizon_of(view).value_or(now_ms + 1) > now_ms;
        auto rest = rest_of(view, horizon_ms, [&](const protocol::Record& record, Offset offset) {
            return !is_dropped && record.key && (record.value || keeps_tombstones) &&
                   newest.find(as_text(*record.key))->second == offset;
        });
        if (rest) {
            kept.push_back(std::move(*rest));
        } else if (is_last_of_producer(view)) {
            kept.push_back(without_records(view));
        }
        return true;
    });
    segments_.replace(kept);
    if (storage_) {
        storage_->replace(kept);
    }
}

}  // namespace lockstep::sandbox

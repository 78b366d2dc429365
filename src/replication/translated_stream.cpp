#include "replication/translated_stream.h"

#include "base/mutation.h"
#include "protocol/records.h"
#include "replication/batch_admission.h"
#include "replication/batch_rewrite.h"

#include <algorithm>

namespace lockstep::replication {

using protocol::RecordBatchView;

TranslatedStream::TranslatedStream(const StreamPlace& place, ProducerId id, BatchLimits limits)
    : OutgoingStream(place.source),
      id_(id),
      limits_(limits),
      next_(place.next),
      expected_(place.expected_at) {}

Result<void> TranslatedStream::take(const FetchedBatch& fetched) {
    const RecordBatchView& batch = fetched.batch;
    const Offset end = batch.next_offset();  // before its header is written over
    const Admission admission = admit(batch, next_fetch_, fetched.is_aborted);
    const bool is_made = admission == Admission::rewrite || (limits_.may_merge && is_tiny(batch)) ||
                         batch.size_bytes() > limits_.most_bytes || limits_.is_other_codec(batch);
    if (admission == Admission::copy && !is_made) {
        LS_CHECK(forward(fetched));
    } else if (admission == Admission::copy || admission == Admission::rewrite) {
        LS_CHECK(add_records(batch));
    } else if (admission == Admission::fill) {
        LS_CHECK(check_crc(batch));  // what it is taken for must be true
    }
    next_fetch_ = std::max(next_fetch_, end);
    return {};
}

/// Record number next_ is at `source`.
void TranslatedStream::note(Offset source, int64_t records) {
    const bool is_small = expected_ && source - *expected_ == 1;
    if (expected_ != source && !(is_small && mutated(Mutation::map_run_forgotten))) {
        new_runs_.push_back({next_, source});
    }
    next_ = next_ + records;
    expected_ = source + records;
}

Result<void> TranslatedStream::forward(const FetchedBatch& fetched) {
    LS_CHECK(flush());
    client::OutgoingBatch batch = outgoing_batch(fetched.batch, fetched.bytes());
    const protocol::BatchRewrite stamp{id_, ProducerEpoch(0), sequence_at(next_.value())};
    LS_CHECK(protocol::rewrite_for_produce(batch.bytes.mutable_view(), stamp));
    note(batch.base_offset, batch.record_count);
    outgoing_.emplace_back(std::move(batch));
    return {};
}

Result<void> TranslatedStream::add_records(const RecordBatchView& batch) {
    LS_CHECK(check_crc(batch));
    LS_TRY(reader, protocol::RecordReader::open(batch));
    const protocol::Codec codec = limits_.codec.value_or(batch.codec());
    if (made_ && (!limits_.may_merge || codec_ != codec ||
                  made_->size_bytes() + reader.size_bytes() > limits_.merged_bytes)) {
        LS_CHECK(flush());
    }
    const size_t most_bytes = records_within(reader, limits_);
    while (true) {
        LS_TRY(record, reader.next());
        if (!record) {
            break;
        }
        const Offset offset = reader.offset_of(*record);
        if (offset < next_fetch_ && !mutated(Mutation::begin_sent_again)) {
            continue;
        }
        if (made_ && made_->size_bytes() + size_of(*record) > most_bytes) {
            LS_CHECK(flush());
        }
        if (!made_) {
            codec_ = codec;
            const protocol::BatchOptions options{.producer_id = id_,
                                                 .producer_epoch = ProducerEpoch(0),
                                                 .base_sequence = sequence_at(next_.value()),
                                                 .codec = codec_};
            made_.emplace(options);
            made_at_ = offset;
        }
        made_->add(reader.timestamp_of(*record), {record->key, record->value, record->headers});
        note(offset, 1);
        next_fetch_ = offset + 1;
    }
    has_merged_ = has_merged_ || ++batches_in_made_ > 1;
    return {};
}

Result<void> TranslatedStream::flush() {
    batches_in_made_ = 0;
    if (made_) {
        LS_TRY(bytes, made_->build());
        made_.reset();
        client::OutgoingBatch batch = outgoing_batch(std::move(bytes));
        batch.base_offset = made_at_;
        outgoing_.emplace_back(std::move(batch));
    }
    return {};
}

}  // namespace lockstep::replication

#pragma once

// Batches of transactions, as a partition's leader writes them.

#include "protocol/record_batch_builder.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace lockstep::replication {

/// Who writes, and under which epoch.
struct Writer {
    int64_t producer = 0;
    int16_t epoch = 0;
};

/// Appends batches one behind the other.
class BatchLog {
public:
    /// Records of a transaction; their first sequence is 0 where the producer's epoch begins.
    BatchLog& records(Writer writer, int count, int32_t first_sequence = 7) {
        return append(writer, count, first_sequence, protocol::batch_attribute::kTransactional);
    }

    BatchLog& plain(int count) { return append({-1, -1}, count, -1, 0); }

    /// The same, with a header only: whoever looks inside finds one record.
    BatchLog& plain_header(int32_t count) {
        plain(1);
        store_big_endian(batches_.back().data() + protocol::batch_layout::kLastOffsetDelta,
                         count - 1);
        store_big_endian(batches_.back().data() + protocol::batch_layout::kRecordCount, count);
        end += count - 1;
        return *this;
    }

    /// Takes away the batches for which `is_gone` holds, as retention and compaction do.
    template <typename Predicate>
    void remove_if(Predicate is_gone) {
        std::erase_if(batches_, [&](const Bytes& batch) {
            return is_gone(*protocol::RecordBatchView::open(batch));
        });
    }

    BatchLog& commit(Writer writer, int64_t stamp_ms = 0) {
        return marker(writer, protocol::ControlType::commit, stamp_ms);
    }

    BatchLog& abort(Writer writer, int64_t stamp_ms = 0) {
        return marker(writer, protocol::ControlType::abort, stamp_ms);
    }

    /// Offsets that compaction has emptied.
    BatchLog& hole(int64_t offsets) {
        end += offsets;
        return *this;
    }

    std::vector<protocol::RecordBatchView> batches() const {
        std::vector<protocol::RecordBatchView> views;
        for (const Bytes& batch : batches_) {
            views.push_back(*protocol::RecordBatchView::open(batch));
        }
        return views;
    }

    int64_t end = 0;

private:
    BatchLog& append(Writer writer, int count, int32_t first_sequence, int16_t attributes) {
        protocol::RecordBatchBuilder builder({.base_offset = Offset(end),
                                              .producer_id = ProducerId(writer.producer),
                                              .producer_epoch = ProducerEpoch(writer.epoch),
                                              .base_sequence = Sequence(first_sequence),
                                              .attributes = attributes});
        for (int i = 0; i < count; ++i) {
            builder.add(1'000, {.value = as_bytes("value")});
        }
        batches_.push_back(*builder.build());
        end += count;
        return *this;
    }

    BatchLog& marker(Writer writer, protocol::ControlType type, int64_t stamp_ms) {
        batches_.push_back(
            protocol::make_control_batch({.type = type,
                                          .offset = Offset(end++),
                                          .timestamp_ms = stamp_ms,
                                          .producer_id = ProducerId(writer.producer),
                                          .producer_epoch = ProducerEpoch(writer.epoch)}));
        return *this;
    }

    std::vector<Bytes> batches_;
};

}  // namespace lockstep::replication

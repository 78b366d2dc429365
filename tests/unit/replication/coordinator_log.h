#pragma once

// A partition of __transaction_state, as a transaction coordinator writes it.

#include "protocol/record_batch_builder.h"
#include "protocol/transaction_log.h"
#include "protocol/wire_writer.h"
#include "tests/unit/replication/transaction_batches.h"

#include <map>
#include <string>
#include <vector>

namespace lockstep::replication {

/// What one record says; the transactional id is "id-PRODUCER" where none is given.
struct CoordinatorNote {
    protocol::TransactionStatus status{};
    Writer writer;
    std::vector<TopicPartition> partitions = {};
    int64_t updated_ms = 0;
    int16_t transaction_version = 0;
    std::string transactional_id = {};
};

class CoordinatorLog {
public:
    CoordinatorLog& write(const CoordinatorNote& note) {
        const std::string id = note.transactional_id.empty()
                                   ? "id-" + std::to_string(note.writer.producer)
                                   : note.transactional_id;
        const Bytes key = key_of(id);
        const Bytes value = value_of(note);
        ids_[end] = id;
        protocol::RecordBatchBuilder builder({.base_offset = Offset(end++)});
        builder.add(note.updated_ms, {.key = key, .value = value});
        batches_.push_back(*builder.build());
        return *this;
    }

    CoordinatorLog& prepare(Writer writer, std::vector<TopicPartition> partitions) {
        return write({.status = protocol::TransactionStatus::prepare_commit,
                      .writer = writer,
                      .partitions = std::move(partitions)});
    }

    CoordinatorLog& complete(Writer writer) {
        return write({.status = protocol::TransactionStatus::complete_commit, .writer = writer});
    }

    /// Offsets that compaction has emptied.
    CoordinatorLog& hole(int64_t offsets) {
        end += offsets;
        return *this;
    }

    /// Leaves only the last record of each transactional id of those before an offset.
    void compact_before(int64_t offset) {
        std::map<std::string, int64_t> newest;
        for (const auto& [at, id] : ids_) {
            if (at < offset) {
                newest[id] = at;
            }
        }
        std::erase_if(batches_, [&](const Bytes& batch) {
            const int64_t at = protocol::RecordBatchView::open(batch)->base_offset().value();
            return at < offset && newest[ids_.at(at)] != at;
        });
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
    static Bytes key_of(const std::string& transactional_id) {
        protocol::WireWriter key;
        key.put_int16(0);
        key.put_string(transactional_id, protocol::Lengths::fixed);
        return key.flatten();
    }

    static Bytes value_of(const CoordinatorNote& note) {
        const auto lengths = protocol::Lengths::compact;
        protocol::WireWriter value;
        value.put_int16(1);
        value.put_int64(note.writer.producer);
        value.put_int16(note.writer.epoch);
        value.put_int32(60'000);
        value.put_int8(static_cast<int8_t>(note.status));
        value.put_array_count(note.partitions.size(), lengths);
        for (const TopicPartition& partition : note.partitions) {
            value.put_string(partition.topic, lengths);
            value.put_array_count(1, lengths);
            value.put_int32(partition.partition.value());
            value.put_unsigned_varint(0);
        }
        value.put_int64(note.updated_ms);
        value.put_int64(note.updated_ms);
        value.put_unsigned_varint(1);
        value.put_unsigned_varint(2);  // the tag of the transaction version
        value.put_unsigned_varint(2);
        value.put_int16(note.transaction_version);
        return value.flatten();
    }

    std::vector<Bytes> batches_;
    std::map<int64_t, std::string> ids_;  // by offset
};

}  // namespace lockstep::replication

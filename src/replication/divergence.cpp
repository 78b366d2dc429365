#include "replication/divergence.h"

#include "protocol/kafka_error.h"
#include "protocol/records.h"
#include "protocol/wire_writer.h"
#include "replication/batch_rewrite.h"

namespace lockstep::replication {

using client::Cluster;
using client::LogPlace;
using runtime::Task;

namespace {

/// What a batch says of one offset.
struct SeenOffset {
    bool is_known = false;        // a batch covers it
    bool is_marker = false;       // of a transaction
    bool may_be_aborted = false;  // the batch is part of a transaction
    bool is_append_time = false;  // the broker's, not the producer's
    int64_t timestamp_ms = 0;
    std::optional<Bytes> record;  // all else that a client sees; nothing where there is none

    bool is_same(const SeenOffset& other, AppendTimeRule append_time) const {
        const bool is_time_compared =
            append_time == AppendTimeRule::keep || (!is_append_time && !other.is_append_time);
        return record == other.record && (!is_time_compared || timestamp_ms == other.timestamp_ms);
    }
};

Bytes all_of(const protocol::Record& record) {
    protocol::WireWriter writer;
    writer.put_nullable_bytes(record.key, protocol::Lengths::compact);
    writer.put_nullable_bytes(record.value, protocol::Lengths::compact);
    for (const protocol::RecordHeader& header : record.headers) {
        writer.put_string(header.key, protocol::Lengths::compact);
        writer.put_nullable_bytes(header.value, protocol::Lengths::compact);
    }
    return writer.flatten();
}

Result<SeenOffset> look_into(ByteView bytes, Offset offset) {
    SeenOffset seen;
    LS_TRY(batch, protocol::next_batch(bytes));
    if (!batch || batch->base_offset() > offset || batch->last_offset() < offset) {
        return seen;
    }
    LS_CHECK(check_crc(*batch));  // what was damaged on its way says nothing of the log
    seen.is_known = true;
    seen.may_be_aborted = batch->is_transactional();
    seen.is_marker = batch->is_control();
    if (seen.is_marker) {
        return seen;
    }
    LS_TRY(reader, protocol::RecordReader::open(*batch));
    while (true) {
        LS_TRY(record, reader.next());
        if (!record) {
            return seen;
        }
        if (reader.offset_of(*record) == offset) {
            seen.is_append_time = batch->is_log_append_time();
            seen.timestamp_ms = reader.timestamp_of(*record);
            seen.record = all_of(*record);
            return seen;
        }
    }
}

Task<Result<SeenOffset>> look_at(Cluster& cluster, LogPlace place, std::stop_token stop) {
    const Offset offset = place.offset;
    auto read = co_await client::read_batch_at(cluster, std::move(place), stop);
    if (read.has_error()) {
        const auto out_of_range = make_error_code(protocol::KafkaError::offset_out_of_range);
        co_return read.error().code == out_of_range ? Result<SeenOffset>(SeenOffset())
                                                    : Result<SeenOffset>(std::move(read).error());
    }
    co_return look_into(read->view(), offset);
}

}  // namespace

void CopiedEpochs::note(LeaderEpoch epoch, Offset base, Offset next) {
    if (base > end_) {
        begins_.clear();
    }
    end_ = next;
    while (!begins_.empty() && begins_.back().offset >= base) {
        begins_.pop_back();  // fetched again
    }
    if (begins_.empty() || begins_.back().epoch != epoch) {
        begins_.push_back({epoch, base});
    }
}

std::optional<LeaderEpoch> CopiedEpochs::before(Offset next) const {
    std::optional<LeaderEpoch> epoch;
    if (next > end_) {
        return epoch;
    }
    for (const Begin& begin : begins_) {
        if (begin.offset < next) {
            epoch = begin.epoch;
        }
    }
    return epoch;
}

Task<Result<bool>> may_be_same(Cluster& source, Cluster& target, CopiedRecord record,
                               std::stop_token stop) {
    const AppendTimeRule rule = record.append_time;
    auto on_target = co_await look_at(target, std::move(record.target), stop);
    LS_CO_TRY(copied, std::move(on_target));
    if (!copied.is_known || (!copied.record && !copied.is_marker)) {
        co_return true;  // compacted on the target
    }
    auto at_source = co_await look_at(source, std::move(record.source), stop);
    LS_CO_TRY(original, std::move(at_source));
    if (!original.record) {
        co_return true;  // compacted, or a marker
    }
    co_return copied.record ? copied.is_same(original, rule) : original.may_be_aborted;
}

Task<Result<bool>> may_have_record(Cluster& cluster, LogPlace place, std::stop_token stop) {
    auto looked = co_await look_at(cluster, std::move(place), stop);
    LS_CO_TRY(seen, std::move(looked));
    co_return !seen.is_known || seen.record.has_value();
}

Task<Result<int64_t>> first_difference(Cluster& source, Cluster& target, CopiedRecords records,
                                       std::stop_token stop) {
    int64_t from = records.first;
    int64_t differs = records.last;
    while (from < differs) {
        const int64_t middle = from + (differs - from) / 2;
        auto looked = co_await may_be_same(source, target, records.at(middle), stop);
        LS_CO_TRY(is_same, std::move(looked));
        if (is_same) {
            from = middle + 1;
        } else {
            differs = middle;
        }
    }
    co_return differs;
}

}  // namespace lockstep::replication

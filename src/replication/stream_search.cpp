#include "replication/stream_search.h"

#include "base/mutation.h"
#include "protocol/kafka_error.h"
#include "replication/log_reader.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::replication {

using runtime::Task;

namespace {

constexpr int64_t kSequences = int64_t{1} << 31;

/// The last record of the stream's that the partition's leader remembers.
Task<Result<std::optional<Sequence>>> remembered(client::Cluster& target,
                                                 const StreamSearch& search, std::stop_token stop) {
    auto described = co_await client::describe_producers(target, search.log_start.leader,
                                                         search.log_start.partition, stop);
    LS_CO_TRY(producers, std::move(described));
    for (const client::ProducerState& producer : producers) {
        if (producer.id == search.id && producer.last_sequence.value() >= 0) {
            co_return std::optional(producer.last_sequence);
        }
    }
    co_return std::optional<Sequence>();
}

/// The first record whose place is not known, from which others are told.
class KnownPlace {
public:
    explicit KnownPlace(const StreamMap& map)
        : record_(map.placed), offset_(map.target.offset_of(map.placed).value_or(Offset(0))) {}

    /// Each record takes an offset of its own.
    Ordinal most_before(Offset offset) const {
        return record_ + std::max<int64_t>(offset - offset_, 0);
    }
    void move(Ordinal record, Offset offset) {
        record_ = record;
        offset_ = offset;
    }

private:
    Ordinal record_;
    Offset offset_;
};

/// Whether there was any of the stream's.
Task<Result<bool>> read_headers(client::Cluster& target, StreamSearch search, StreamMap& map,
                                std::stop_token stop) {
    bool is_found = false;
    client::LogPlace place = search.log_start;
    place.offset = std::max(place.offset, map.target.offset_of(map.placed).value_or(place.offset));
    KnownPlace known(map);
    const BatchVisitor learn = [&](const protocol::RecordBatchView& batch) -> Result<bool> {
        if (batch.producer_id() == search.id && !batch.is_control()) {
            const Ordinal first =
                number_of(batch.base_sequence(), known.most_before(batch.base_offset()));
            map.target.add({first, batch.base_offset()});
            is_found = true;
            map.next = map.placed = first + (int64_t{batch.last_offset_delta()} + 1);
            known.move(map.next, batch.next_offset());
        }
        return true;
    };
    bool has_more = true;
    while (has_more && place.offset < search.log_end && !stop.stop_requested()) {
        auto visited = co_await visit_batches(target, place, learn, stop);
        LS_CO_TRY(has_moved, std::move(visited));
        has_more = has_moved;
    }
    co_return is_found;
}

/// A log that ends before where the map's records end has lost them (an unclean election). Where it
/// was emptied by retention, it still ends there. Of a map whose target side was never stored it is
/// only known that each record took an offset.
void forget_lost(const StreamSearch& search, StreamMap& map) {
    if (mutated(Mutation::map_keeps_lost_tail)) {
        return;
    }
    if (map.target.is_empty()) {
        map.next = std::min(map.next, Ordinal(search.log_end.value()));
        return;
    }
    const auto end = map.target.offset_of(map.next);
    const auto first_lost = map.target.first_at(search.log_end);
    if (end && *end > search.log_end && first_lost) {
        map.next = std::min(map.next, *first_lost);
        map.target.cut_behind(map.next);
        // It comes again, wherever it was: behind others that wrote there, or before all of them.
        if (map.target.offset_of(map.next) > search.log_end) {
            map.target.add({map.next, search.log_end});
        }
    }
    map.placed = std::min(map.placed, map.next);
}

}  // namespace

Ordinal number_of(Sequence sequence, Ordinal most) {
    const int64_t rounds = (most.value() - sequence.value()) / kSequences;
    return Ordinal(sequence.value() + std::max<int64_t>(rounds, 0) * kSequences);
}

Task<Result<void>> find_stream(client::Cluster& target, StreamSearch search, StreamMap& map,
                               std::stop_token stop) {
    forget_lost(search, map);
    if (search.tail && search.tail->producer_id == search.id && !search.tail->is_marker) {
        const KnownPlace known(map);
        const Ordinal last =
            number_of(search.tail->last_sequence, known.most_before(search.log_end - 1));
        if (map.target.offset_of(last + 1) == search.log_end) {
            map.next = map.placed = last + 1;
            co_return Result<void>();
        }
    }
    auto asked = co_await remembered(target, search, stop);
    LS_CO_TRY(newest, std::move(asked));
    const auto next_by_broker = [&]() -> std::optional<Ordinal> {
        const KnownPlace known(map);
        return newest ? std::optional(number_of(*newest, known.most_before(search.log_end - 1)) + 1)
                      : std::nullopt;
    };
    if (next_by_broker() == map.next && map.placed == map.next) {
        co_return Result<void>();
    }
    const Ordinal delivered = map.next;
    auto read = co_await read_headers(target, search, map, stop);
    LS_CO_TRY(is_found, std::move(read));
    const auto next = next_by_broker();
    const Offset expected = map.target.offset_of(map.placed).value_or(Offset(0));
    const bool is_behind = next && *next > map.next && (!is_found || delivered > map.next);
    if (is_behind && (is_found || search.log_start.offset <= expected)) {
        // Nothing was deleted: they are behind the end that the log had. Where they are cannot be
        // told from their number, as others may write between them.
        co_return Error(Errc::timeout,
                        search.log_start.partition.to_string() + " has just been written to");
    }
    if (next && !is_found) {
        // Its records may have been deleted; the broker remembers the number all the same.
        map.next = std::max(map.next, *next);
    }
    map.placed = map.next;
    co_return Result<void>();
}

Task<Result<void>> check_nothing_above(client::Cluster& target, StreamSearch search,
                                       const StreamMap& map, std::stop_token stop) {
    auto asked = co_await remembered(target, search, stop);
    LS_CO_TRY(newest, std::move(asked));
    if (newest && number_of(*newest, map.next + kSequences / 2) >= map.next) {
        co_return Error(
            make_error_code(protocol::KafkaError::not_enough_replicas_after_append),
            fmt::format("{} has records that were sent to it, but not all of its replicas in sync "
                        "have them yet",
                        search.log_start.partition.to_string()));
    }
    co_return Result<void>();
}

}  // namespace lockstep::replication

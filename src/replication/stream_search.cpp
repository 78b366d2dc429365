#include "replication/stream_search.h"

#include "base/mutation.h"
#include "protocol/kafka_error.h"

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

/// A place that is known, from which others are told.
class KnownPlace {
public:
    explicit KnownPlace(const StreamMap& map)
        : record_(map.next), offset_(map.target.offset_of(map.next).value_or(Offset(0))) {}

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
    place.offset = std::max(place.offset, map.target.offset_of(map.next).value_or(place.offset));
    KnownPlace known(map);
    while (place.offset < search.log_end && !stop.stop_requested()) {
        auto fetched = co_await client::fetch_uncommitted_log(target, place, stop);
        LS_CO_TRY(log, std::move(fetched));
        ByteView rest = log.records;
        const Offset begun = place.offset;
        while (true) {
            LS_CO_TRY(batch, protocol::next_batch(rest));
            if (!batch) {
                break;
            }
            place.offset = std::max(place.offset, batch->next_offset());
            if (batch->producer_id() != search.id || batch->is_control()) {
                continue;
            }
            const Ordinal first =
                number_of(batch->base_sequence(), known.most_before(batch->base_offset()));
            map.target.add({first, batch->base_offset()});
            is_found = true;
            map.next = first + (int64_t{batch->last_offset_delta()} + 1);
            known.move(map.next, batch->next_offset());
        }
        if (place.offset == begun) {
            break;  // what is behind has been compacted away
        }
    }
    co_return is_found;
}

/// A log that ends before where the map's records end has lost them (an unclean election). Where it
/// was emptied by retention, it still ends there.
void forget_lost(const StreamSearch& search, StreamMap& map) {
    const auto end = map.target.offset_of(map.next);
    const auto first_lost = map.target.first_at(search.log_end);
    const bool has_lost = end && *end > search.log_end && first_lost;
    if (has_lost && !mutated(Mutation::map_keeps_lost_tail)) {
        map.next = std::min(map.next, *first_lost);
    }
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
            map.next = last + 1;
            co_return Result<void>();
        }
    }
    auto asked = co_await remembered(target, search, stop);
    LS_CO_TRY(newest, std::move(asked));
    if (newest) {
        const KnownPlace known(map);
        const Ordinal next = number_of(*newest, known.most_before(search.log_end - 1)) + 1;
        const bool is_placed = map.next.value() == 0 || !map.target.is_empty();
        if (next == map.next && is_placed) {
            co_return Result<void>();
        }
    }
    auto read = co_await read_headers(target, search, map, stop);
    LS_CO_TRY(is_found, std::move(read));
    if (newest && !is_found) {
        const KnownPlace known(map);
        const Ordinal next = number_of(*newest, known.most_before(search.log_end - 1)) + 1;
        const Offset expected = map.target.offset_of(map.next).value_or(Offset(0));
        if (next > map.next && search.log_start.offset <= expected) {
            // Nothing was deleted: they are behind the end that the log had. Where they are cannot
            // be told from their number, as others may write between them.
            co_return Error(Errc::timeout,
                            search.log_start.partition.to_string() + " has just been written to");
        }
        // Its records may have been deleted; the broker remembers the number all the same.
        map.next = std::max(map.next, next);
    }
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

#include "replication/share_place.h"

#include "replication/log_cursor.h"

namespace lockstep::replication {

using client::DeliveredRange;
using client::DeliveredRanges;
using runtime::Task;

namespace {

bool is_finished(const DeliveredRanges& delivered, Offset offset) {
    for (const DeliveredRange& range : delivered) {
        if (range.first <= offset && offset <= range.last) {
            return range.is_finished;
        }
    }
    return false;
}

/// Of the batch that the cursor has at hand: the first record that is not finished.
Result<std::optional<Offset>> unfinished_in_batch(LogCursor& cursor,
                                                  const DeliveredRanges& delivered) {
    while (true) {
        LS_TRY(has_record, cursor.unpack());
        if (!has_record) {
            return std::optional<Offset>();
        }
        const Offset offset = cursor.record().offset;
        if (!is_finished(delivered, offset)) {
            return std::optional(offset);
        }
        cursor.skip_record();
    }
}

}  // namespace

Task<Result<Offset>> first_unfinished_record(client::Cluster& cluster, DeliveredLog log,
                                             std::stop_token stop) {
    LogCursor cursor(cluster, log.from, log.end);
    while (true) {
        auto loaded = co_await cursor.load(stop);
        LS_CO_TRY(has_batch, std::move(loaded));
        if (!has_batch) {
            break;
        }
        LS_CO_TRY(unfinished, unfinished_in_batch(cursor, log.delivered));
        if (unfinished) {
            co_return *unfinished;
        }
    }
    if (!cursor.has_reached_end()) {
        co_return Error(Errc::not_found, "the log of " + log.from.partition.to_string() + " on " +
                                             cluster.name() +
                                             " cannot be read up to its last delivery");
    }
    co_return log.end;
}

}  // namespace lockstep::replication

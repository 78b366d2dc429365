#include "replication/map_rebuild.h"

#include "replication/record_hash.h"
#include "replication/translated_copy.h"

#include <fmt/core.h>

namespace lockstep::replication {

using client::Cluster;
using runtime::Task;

namespace {

constexpr size_t kMostRecords = 4'000'000;  // of each log: 16 bytes each, and as much for an index

Task<Result<std::vector<HashedRecord>>> read_all(LogCursor& cursor, AppendTimeRule append_time,
                                                 std::stop_token stop) {
    std::vector<HashedRecord> records;
    while (!stop.stop_requested()) {
        auto loaded = co_await cursor.load(stop);
        LS_CO_TRY(has_batch, std::move(loaded));
        if (!has_batch) {
            co_return records;
        }
        while (true) {
            LS_CO_TRY(has_record, cursor.unpack());
            if (!has_record) {
                break;
            }
            if (const auto place = cursor.record().place) {
                // Without the time where it may be the broker's on one side only.
                const bool has_time = append_time == AppendTimeRule::keep;
                const int64_t time_ms = has_time ? cursor.record().timestamp_ms : 0;
                records.push_back({place->value(), hash_of(time_ms, cursor.record().content)});
            }
            cursor.skip_record();
        }
        if (records.size() > kMostRecords) {
            co_return Error(Errc::limit_exceeded,
                            fmt::format("more than {} records", kMostRecords));
        }
    }
    co_return Error(Errc::stopped, "stopped");
}

}  // namespace

Task<Result<MapAlignment>> rebuild_map(Cluster& source, Cluster& target, LostMap lost,
                                       std::stop_token stop) {
    LogCursor from_target(target, lost.target_start, lost.target_end);
    const TranslatedCopy copy{&lost.map, lost.stream, lost.origins, lost.index};
    from_target.see(view_of_target(copy));
    auto copied = co_await read_all(from_target, lost.append_time, stop);
    LS_CO_TRY(copies, std::move(copied));
    LogCursor from_source(source, lost.source_start, lost.source_end);
    from_source.see({view_of_source(copy).sees, [](Offset offset) { return offset; }});
    auto original = co_await read_all(from_source, lost.append_time, stop);
    LS_CO_TRY(records, std::move(original));
    co_return align_copy(records, copies);
}

}  // namespace lockstep::replication

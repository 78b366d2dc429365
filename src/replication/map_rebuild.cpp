#include "replication/map_rebuild.h"

#include "replication/translated_copy.h"

#include <fmt/core.h>

#include <functional>

namespace lockstep::replication {

using client::Cluster;
using runtime::Task;

namespace {

constexpr size_t kMostRecords = 4'000'000;  // of each log: 16 bytes each, and as much for an index

void add_to(uint64_t& hash, uint64_t more) {
    hash = (hash ^ more) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 32;
}

void add_to(uint64_t& hash, const std::optional<ByteView>& bytes) {
    add_to(hash, bytes ? bytes->size() + 1 : 0);
    if (bytes) {
        add_to(hash, std::hash<std::string_view>{}(as_text(*bytes)));
    }
}

/// Without the time where it may be the broker's on one side only.
uint64_t hash_of(const SeenRecord& record, AppendTimeRule append_time) {
    const bool has_time = append_time == AppendTimeRule::keep;
    uint64_t hash = has_time ? static_cast<uint64_t>(record.timestamp_ms) : 0;
    add_to(hash, record.content.key);
    add_to(hash, record.content.value);
    for (const protocol::RecordHeader& header : record.content.headers) {
        add_to(hash, as_bytes(header.key));
        add_to(hash, header.value);
    }
    return hash;
}

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
                records.push_back({place->value(), hash_of(cursor.record(), append_time)});
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

#include "replication/copy_start.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::replication {

using runtime::Task;

namespace {

std::string what_is_asked(const TopicPartition& id) {
    return fmt::format("find the record of a time in {}", id.to_string());
}

}  // namespace

bool is_start_open(const PartitionLogs& logs, bool has_map) {
    return logs.target_end.value() == 0 && !has_map;
}

Task<RecordsOfTime> find_records_of_time(client::Cluster& source, StartQuery query,
                                         std::stop_token stop) {
    RecordsOfTime found;
    if (query.rule.kind != StartRule::Kind::timestamp) {
        co_return found;
    }
    client::OffsetQuery asked{query.leader, query.partitions, query.rule.timestamp_ms};
    const auto listed = co_await client::list_offsets(source, std::move(asked), stop);
    if (listed.has_error()) {
        for (const TopicPartition& id : query.partitions) {
            found.emplace(id, listed.error());
        }
        co_return found;
    }
    for (const client::OffsetAnswer& answer : *listed) {
        if (answer.error) {
            found.emplace(answer.partition, Error(answer.error, what_is_asked(answer.partition)));
        } else {
            found.emplace(answer.partition, answer.offset);
        }
    }
    co_return found;
}

Result<void> begin_late(const StartRule& rule, const TopicPartition& id, const RecordsOfTime& found,
                        PartitionLogs& logs) {
    if (rule.kind == StartRule::Kind::latest) {
        logs.source_start = logs.source_end;
    } else if (rule.kind == StartRule::Kind::timestamp) {
        const auto answer = found.find(id);
        if (answer == found.end()) {
            return Error(Errc::malformed, what_is_asked(id));
        }
        LS_TRY(first, answer->second);
        logs.source_start =
            first.value() < 0 ? logs.source_end : std::max(first, logs.source_start);
    }
    return {};
}

}  // namespace lockstep::replication

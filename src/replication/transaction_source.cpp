#include "replication/transaction_source.h"

#include "protocol/transaction_log.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <map>

namespace lockstep::replication {

using client::Cluster;
using protocol::RecordBatchView;
using runtime::Task;

namespace {

constexpr size_t kAtOnce = 4;  // partitions that are scanned
constexpr int kMoments = 10;
constexpr std::chrono::milliseconds kBetweenMoments{20};  // about as long as a commit takes
constexpr Offset kNone{-1};

}  // namespace

namespace {

/// One call of offsets_of(): asks all leaders at the same time.
class AskingOffsets {
public:
    AskingOffsets(Cluster& cluster, OffsetsOf asked)
        : cluster_(cluster), asked_(std::move(asked)), tasks_(cluster.runtime().loop) {}

    Task<Result<std::vector<Offset>>> run(std::stop_token stop) {
        std::map<BrokerId, std::vector<TopicPartition>> by_leader;
        for (const TopicPartition& partition : asked_.partitions) {
            const auto leader = cluster_.metadata().leader_of(partition);
            if (!leader) {
                co_return Error(Errc::not_found,
                                partition.to_string() + " has no leader on " + cluster_.name());
            }
            by_leader[leader->leader].push_back(partition);
        }
        for (auto& [leader, partitions] : by_leader) {
            client::OffsetQuery query{leader, std::move(partitions), asked_.timestamp};
            tasks_.spawn("ask for offsets", ask(std::move(query), stop));
        }
        co_await tasks_.join();
        co_return answer();
    }

private:
    Task<void> ask(client::OffsetQuery query, std::stop_token stop) {
        auto listed = co_await client::list_offsets(cluster_, std::move(query), stop);
        if (listed.has_error()) {
            error_ = listed.error();
            co_return;
        }
        for (const client::OffsetAnswer& answer : *listed) {
            if (answer.error) {
                error_ =
                    Error(answer.error, fmt::format("list the offsets of {} on {}",
                                                    answer.partition.to_string(), cluster_.name()));
            }
            found_[answer.partition] = answer.offset;
        }
    }

    Result<std::vector<Offset>> answer() const {
        if (error_) {
            return *error_;
        }
        std::vector<Offset> offsets;
        for (const TopicPartition& partition : asked_.partitions) {
            const auto found = found_.find(partition);
            if (found == found_.end()) {
                return Error(Errc::malformed, "the answer to ListOffsets of " + cluster_.name() +
                                                  " lacks " + partition.to_string());
            }
            offsets.push_back(found->second);
        }
        return offsets;
    }

    Cluster& cluster_;
    OffsetsOf asked_;
    std::map<TopicPartition, Offset> found_;
    std::optional<Error> error_;
    runtime::TaskGroup tasks_;
};

}  // namespace

Task<Result<std::vector<Offset>>> offsets_of(Cluster& cluster, OffsetsOf asked,
                                             std::stop_token stop) {
    AskingOffsets asking(cluster, std::move(asked));
    auto offsets = co_await asking.run(stop);
    co_return offsets;
}

TransactionSource::TransactionSource(Cluster& source, std::vector<TopicPartition> partitions)
    : source_(source),
      partitions_(std::move(partitions)),
      freed_(source.runtime().loop),
      tasks_(source.runtime().loop) {
    for (size_t i = 0; i < partitions_.size(); ++i) {
        numbers_[partitions_[i]] = i;
    }
    const auto* logs = source.metadata().find_topic(std::string(protocol::kTransactionLogTopic));
    const size_t count = logs == nullptr ? 0 : logs->partitions.size();
    for (size_t i = 0; i < count; ++i) {
        logs_.push_back({protocol::kTransactionLogTopic, PartitionIndex(static_cast<int32_t>(i))});
    }
    if (count == 0) {
        history_problem_ = fmt::format("{} has no topic {} that we may see", source.name(),
                                       protocol::kTransactionLogTopic);
    }
}

Task<Result<void>> TransactionSource::look(std::stop_token stop) {
    OffsetsOf earliest{partitions_, client::kEarliestOffset};
    auto starting = co_await offsets_of(source_, std::move(earliest), stop);
    LS_CO_TRY(starts, std::move(starting));
    starts_ = std::move(starts);
    auto taking = co_await take_moment(stop);
    LS_CO_CHECK(std::move(taking));
    scans_.resize(partitions_.size());
    for (size_t i = 0; i < partitions_.size(); ++i) {
        scans_[i].from = scans_[i].end = scans_[i].dense_from = ends()[i];
    }
    co_return Result<void>();
}

Task<Result<void>> TransactionSource::look_more(std::stop_token stop) {
    for (int i = 1; i < kMoments; ++i) {
        co_await runtime::sleep_for(source_.runtime().loop, kBetweenMoments, stop);
        auto taking = co_await take_moment(stop);
        LS_CO_CHECK(std::move(taking));
    }
    co_return Result<void>();
}

Task<Result<void>> TransactionSource::take_moment(std::stop_token stop) {
    SourceMoment moment;
    moment.logs_before = co_await log_ends(stop);
    OffsetsOf latest{partitions_};
    auto reading = co_await offsets_of(source_, std::move(latest), stop);
    LS_CO_TRY(ends, std::move(reading));
    moment.partitions = std::move(ends);
    moment.logs_after = co_await log_ends(stop);
    moments_.push_back(std::move(moment));
    co_return Result<void>();
}

/// Empty where the logs cannot be seen.
Task<std::vector<Offset>> TransactionSource::log_ends(std::stop_token stop) {
    std::vector<Offset> ends;
    if (!history_problem_.empty()) {
        co_return ends;
    }
    OffsetsOf asked{logs_};
    auto reading = co_await offsets_of(source_, std::move(asked), stop);
    if (reading.has_error()) {
        history_problem_ = reading.error().message();
    } else {
        ends = std::move(*reading);
    }
    co_return ends;
}

Task<Result<void>> TransactionSource::scan(std::vector<ScanFrom> wanted, std::stop_token stop) {
    scan_error_.reset();
    for (const ScanFrom& place : wanted) {
        while (tasks_.running() >= kAtOnce) {
            co_await freed_.wait();
        }
        tasks_.spawn("scan", scan_one(place, stop));
    }
    co_await tasks_.join();
    if (scan_error_) {
        co_return *scan_error_;
    }
    co_return Result<void>();
}

Task<void> TransactionSource::scan_one(ScanFrom place, std::stop_token stop) {
    auto scanning = co_await scanned(place, stop);
    if (scanning.has_value()) {
        const int64_t since_ms = scans_[place.partition].since_ms;
        scans_[place.partition] = std::move(*scanning);
        PartitionScan& scan = scans_[place.partition];
        scan.since_ms = std::min(scan.since_ms, since_ms);
    } else if (!scan_error_) {
        scan_error_ = scanning.error();
    }
    freed_.notify_all();
}

Task<Result<PartitionScan>> TransactionSource::scanned(ScanFrom place, std::stop_token stop) {
    const Offset end = ends()[place.partition];
    TransactionScanner scanner(place.from, end, place.from <= starts_[place.partition]);
    Stretch stretch{partitions_[place.partition], place.from, end, {}};
    stretch.show = [&scanner](const RecordBatchView& batch) { return scanner.take(batch); };
    auto reading = co_await read(std::move(stretch), stop);
    LS_CO_CHECK(std::move(reading));
    co_return std::move(scanner).finish();
}

Task<Result<void>> TransactionSource::scan_since(std::vector<ScanSince> wanted,
                                                 std::stop_token stop) {
    std::map<int64_t, std::vector<size_t>> by_time;  // mostly one time for all of them
    for (const ScanSince& since : wanted) {
        by_time[since.since_ms].push_back(since.partition);
    }
    std::vector<ScanFrom> places;
    for (const auto& [since_ms, partitions] : by_time) {
        OffsetsOf asked{{}, std::max<int64_t>(since_ms, 0)};
        for (const size_t partition : partitions) {
            asked.partitions.push_back(partitions_[partition]);
        }
        auto finding = co_await offsets_of(source_, std::move(asked), stop);
        LS_CO_TRY(found, std::move(finding));
        for (size_t i = 0; i < partitions.size(); ++i) {
            PartitionScan& scan = scans_[partitions[i]];
            scan.since_ms = std::min(scan.since_ms, since_ms);
            if (found[i] != kNone && found[i] < scan.from) {
                places.push_back({partitions[i], std::max(found[i], starts_[partitions[i]])});
            }
        }
    }
    auto scanning = co_await scan(std::move(places), stop);
    co_return scanning;
}

Task<void> TransactionSource::read_history(int64_t since_ms, std::stop_token stop) {
    if (!history_problem_.empty()) {
        co_return;
    }
    auto reading = co_await read_logs(since_ms, stop);
    if (reading.has_error()) {
        history_.reset();
        history_problem_ = reading.error().message();
    }
}

Task<Result<void>> TransactionSource::read_logs(int64_t since_ms, std::stop_token stop) {
    TransactionHistoryReader reader(numbers_, logs_.size());
    OffsetsOf earliest{logs_, client::kEarliestOffset};
    auto starting = co_await offsets_of(source_, std::move(earliest), stop);
    LS_CO_TRY(from, std::move(starting));
    OffsetsOf asked{logs_, std::max<int64_t>(since_ms, 0)};
    auto finding = co_await offsets_of(source_, std::move(asked), stop);
    LS_CO_TRY(found, std::move(finding));
    for (size_t log = 0; log < logs_.size(); ++log) {
        const Offset first = moments_.front().logs_before[log];
        const Offset begin = found[log] == kNone ? first : std::min(found[log], first);
        from[log] = std::max(from[log], begin);
        auto reading = co_await read_log(log, from[log], reader, stop);
        LS_CO_CHECK(std::move(reading));
    }
    history_ = std::move(reader).finish();
    co_return Result<void>();
}

Task<Result<void>> TransactionSource::read_log(size_t log, Offset from,
                                               TransactionHistoryReader& reader,
                                               std::stop_token stop) {
    reader.begin(log, from);
    Stretch stretch{logs_[log], from, moments_.back().logs_after[log], {}};
    stretch.show = [&reader](const RecordBatchView& batch) { return reader.take(batch); };
    auto reading = co_await read(std::move(stretch), stop);
    co_return reading;
}

Task<Result<void>> TransactionSource::read(Stretch stretch, std::stop_token stop) {
    const auto leader = source_.metadata().leader_of(stretch.partition);
    if (!leader) {
        co_return Error(Errc::not_found,
                        stretch.partition.to_string() + " has no leader on " + source_.name());
    }
    client::LogPlace next{leader->leader, stretch.partition, stretch.from};
    while (next.offset < stretch.end) {
        auto fetching = co_await client::fetch_uncommitted_log(source_, next, stop);
        LS_CO_TRY(fetched, std::move(fetching));
        const Offset before = next.offset;
        ByteView rest = fetched.records;
        while (next.offset < stretch.end) {
            LS_CO_TRY(batch, protocol::next_batch(rest));
            if (!batch) {
                break;
            }
            if (batch->last_offset() < next.offset) {
                continue;
            }
            if (!batch->verify_crc()) {
                co_return Error(
                    Errc::checksum_mismatch,
                    fmt::format("batch at offset {} of {} on {}", batch->base_offset().value(),
                                stretch.partition.to_string(), source_.name()));
            }
            if (batch->base_offset() < stretch.end) {
                LS_CO_CHECK(stretch.show(*batch));
            }
            next.offset = batch->next_offset();
        }
        if (next.offset == before) {
            co_return Error(Errc::not_found,
                            fmt::format("{} on {} ends at offset {}, and went to {} just before",
                                        stretch.partition.to_string(), source_.name(),
                                        before.value(), stretch.end.value()));
        }
    }
    co_return Result<void>();
}

SourceView TransactionSource::view() const {
    return {scans_, history_ ? &*history_ : nullptr, moments_};
}

}  // namespace lockstep::replication

#include "replication/returned_mirror.h"

#include "model/tagged_producer_id.h"
#include "protocol/record_batch.h"
#include "protocol/records.h"
#include "replication/log_reader.h"
#include "replication/record_hash.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::replication {

using client::Cluster;
using protocol::RecordBatchView;
using runtime::Task;

namespace {

constexpr int kMostSamples = 16;
constexpr int kMostFetches = 8;  // of some MB: for a gap, and for a sample at the source

/// A record that somebody else has written.
struct Sample {
    Offset offset;
    int64_t timestamp_ms = 0;
    uint64_t hash = 0;
    bool is_append_time = false;  // the target's
};

/// Nothing of what cannot be read: it is not ours to complain of.
std::optional<Sample> first_record(const RecordBatchView& batch) {
    auto reader = protocol::RecordReader::open(batch);
    if (reader.has_error()) {
        return std::nullopt;
    }
    const auto record = reader->next();
    if (record.has_error() || !*record) {
        return std::nullopt;
    }
    const int64_t timestamp_ms = reader->timestamp_of(**record);
    return Sample{reader->offset_of(**record), timestamp_ms, hash_of(timestamp_ms, **record),
                  batch.is_log_append_time()};
}

Result<bool> has_record(const RecordBatchView& batch, const Sample& sample) {
    if (batch.is_control() || batch.max_timestamp() < sample.timestamp_ms) {
        return false;
    }
    LS_TRY(reader, protocol::RecordReader::open(batch));
    while (true) {
        LS_TRY(record, reader.next());
        if (!record) {
            return false;
        }
        if (reader.timestamp_of(*record) == sample.timestamp_ms &&
            hash_of(sample.timestamp_ms, *record) == sample.hash) {
            return true;
        }
    }
}

/// One call of find_mirrored().
class Search {
public:
    Search(Cluster& source, Cluster& target, MirrorSearch search, std::stop_token stop)
        : source_(source),
          target_(target),
          search_(std::move(search)),
          stop_(std::move(stop)) {}

    Task<Result<std::optional<Offset>>> run() {
        for (const OffsetGap& gap : search_.gaps) {
            auto gathered = co_await gather(gap);
            LS_CO_TRY(samples, std::move(gathered));
            for (const Sample& sample : samples) {
                auto looked = co_await is_at_source(sample);
                LS_CO_TRY(is_there, std::move(looked));
                if (is_there) {
                    co_return std::optional(sample.offset);
                }
            }
            samples_left_ -= static_cast<int>(samples.size());
        }
        co_return std::optional<Offset>();
    }

private:
    Task<Result<std::vector<Sample>>> gather(OffsetGap gap) {
        std::vector<Sample> samples;
        client::LogPlace place = search_.target;
        place.offset = gap.from;
        const BatchVisitor sample = [&](const RecordBatchView& batch) -> Result<bool> {
            const bool is_enough = static_cast<int>(samples.size()) >= samples_left_;
            if (is_enough || batch.base_offset() >= gap.to) {
                return false;
            }
            const bool is_others = !batch.is_control() && !origin_of(batch.producer_id());
            if (is_others && batch.base_offset() >= gap.from) {
                if (const auto first = first_record(batch)) {
                    samples.push_back(*first);
                }
            }
            return true;
        };
        bool has_more = true;
        for (int i = 0; i < kMostFetches && has_more && place.offset < gap.to; ++i) {
            auto visited = co_await visit_batches(target_, place, sample, stop_);
            LS_CO_TRY(has_moved, std::move(visited));
            has_more = has_moved;
        }
        co_return samples;
    }

    Task<Result<bool>> is_at_source(Sample sample) {
        if (sample.is_append_time) {
            co_return true;
        }
        client::LogPlace place = search_.source;
        client::OffsetQuery query{place.leader, {place.partition}, sample.timestamp_ms};
        auto listed = co_await client::list_offsets(source_, std::move(query), stop_);
        LS_CO_TRY(answers, std::move(listed));
        if (answers.empty() || answers.front().error) {
            co_return Error(
                answers.empty() ? make_error_code(Errc::malformed) : answers.front().error,
                fmt::format("find the record of a time in {}", place.partition.to_string()));
        }
        place.offset = answers.front().offset;
        bool is_there = false;
        const BatchVisitor look = [&](const RecordBatchView& batch) -> Result<bool> {
            LS_TRY(has_it, has_record(batch, sample));
            is_there = has_it;
            return !is_there;
        };
        bool has_more = true;
        for (int i = 0; i < kMostFetches && has_more && place.offset.value() >= 0; ++i) {
            auto visited = co_await visit_batches(source_, place, look, stop_);
            LS_CO_TRY(has_moved, std::move(visited));
            has_more = has_moved && !is_there;
        }
        co_return is_there;
    }

    Cluster& source_;
    Cluster& target_;
    MirrorSearch search_;
    std::stop_token stop_;
    int samples_left_ = kMostSamples;
};

}  // namespace

std::vector<OffsetGap> gaps_between_own(const StreamMap& map, OffsetGap part, size_t most) {
    std::vector<OffsetGap> gaps;
    const auto& runs = map.target.runs();
    if (runs.empty()) {
        return gaps;
    }
    Offset reached = part.from;
    const auto add = [&](Offset to) {
        if (reached < std::min(to, part.to)) {
            gaps.push_back({reached, std::min(to, part.to)});
        }
    };
    for (size_t i = 0; i < runs.size() && runs[i].first < map.next; ++i) {
        const Ordinal end = i + 1 < runs.size() ? std::min(runs[i + 1].first, map.next) : map.next;
        add(runs[i].offset);
        reached = std::max(reached, runs[i].offset + (end - runs[i].first));
    }
    add(part.to);
    if (gaps.size() > most) {
        gaps.erase(gaps.begin(), gaps.end() - static_cast<std::ptrdiff_t>(most));
    }
    std::ranges::reverse(gaps);
    return gaps;
}

Task<Result<std::optional<Offset>>> find_mirrored(Cluster& source, Cluster& target,
                                                  MirrorSearch search, std::stop_token stop) {
    Search looking(source, target, std::move(search), std::move(stop));
    auto found = co_await looking.run();
    co_return found;
}

std::string returned_mirror_text(Offset at_target) {
    return fmt::format(
        "the mirror that it goes on with has written to it since it was taken over: the record at "
        "offset {} of the copy is one that the source has, too, and Lockstep has not written it",
        at_target.value());
}

}  // namespace lockstep::replication

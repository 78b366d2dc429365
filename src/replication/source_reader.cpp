#include "replication/source_reader.h"

#include "base/mutation.h"
#include "protocol/kafka_error.h"
#include "replication/partition_replicator.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::replication {

using runtime::Task;

namespace {

constexpr int16_t kLastVersionWithNames = 12;
constexpr auto kLongPoll = std::chrono::milliseconds(500);
/// A lost session is begun anew at once; a broker that refuses every one is not asked all the time.
constexpr auto kLostSessionPause = std::chrono::milliseconds(200);
constexpr auto kShortPoll = std::chrono::milliseconds(10);

/// A broker without a session for us names every partition, also where there is nothing new.
bool has_found_something(const protocol::FetchResponse& response) {
    return std::ranges::any_of(response.responses, [](const auto& topic) {
        return std::ranges::any_of(topic.partitions, [](const auto& data) {
            return data.error_code != 0 || !data.records.view().empty();
        });
    });
}

}  // namespace

SourceReader::SourceReader(client::Cluster& source, Place place, Shared shared)
    : source_(source),
      place_(place),
      budget_(shared.budget),
      latency_(shared.latency),
      pace_(shared.pace),
      priority_(shared.priority),
      size_(shared.budget.limit_bytes() / 8),
      changed_(source.runtime().loop) {}

void SourceReader::add(PartitionReplicator& partition) {
    session_.want(partition.id(), partition.source_topic_id(), partition.fetch_position());
    if (partitions_.try_emplace(partition.id(), &partition).second) {
        without_topic_id_ += partition.source_topic_id().is_zero() ? 1 : 0;
        changed_.notify_all();
    }
}

void SourceReader::remove(PartitionReplicator& partition) {
    session_.forget(partition.id());
    if (partitions_.erase(partition.id()) > 0) {
        without_topic_id_ -= partition.source_topic_id().is_zero() ? 1 : 0;
    }
}

Task<void> SourceReader::run(std::stop_token stop) {
    client::ConnectionPtr last;
    while (!stop.stop_requested()) {
        if (session_.wants_nothing()) {
            co_await changed_.wait(runtime::kNever, stop);
            continue;
        }
        if (sessions_lost_in_a_row_ > 1) {
            co_await runtime::sleep_for(source_.runtime().loop, kLostSessionPause, stop);
        }
        co_await keep_pace(stop);
        auto connected =
            co_await source_.broker(place_.broker, client::Purpose::fetch, stop, place_.number);
        if (connected.has_error()) {
            fail_all(connected.error());
            continue;
        }
        if (*connected != last) {
            session_.reset();
            last = *connected;
        }
        const int64_t asked_bytes = size_.max_bytes();
        auto lease = co_await budget_.acquire(asked_bytes, stop, priority_);
        if (lease == nullptr) {
            break;
        }
        if (session_.wants_nothing()) {
            continue;
        }
        pace_.awaited_bytes += asked_bytes;
        auto fetched = co_await fetch_once(last, std::move(lease));
        pace_.awaited_bytes -= asked_bytes;
        if (fetched.has_error() && !stop.stop_requested()) {
            session_.reset();
            fail_all(fetched.error());
        }
    }
}

/// Waits until what was read before is paid off, and for the rest after what found nothing.
Task<void> SourceReader::keep_pace(std::stop_token stop) {
    auto& loop = source_.runtime().loop;
    if (pace_.rest && has_found_nothing_) {
        co_await runtime::sleep_for(loop, *pace_.rest, stop);
    }
    while (pace_.rate && loop.now() < pace_.rate->free_at() && !stop.stop_requested()) {
        co_await runtime::sleep_until(loop, pace_.rate->free_at(), stop);
    }
}

int32_t SourceReader::most_bytes() const {
    const auto most = static_cast<int32_t>(size_.max_bytes());
    return pace_.rate ? pace_.rate->chunk_bytes(most) : most;
}

Task<Result<void>> SourceReader::fetch_once(client::ConnectionPtr connection,
                                            std::shared_ptr<MemoryBudget::Lease> lease) {
    using protocol::FetchRequest;
    const int16_t highest =
        without_topic_id_ > 0 ? kLastVersionWithNames : FetchRequest::kMaxVersion;
    LS_CO_TRY(version, connection->version_of<FetchRequest>(highest));
    client::FetchLimits limits;
    limits.max_wait = paused_ > 0 ? kShortPoll : kLongPoll;
    limits.max_bytes = most_bytes();
    limits.partition_max_bytes =
        std::min(limits.max_bytes, size_.partition_max_bytes(partitions_.size()));
    const FetchRequest request = session_.build(limits);

    auto& loop = source_.runtime().loop;
    const int64_t own_bytes = size_.max_bytes();
    const auto begun = loop.now();
    auto called = co_await connection->call(request, version);
    LS_CO_TRY(answer, std::move(called));
    latency_.observe(std::chrono::duration<double>(loop.now() - begun).count());
    if (pace_.rate) {
        pace_.rate->charge(static_cast<int64_t>(answer.frame.size), loop.now());
    }
    has_found_nothing_ = !has_found_something(answer.message);
    if (!session_.accept(answer.message)) {
        ++sessions_lost_in_a_row_;
        co_return Result<void>();
    }
    sessions_lost_in_a_row_ = 0;
    if (!has_found_nothing_) {
        // What other readers only wait for is not there to be sent.
        const int64_t held_bytes = budget_.used_bytes() - (pace_.awaited_bytes - own_bytes);
        size_.on_answer(answer.frame.size, held_bytes <= limits.max_bytes);
    } else if (limits.max_wait == kLongPoll) {
        size_.on_nothing();
    }
    lease->resize(static_cast<int64_t>(answer.frame.size));
    deliver(answer.message, with_lease(std::move(answer.frame), std::move(lease)));
    co_return Result<void>();
}

void SourceReader::deliver(const protocol::FetchResponse& response, const Slice& frame) {
    for (const auto& topic : response.responses) {
        const std::string* name = session_.topic_name(topic);
        if (name == nullptr) {
            continue;
        }
        for (const auto& data : topic.partitions) {
            const TopicPartition id{*name, PartitionIndex(data.partition_index)};
            const auto found = partitions_.find(id);
            // One that was moved or removed while the fetch was under way gets what it asked for by
            // the next.
            const bool is_asked = session_.is_told(id) || mutated(Mutation::stale_fetch_taken);
            if (found != partitions_.end() && is_asked) {
                found->second->on_fetched(data, frame);
            }
        }
    }
}

void SourceReader::fail_all(const Error& error) {
    std::vector<PartitionReplicator*> members;
    for (const auto& [id, partition] : partitions_) {
        members.push_back(partition);
    }
    std::ranges::sort(members, {}, [](const PartitionReplicator* member) { return member->id(); });
    for (PartitionReplicator* member : members) {
        Error own = error;
        member->on_fetch_failed(
            std::move(own).within(fmt::format("fetch {}", member->id().to_string())));
    }
}

}  // namespace lockstep::replication

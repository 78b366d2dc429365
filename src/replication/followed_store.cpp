#include "replication/followed_store.h"

#include "base/log.h"
#include "client/log_append.h"
#include "client/topic_presence.h"
#include "protocol/kafka_error.h"
#include "protocol/record_batch_builder.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::replication {

using protocol::KafkaError;
using runtime::Task;

namespace {

constexpr int16_t kUsualReplicas = 3;
constexpr auto kLeaderPause = std::chrono::milliseconds(100);
constexpr int kLeaderTries = 50;
/// Of the keys and values in one batch; well below what brokers take.
constexpr size_t kMostBytes = 256U << 10;

TopicPartition partition() {
    return {FollowedStore::kTopic, PartitionIndex(0)};
}

Error no_leader(const client::Cluster& cluster) {
    return {make_error_code(KafkaError::leader_not_available),
            fmt::format("{} has no leader on {}", partition().to_string(), cluster.name())};
}

}  // namespace

/// The topic may have been deleted, and made again.
Task<Result<void>> FollowedStore::refresh(std::stop_token stop) {
    const std::vector<std::string> names{kTopic};
    LS_CO_CHECK(co_await cluster_.refresh_metadata(&names, stop));
    const auto* topic = cluster_.metadata().find_topic(kTopic);
    if (topic != nullptr && topic->id != topic_id_) {
        topic_id_ = topic->id;
        entries_.clear();
        next_ = Offset(0);
    }
    co_return Result<void>();
}

Task<Result<void>> FollowedStore::catch_up(std::stop_token stop) {
    LS_CO_CHECK(co_await refresh(stop));
    if (cluster_.metadata().find_topic(kTopic) == nullptr) {
        entries_.clear();
        next_ = Offset(0);
        co_return Result<void>();
    }
    auto done = co_await read_on(stop);
    if (done.has_error() && done.error().code == KafkaError::offset_out_of_range) {
        LS_CO_CHECK(co_await begin_anew(stop));
        done = co_await read_on(stop);
    }
    co_return done;
}

Task<Result<void>> FollowedStore::catch_up_surely(std::stop_token stop) {
    LS_CO_CHECK(co_await catch_up(stop));
    if (cluster_.metadata().find_topic(kTopic) != nullptr) {
        co_return Result<void>();
    }
    std::vector<std::string> names{kTopic};
    const auto asked = co_await client::ask_for_topics(cluster_, std::move(names), stop);
    const client::TopicPresence& presence = asked.at(kTopic);
    if (presence.kind == client::TopicPresence::Kind::there) {
        co_return no_leader(cluster_);  // just made
    }
    if (presence.kind == client::TopicPresence::Kind::unknown) {
        co_return Error(Errc::not_found, presence.problem);
    }
    co_return Result<void>();
}

/// Where the log begins: somebody may have deleted records of it, too.
Task<Result<void>> FollowedStore::begin_anew(std::stop_token stop) {
    log::warn("topic {} on {} does not reach to offset {} any more: what is in it now counts",
              kTopic, cluster_.name(), next_.value());
    const auto leader = cluster_.metadata().leader_of(partition());
    if (!leader) {
        co_return no_leader(cluster_);
    }
    client::OffsetQuery query;
    query.leader = leader->leader;
    query.partitions.push_back(partition());
    query.timestamp = client::kEarliestOffset;
    auto listed = co_await client::list_offsets(cluster_, std::move(query), stop);
    LS_CO_TRY(answers, std::move(listed));
    for (const client::OffsetAnswer& answer : answers) {
        if (answer.error) {
            co_return Error(answer.error, fmt::format("where {} on {} begins",
                                                      partition().to_string(), cluster_.name()));
        }
        entries_.clear();
        next_ = answer.offset;
    }
    co_return Result<void>();
}

Task<Result<void>> FollowedStore::read_on(std::stop_token stop) {
    while (true) {
        const auto leader = cluster_.metadata().leader_of(partition());
        if (!leader) {
            co_return no_leader(cluster_);
        }
        const client::LogPlace place{leader->leader, partition(), next_};
        const client::LogFetch how;
        auto fetched = co_await client::fetch_log(cluster_, place, how, stop);
        LS_CO_TRY(log, std::move(fetched));
        LS_CO_TRY(next, take_in(log.records));
        if (next == next_) {
            co_return Result<void>();
        }
        next_ = next;
    }
}

/// Returns the offset behind what was read.
Result<Offset> FollowedStore::take_in(ByteView records) {
    Offset next = next_;
    while (true) {
        LS_TRY(batch, protocol::next_batch(records));
        if (!batch) {
            return next;
        }
        if (batch->next_offset() <= next) {
            continue;
        }
        const Offset from = next;
        next = batch->next_offset();
        if (batch->is_control()) {
            continue;
        }
        LS_TRY(reader, protocol::RecordReader::open(*batch));
        while (true) {
            LS_TRY(record, reader.next());
            if (!record) {
                break;
            }
            if (!record->key || reader.offset_of(*record) < from) {
                continue;
            }
            if (record->value) {
                entries_[std::string(as_text(*record->key))] = as_text(*record->value);
            } else {
                entries_.erase(std::string(as_text(*record->key)));
            }
        }
    }
}

Task<Result<void>> FollowedStore::put(Changes changes, std::stop_token stop) {
    std::erase_if(changes, [this](const auto& change) {
        const auto known = entries_.find(change.first);
        return change.second ? known != entries_.end() && known->second == *change.second
                             : known == entries_.end();
    });
    if (!changes.empty() && cluster_.metadata().find_topic(kTopic) == nullptr) {
        LS_CO_CHECK(co_await create(stop));
    }
    auto next = changes.begin();
    while (next != changes.end()) {
        const auto leader = cluster_.metadata().leader_of(partition());
        if (!leader) {
            co_return no_leader(cluster_);
        }
        protocol::RecordBatchBuilder builder({});
        const auto first = next;
        const int64_t now = cluster_.runtime().loop.wall_clock_ms();
        for (; next != changes.end() && builder.size_bytes() < kMostBytes; ++next) {
            builder.add(now, {.key = as_bytes(next->first),
                              .value = next->second ? std::optional(as_bytes(*next->second))
                                                    : std::nullopt});
        }
        LS_CO_TRY(batch, builder.build());
        const client::LogPlace end{leader->leader, partition(), Offset(-1)};
        LS_CO_CHECK(co_await client::append_batch(cluster_, end, std::move(batch), stop));
        for (auto written = first; written != next; ++written) {
            if (written->second) {
                entries_[written->first] = *written->second;
            } else {
                entries_.erase(written->first);
            }
        }
    }
    co_return Result<void>();
}

Task<Result<void>> FollowedStore::create(std::stop_token stop) {
    const auto brokers = static_cast<int16_t>(cluster_.metadata().brokers().size());
    std::vector<client::NewTopic> wanted(1);
    wanted[0].name = kTopic;
    wanted[0].replication_factor = std::min(brokers, kUsualReplicas);
    wanted[0].configs = {{"cleanup.policy", "compact"}};
    auto created = co_await client::create_topics(cluster_, std::move(wanted), stop);
    LS_CO_TRY(outcomes, std::move(created));
    if (const Error& problem = outcomes[kTopic]; problem.code) {
        co_return problem;
    }
    log::info("created topic {} on {}, for what Lockstep sets there besides records", kTopic,
              cluster_.name());
    for (int tries = 0; tries < kLeaderTries && !stop.stop_requested(); ++tries) {
        LS_CO_CHECK(co_await refresh(stop));
        if (cluster_.metadata().leader_of(partition())) {
            co_return Result<void>();
        }
        co_await runtime::sleep_for(cluster_.runtime().loop, kLeaderPause, stop);
    }
    co_return no_leader(cluster_);
}

}  // namespace lockstep::replication

#include "app/config_store.h"

#include "base/log.h"
#include "client/admin.h"
#include "client/log_append.h"
#include "model/tagged_producer_id.h"
#include "protocol/kafka_error.h"
#include "protocol/messages/metadata.h"
#include "protocol/record_batch_builder.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace lockstep::app {

using protocol::KafkaError;
using runtime::Task;

namespace {

constexpr int16_t kUsualReplicas = 3;
constexpr int kTriesForALeader = 50;
constexpr int16_t kLastMetadataVersion = 12;  // as of client::Cluster
constexpr auto kPauseForALeader = std::chrono::milliseconds(200);

TopicPartition place_of_versions() {
    return {ConfigStore::kTopic, PartitionIndex(0)};
}

Bytes batch_of(const ConfigVersion& version, ProducerId producer) {
    protocol::RecordBatchBuilder builder(
        {.producer_id = producer,
         .producer_epoch = ProducerEpoch(0),
         .base_sequence = Sequence(static_cast<int32_t>(version.version - 1))});
    const std::string key = version.key();
    const std::string value = version.value();
    builder.add(version.applied_at_ms, {.key = as_bytes(key), .value = as_bytes(value)});
    return *builder.build();
}

/// Of a topic that is being created, or whose leader changes; the last two are said by a broker
/// that does not lead it yet, or any more.
bool is_without_leader(const Error& error) {
    return error.code == KafkaError::leader_not_available ||
           error.code == KafkaError::not_leader_or_follower ||
           error.code == KafkaError::unknown_topic_or_partition;
}

}  // namespace

bool ConfigStore::is_there() const {
    return cluster_.metadata().find_topic(kTopic) != nullptr;
}

Error ConfigStore::no_leader() const {
    return {make_error_code(KafkaError::leader_not_available),
            fmt::format("topic {} on {}", kTopic, cluster_.name())};
}

Task<Result<void>> ConfigStore::catch_up(std::stop_token stop) {
    const std::vector<std::string> topics{kTopic};
    LS_CO_CHECK(co_await cluster_.refresh_metadata(&topics, stop));
    if (!is_there()) {
        auto absent = co_await require_absence(stop);
        co_return absent;
    }
    const Uuid id = cluster_.metadata().find_topic(kTopic)->id;
    if (id != std::exchange(topic_id_, id) && next_ > Offset(0)) {
        begin_anew();
    }
    auto done = co_await read_on(stop);
    if (done.has_error() && done.error().code == KafkaError::offset_out_of_range &&
        next_ > Offset(0)) {
        begin_anew();
        done = co_await read_on(stop);
    }
    co_return done;
}

/// The cluster's metadata leaves out a topic that does not exist, and one that may not be seen.
Task<Result<void>> ConfigStore::require_absence(std::stop_token stop) {
    protocol::MetadataRequest request;
    request.allow_auto_topic_creation = false;
    request.topics.emplace().emplace_back().name = kTopic;
    auto connected = co_await cluster_.any_broker(stop);
    LS_CO_TRY(connection, std::move(connected));
    LS_CO_TRY(version, connection->version_of<protocol::MetadataRequest>(kLastMetadataVersion));
    auto called = co_await connection->call(request, version);
    LS_CO_TRY(answer, std::move(called));
    for (const auto& topic : answer.message.topics) {
        const auto error = static_cast<KafkaError>(topic.error_code);
        if (error == KafkaError::none) {  // just created
            co_return no_leader();
        }
        if (error != KafkaError::unknown_topic_or_partition) {
            co_return Error(make_error_code(error), no_leader().context);
        }
    }
    co_return Result<void>();
}

Task<Result<void>> ConfigStore::read_on(std::stop_token stop) {
    const auto leader = cluster_.metadata().leader_of(place_of_versions());
    if (!leader) {
        co_return no_leader();
    }
    while (true) {
        const client::LogPlace place{leader->leader, place_of_versions(), next_};
        const client::LogFetch how;
        auto fetched = co_await client::fetch_log(cluster_, place, how, stop);
        LS_CO_TRY(log, std::move(fetched));
        const Offset before = next_;
        LS_CO_CHECK(take_in(log.records));
        if (next_ == before) {
            co_return Result<void>();
        }
    }
}

void ConfigStore::begin_anew() {
    log::warn("topic {} on {} is not the one that it was: only the versions that it has now count",
              kTopic, cluster_.name());
    next_ = Offset(0);
    versions_.clear();
    ++generation_;
}

Task<Result<void>> ConfigStore::catch_up_patiently(std::stop_token stop) {
    for (int i = 0; i < kTriesForALeader; ++i) {
        auto done = co_await catch_up(stop);
        const bool is_unknown_yet = done.has_value() && is_created_ && !is_there();
        if (!is_unknown_yet && !(done.has_error() && is_without_leader(done.error()))) {
            co_return done;
        }
        co_await runtime::sleep_for(cluster_.runtime().loop, kPauseForALeader, stop);
    }
    co_return no_leader();
}

Result<void> ConfigStore::take_in(ByteView records) {
    while (true) {
        LS_TRY(batch, protocol::next_batch(records));
        if (!batch) {
            return {};
        }
        if (batch->next_offset() > next_ && !batch->is_control()) {
            take_in_batch(*batch);
        }
        next_ = std::max(next_, batch->next_offset());
    }
}

void ConfigStore::take_in_batch(const protocol::RecordBatchView& batch) {
    auto reader = protocol::RecordReader::open(batch);
    if (reader.has_error()) {
        leave_out(batch.base_offset(), reader.error());
        return;
    }
    while (true) {
        const auto record = reader->next();
        if (record.has_error()) {
            leave_out(batch.base_offset(), record.error());
            return;
        }
        if (!*record) {
            return;
        }
        const auto taken = take_in_record(**record);
        if (taken.has_error()) {
            leave_out(Offset(batch.base_offset().value() + (*record)->offset_delta), taken.error());
        }
    }
}

Result<void> ConfigStore::take_in_record(const protocol::Record& record) {
    if (!record.value) {
        return {};
    }
    LS_TRY(version, ConfigVersion::parse(as_text(*record.value)));
    if (!record.key || as_text(*record.key) != version.key()) {
        return Error(Errc::malformed, "its key is not that of a version");
    }
    versions_[version.version] = std::move(version);
    return {};
}

void ConfigStore::leave_out(Offset offset, const Error& why) const {
    log::warn("offset {} of topic {} on {} is left out: {}", offset.value(), kTopic,
              cluster_.name(), why.message());
}

std::vector<ConfigVersion> ConfigStore::versions() const {
    std::vector<ConfigVersion> all;
    for (const auto& [number, version] : versions_) {
        all.push_back(version);
    }
    return all;
}

std::optional<ConfigVersion> ConfigStore::newest() const {
    return versions_.empty() ? std::nullopt : std::optional(versions_.rbegin()->second);
}

Task<Result<void>> ConfigStore::create_topic(std::stop_token stop) {
    client::NewTopic topic;
    topic.name = kTopic;
    topic.replication_factor =
        std::min(static_cast<int16_t>(cluster_.metadata().brokers().size()), kUsualReplicas);
    topic.configs = {{"cleanup.policy", "compact"},
                     {"message.timestamp.type", "CreateTime"},
                     {"max.message.bytes", std::to_string(4 << 20)}};
    std::vector<client::NewTopic> wanted{std::move(topic)};
    auto created = co_await client::create_topics(cluster_, std::move(wanted), stop);
    LS_CO_TRY(outcomes, std::move(created));
    if (outcomes[kTopic].code) {
        co_return outcomes[kTopic];
    }
    is_created_ = true;
    co_return Result<void>();
}

Task<Result<ConfigVersion>> ConfigStore::append(ConfigVersion wanted, std::stop_token stop) {
    LS_CO_CHECK(co_await catch_up_patiently(stop));
    if (!is_there()) {
        // Where it was there all the same, or somebody else creates it now, it may have versions.
        LS_CO_CHECK(co_await create_topic(stop));
        LS_CO_CHECK(co_await catch_up_patiently(stop));
    }
    const auto before = newest();
    wanted.version = (before ? before->version : 0) + 1;
    const ProducerId producer = tagged_producer_id(origin_tag(cluster_.metadata().cluster_id()),
                                                   Uuid(), place_of_versions());
    const auto leader = cluster_.metadata().leader_of(place_of_versions());
    if (!leader) {
        co_return no_leader();
    }
    const client::LogPlace place{leader->leader, place_of_versions(), Offset(0)};
    auto written = co_await client::append_batch(cluster_, place, batch_of(wanted, producer), stop);
    const bool is_refused =
        written.has_error() && written.error().code == KafkaError::out_of_order_sequence_number;
    if (written.has_error() && !is_refused) {
        co_return std::move(written).error();
    }
    LS_CO_CHECK(co_await catch_up(stop));
    const auto found = versions_.find(wanted.version);
    if (found == versions_.end() || found->second != wanted) {
        co_return Error(Errc::invalid_argument,
                        fmt::format("somebody else has applied version {} at the same time; look "
                                    "at `lockstep history` and try again",
                                    wanted.version));
    }
    co_return wanted;
}

}  // namespace lockstep::app

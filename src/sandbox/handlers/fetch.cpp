// API        Fetch, versions 0 to 18
// Behaviour  Whole batches of each partition, read committed up to the last stable offset with the
//            list of aborted transactions; fetch sessions (KIP-227); waits for min_bytes as long
//            as max_wait_ms says; leader epochs are checked, divergence is told (KIP-595). Topics
//            whose compression.type is zstd need version 10 (KIP-110), before 4.0. Bytes count for
//            the client's quota (quotas.h).
// Gaps       Only leaders answer (no KIP-392). A consumer's rack is not looked at. Versions below 4
//            get batches of format 2, which brokers convert for them. The addresses of new leaders
//            are not told (KIP-951); their numbers are, before version 16, too.

#include "protocol/messages/fetch.h"
#include "runtime/task.h"
#include "sandbox/fetch_sessions.h"
#include "sandbox/partition_access.h"
#include "sandbox/quotas.h"

#include <algorithm>

namespace lockstep::sandbox {

using protocol::FetchRequest;
using protocol::FetchResponse;
using protocol::KafkaError;
using runtime::Task;

namespace {

using PartitionAnswer = FetchResponse::PartitionData;

constexpr int16_t kFirstVersionWithIds = 13;
constexpr int16_t kFirstVersionWithZstd = 10;

/// Who fetches as a replica does must be a broker; the right to read topics does not help.
bool may_read(const Call& call, const FetchRequest& request) {
    const bool is_replica = request.replica_id >= 0 || request.replica_state.replica_id >= 0;
    return !is_replica || call.cluster.acls().allows(call, AclOperation::cluster_action,
                                                     ResourceType::cluster, kClusterResource);
}

/// One pass over the partitions of a session.
class Pass {
public:
    Pass(Call& call, const FetchRequest& request, bool is_incremental)
        : call_(call),
          request_(request),
          is_incremental_(is_incremental),
          is_reader_allowed_(may_read(call, request)),
          left_bytes_(std::max(request.max_bytes, 0)) {}

    void answer(FetchedPartition& one);

    /// Whether the client is to get this now, rather than wait for more.
    bool is_enough() const { return has_news_ || read_bytes_ >= request_.min_bytes; }
    /// The session's partitions are told that this is what was answered last.
    FetchResponse take() { return std::move(response_); }

private:
    PartitionAnswer look_at(const FetchedPartition& one);
    void read(const PartitionLog& log, const FetchedPartition& one, PartitionAnswer& answer);
    std::string name_of(const FetchedPartition& one) const;
    /// Brokers before 4.0 go by the topic's setting alone, not by what its producers chose.
    bool is_zstd_refused(const Topic& topic) const {
        return call_.cluster.options().version < KafkaVersion::v4_3 &&
               call_.version < kFirstVersionWithZstd &&
               topic.log_config.codec == protocol::Codec::zstd;
    }
    void add(const FetchedPartition& one, PartitionAnswer answer);

    Call& call_;
    const FetchRequest& request_;
    const bool is_incremental_;
    const bool is_reader_allowed_;
    int64_t left_bytes_;
    int64_t read_bytes_ = 0;
    bool has_news_ = false;
    FetchResponse response_;
};

void Pass::answer(FetchedPartition& one) {
    PartitionAnswer answer = look_at(one);
    const bool is_error = answer.error_code != 0 || answer.diverging_epoch.epoch != -1;
    const bool is_changed = answer.high_watermark != one.high_watermark ||
                            answer.last_stable_offset != one.last_stable_offset ||
                            answer.log_start_offset != one.log_start_offset;
    has_news_ = has_news_ || is_error;
    if (is_incremental_ && one.was_answered && !is_error && !is_changed &&
        answer.records.size() == 0) {
        return;
    }
    add(one, std::move(answer));
}

std::string Pass::name_of(const FetchedPartition& one) const {
    if (call_.version < kFirstVersionWithIds) {
        return one.topic;
    }
    const auto topic = call_.cluster.find_topic(one.topic_id);
    return topic ? topic->name : "";
}

PartitionAnswer Pass::look_at(const FetchedPartition& one) {
    PartitionAnswer answer;
    answer.partition_index = one.asked.partition;
    answer.high_watermark = -1;
    answer.records = ByteView{};
    const std::string name = name_of(one);
    if (name.empty()) {
        answer.error_code = code(KafkaError::unknown_topic_id);
        return answer;
    }
    if (!is_reader_allowed_) {
        answer.error_code = code(KafkaError::topic_authorization_failed);
        return answer;
    }
    const PartitionAccess found = access(call_, name, one.asked.partition, AclOperation::read);
    KafkaError error = found.error;
    if (!found.is_refused()) {
        // Every negative number says that the client does not know the epoch.
        error = judge_leader_epoch(*found.partition, std::max(one.asked.current_leader_epoch, -1));
    }
    if (found.partition) {
        answer.aborted_transactions.reset();
    }
    if (found.partition &&
        (error == KafkaError::not_leader_or_follower || error == KafkaError::fenced_leader_epoch)) {
        answer.current_leader.leader_id = found.partition->leader.value();
        answer.current_leader.leader_epoch = found.partition->log.epoch().value();
    }
    answer.error_code = code(error);
    if (error == KafkaError::none && is_zstd_refused(*found.topic)) {
        answer.error_code = code(KafkaError::unsupported_compression_type);
        if (call_.cluster.options().version == KafkaVersion::v3_9) {
            answer.records = {};
            answer.aborted_transactions.emplace();
        }
    } else if (error == KafkaError::none) {
        read(found.partition->log, one, answer);
    }
    return answer;
}

void Pass::read(const PartitionLog& log, const FetchedPartition& one, PartitionAnswer& answer) {
    const Offset from(one.asked.fetch_offset);
    const LeaderEpoch last_fetched(one.asked.last_fetched_epoch);
    if (last_fetched != kNoLeaderEpoch) {
        const auto end = log.end_of_epoch(last_fetched);
        if (!end) {
            answer.error_code = code(KafkaError::offset_out_of_range);
            return;
        }
        if (end->epoch != last_fetched || end->start < from) {
            answer.diverging_epoch.epoch = end->epoch.value();
            answer.diverging_epoch.end_offset = end->start.value();
        }
    }
    if (from < log.start_offset() || from > log.end_offset()) {
        answer.error_code = code(KafkaError::offset_out_of_range);
        return;
    }
    answer.high_watermark = log.high_watermark().value();
    answer.last_stable_offset = log.last_stable_offset().value();
    answer.log_start_offset = log.start_offset().value();
    const bool is_committed = request_.isolation_level == 1;
    const Offset end = is_committed ? log.last_stable_offset() : log.high_watermark();
    // The first partition with records gets one batch whatever its size (KIP-74).
    const int64_t wanted = std::min<int64_t>(left_bytes_, one.asked.partition_max_bytes);
    BatchRange range;
    if (answer.diverging_epoch.epoch == -1 && from < end && (wanted > 0 || read_bytes_ == 0)) {
        range = log.read(from, end, static_cast<size_t>(std::max<int64_t>(wanted, 0)));
    }
    const auto size = static_cast<int64_t>(range.bytes.size);
    if (size > wanted && read_bytes_ > 0) {
        range = {};
    }
    read_bytes_ += static_cast<int64_t>(range.bytes.size);
    left_bytes_ -= static_cast<int64_t>(range.bytes.size);
    answer.records = range.bytes.view();
    if (is_committed) {
        answer.aborted_transactions.emplace();
        const Offset until = range.bytes.size > 0 ? range.next_offset : from;
        for (const AbortedTransaction& aborted : log.aborted_between(from, until)) {
            auto& told = answer.aborted_transactions->emplace_back();
            told.producer_id = aborted.producer_id.value();
            told.first_offset = aborted.first_offset.value();
        }
    }
    call_.kept.push_back(std::move(range.bytes));
}

void Pass::add(const FetchedPartition& one, PartitionAnswer answer) {
    auto& topics = response_.responses;
    if (topics.empty() || topics.back().topic != one.topic ||
        topics.back().topic_id != one.topic_id) {
        auto& topic = topics.emplace_back();
        topic.topic = one.topic;
        topic.topic_id = one.topic_id;
    }
    topics.back().partitions.push_back(std::move(answer));
}

/// The session knows what its client has been told, and who had records comes last next time.
void remember(FetchSession& session, const FetchResponse& response) {
    for (const auto& topic : response.responses) {
        for (const auto& answer : topic.partitions) {
            const auto one = std::ranges::find_if(session.partitions, [&](const auto& partition) {
                return partition.is_of(topic.topic, topic.topic_id, answer.partition_index);
            });
            if (one == session.partitions.end()) {
                continue;  // forgotten by a later request, while this one waited for records
            }
            one->was_answered = answer.error_code == 0;
            one->high_watermark = answer.high_watermark;
            one->last_stable_offset = answer.last_stable_offset;
            one->log_start_offset = answer.log_start_offset;
            if (answer.records.size() > 0) {
                std::rotate(one, one + 1, session.partitions.end());
            }
        }
    }
}

}  // namespace

Task<FetchResponse> fetch(Call& call, const FetchRequest& request) {
    const ChosenSession chosen = call.cluster.fetch_sessions().choose(request);
    FetchResponse response;
    if (chosen.error != KafkaError::none) {
        response.error_code = code(chosen.error);
        co_return response;
    }
    const auto deadline =
        call.cluster.loop().now() + std::chrono::milliseconds(std::max(request.max_wait_ms, 0));
    while (true) {
        call.kept.clear();
        Pass pass(call, request, chosen.is_incremental);
        for (FetchedPartition& one : chosen.session->partitions) {
            pass.answer(one);
        }
        response = pass.take();
        if (pass.is_enough() || request.max_wait_ms <= 0) {
            break;
        }
        const runtime::Wake wake = co_await call.cluster.log_changed().wait(deadline, call.stop);
        if (wake != runtime::Wake::notified) {
            break;
        }
    }
    response.session_id = chosen.session->id;
    response.throttle_time_ms = call.cluster.quotas().charge(call, response);
    remember(*chosen.session, response);
    co_return response;
}

}  // namespace lockstep::sandbox

#include "client/group_member.h"

#include "base/log.h"
#include "base/mutation.h"
#include "client/groups.h"
#include "protocol/kafka_error.h"
#include "protocol/messages/describe_groups.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/sync_group.h"
#include "runtime/task_group.h"

#include <fmt/core.h>

namespace lockstep::client {

using protocol::KafkaError;
using runtime::Task;

namespace {

constexpr auto kFailurePause = std::chrono::milliseconds(500);
constexpr int kHeartbeatsInSession = 20;
constexpr int kMarginsInSession = 6;
constexpr std::string_view kProtocolType = "lockstep";

/// Whether the coordinator knows the member no more. A connection that is lost says nothing of it.
bool is_out(const Error& error) {
    return error.code == KafkaError::unknown_member_id ||
           error.code == KafkaError::fenced_instance_id;
}

/// Whether a round has begun, or ended, without this member: it only has to join again.
bool is_next_round(const Error& error) {
    return error.code == KafkaError::rebalance_in_progress ||
           error.code == KafkaError::illegal_generation;
}

/// A member that is left out of a round is forgotten. If it is known, in another round than this
/// process was in, another process has taken part under its name: as where a state directory was
/// copied.
Error error_of_heartbeat(int16_t code) {
    const auto error = KafkaError(code);
    return error == KafkaError::illegal_generation
               ? Error(KafkaError::unknown_member_id, "heartbeat: another process is this member")
               : Error(error, "heartbeat");
}

/// Whether the coordinator answered, and will answer the same again.
bool is_refusal(const Error& error) {
    return error.code.category() == protocol::kafka_category() &&
           !protocol::is_retriable(error.code) && !is_out(error) && !is_next_round(error);
}

/// What to do about a refusal, to be read behind it.
std::string advice_on(const Error& error) {
    if (!is_refusal(error)) {
        return "";
    }
    if (error.code == KafkaError::group_authorization_failed) {
        return ": the right READ on that group is needed";
    }
    if (error.code == KafkaError::invalid_session_timeout) {
        return ": set fleet.session_timeout to what its brokers allow: from "
               "group.min.session.timeout.ms (6 s, unless changed) to group.max.session.timeout.ms";
    }
    if (error.code == KafkaError::inconsistent_group_protocol) {
        return ": members of another kind, or of another version of Lockstep, are in that group: "
               "end them";
    }
    if (error.code == KafkaError::group_max_size_reached) {
        return ": its brokers' group.max.size allows no more workers";
    }
    return ": see the brokers' log";
}

int32_t milliseconds_of(runtime::Duration duration) {
    return static_cast<int32_t>(duration / std::chrono::milliseconds(1));
}

}  // namespace

GroupMember::GroupMember(Cluster& cluster, Options options, GroupRole& role)
    : cluster_(cluster),
      options_(std::move(options)),
      role_(role),
      rejoin_wanted_(cluster.runtime().loop),
      left_(cluster.runtime().loop) {
    if (options_.names != nullptr) {
        standing_.member_id = options_.names->name_in(group());
    }
}

void GroupMember::remember() const {
    if (options_.names != nullptr) {
        options_.names->keep(group(), standing_.member_id);
    }
}

void GroupMember::rejoin() {
    is_rejoin_wanted_ = true;
    rejoin_wanted_.notify_all();
}

bool GroupMember::is_heard() const {
    return cluster_.runtime().loop.now() < valid_until_;
}

/// The coordinator counts from when it heard of us: at the earliest when we began to tell it. A
/// round that we do not hear of may begin just then.
void GroupMember::believe_until(runtime::TimePoint heard) {
    valid_until_ = heard + rebalance_timeout() - options_.session / kMarginsInSession;
}

Task<void> GroupMember::run(std::stop_token stop) {
    auto& loop = cluster_.runtime().loop;
    while (!stop.stop_requested()) {
        const auto ended = co_await take_part(stop);
        if (ended.has_value() || stop.stop_requested()) {
            continue;
        }
        note(ended.error());
        const auto pause =
            mutated(Mutation::turn_asked_once) ? std::chrono::hours(1) : kFailurePause;
        co_await runtime::sleep_for(loop, pause, stop);
    }
}

/// What heals by itself is told at debug; a refusal that lasts until somebody does something, once.
void GroupMember::note(const Error& error) {
    problem_ = error.message() + advice_on(error);
    if (!is_refusal(error) || problem_ == told_) {
        log::debug("group {} on {}: {}", group(), cluster_.name(), problem_);
        return;
    }
    told_ = problem_;
    log::warn("group {} on {}: {}; until then nothing is shared with other workers", group(),
              cluster_.name(), problem_);
}

/// One membership: until something fails.
Task<Result<void>> GroupMember::take_part(std::stop_token stop) {
    auto found = co_await find_coordinator(cluster_, group(), stop, options_.session);
    LS_CO_TRY(coordinator, std::move(found));
    auto connected = co_await cluster_.broker(coordinator, Purpose::group, stop);
    LS_CO_TRY(connection, std::move(connected));
    coordinator_ = coordinator;
    connection_ = connection;
    while (!stop.stop_requested()) {
        const bool had_id = !standing_.member_id.empty();
        auto ended = co_await join(connection);
        if (ended.has_error() && ended.error().code == KafkaError::member_id_required && !had_id) {
            continue;  // by the id that it was told (KIP-394)
        }
        if (ended.has_value()) {
            problem_.clear();
            told_.clear();
            remember();
            auto kept = co_await keep(connection, stop);
            ended = std::move(kept);
        }
        if (ended.has_value() || is_next_round(ended.error())) {
            continue;
        }
        if (is_out(ended.error())) {
            standing_ = {};
            valid_until_ = {};
            remember();
            role_.on_out();
            if (had_id) {
                continue;  // as a new member
            }
        }
        co_return ended;
    }
    co_return Result<void>();
}

Task<Result<void>> GroupMember::join(ConnectionPtr connection) {
    is_rejoin_wanted_ = false;
    protocol::JoinGroupRequest request;
    request.group_id = group();
    request.session_timeout_ms = milliseconds_of(options_.session);
    request.rebalance_timeout_ms = milliseconds_of(rebalance_timeout());
    request.member_id = standing_.member_id;
    request.protocol_type = kProtocolType;
    auto& offered = request.protocols.emplace_back();
    offered.name = options_.protocol;
    offered.metadata = role_.join_with();
    auto joining = co_await connection->call(request);
    LS_CO_TRY(joined, std::move(joining));
    if (!joined.message.member_id.empty()) {
        standing_.member_id = joined.message.member_id;  // also where it is only told (KIP-394)
    }
    if (joined.message.error_code != 0) {
        co_return Error(KafkaError(joined.message.error_code), "join");
    }
    standing_.generation = joined.message.generation_id;
    standing_.is_leader = joined.message.leader == standing_.member_id;
    std::vector<GroupRole::Told> told;
    for (auto& member : joined.message.members) {
        told.push_back({std::move(member.member_id), std::move(member.metadata)});
    }
    auto synced = co_await sync(connection, std::move(told));
    co_return synced;
}

Task<Result<void>> GroupMember::sync(ConnectionPtr connection, std::vector<GroupRole::Told> told) {
    protocol::SyncGroupRequest request;
    request.group_id = group();
    request.generation_id = standing_.generation;
    request.member_id = standing_.member_id;
    request.protocol_type = kProtocolType;
    request.protocol_name = options_.protocol;
    if (standing_.is_leader) {
        for (auto& [member_id, given] : role_.assign(told)) {
            auto& assignment = request.assignments.emplace_back();
            assignment.member_id = member_id;
            assignment.assignment = std::move(given);
        }
    }
    const auto begun = cluster_.runtime().loop.now();
    auto syncing = co_await connection->call(request, rebalance_timeout() + options_.session);
    LS_CO_TRY(synced, std::move(syncing));
    if (synced.message.error_code != 0) {
        co_return Error(KafkaError(synced.message.error_code), "sync");
    }
    believe_until(begun);
    role_.on_assigned(standing_, synced.message.assignment);
    co_return Result<void>();
}

/// Until somebody wants all to join again.
Task<Result<void>> GroupMember::keep(ConnectionPtr connection, std::stop_token stop) {
    auto& loop = cluster_.runtime().loop;
    protocol::HeartbeatRequest request;
    request.group_id = group();
    request.generation_id = standing_.generation;
    request.member_id = standing_.member_id;
    while (!stop.stop_requested() && !is_rejoin_wanted_) {
        const auto next = loop.now() + options_.session / kHeartbeatsInSession;
        while (!is_rejoin_wanted_ && !stop.stop_requested() && loop.now() < next) {
            co_await rejoin_wanted_.wait(next, stop);
        }
        if (stop.stop_requested() || is_rejoin_wanted_) {
            break;
        }
        const auto begun = loop.now();
        auto beating = co_await connection->call(request, options_.session);
        LS_CO_TRY(beat, std::move(beating));
        if (beat.message.error_code != 0) {
            co_return error_of_heartbeat(beat.message.error_code);
        }
        believe_until(begun);
    }
    co_return Result<void>();
}

Task<void> GroupMember::leave() {
    valid_until_ = {};
    if (!standing_.member_id.empty() && connection_ && connection_->is_open()) {
        auto connected = co_await cluster_.broker(coordinator_, Purpose::control, {});
        if (connected.has_value()) {
            const ConnectionPtr connection = *connected;
            protocol::LeaveGroupRequest request;
            request.group_id = group();
            request.member_id = standing_.member_id;
            request.members.emplace_back().member_id = standing_.member_id;
            (void)co_await connection->call(request);
            standing_.member_id.clear();
            remember();
        }
    }
    has_left_ = true;
    left_.notify_all();
}

Task<void> GroupMember::wait_left(runtime::TimePoint deadline) {
    while (!has_left_) {
        const runtime::Wake wake = co_await left_.wait(deadline);
        if (wake == runtime::Wake::timeout) {
            co_return;
        }
    }
}

Task<Result<std::vector<Bytes>>> read_assignments(Cluster& cluster, std::string group,
                                                  std::stop_token stop) {
    auto found = co_await find_coordinator(cluster, group, stop);
    LS_CO_TRY(coordinator, std::move(found));
    auto connected = co_await cluster.broker(coordinator, Purpose::group, stop);
    LS_CO_TRY(connection, std::move(connected));
    protocol::DescribeGroupsRequest request;
    request.groups.push_back(group);
    auto asked = co_await connection->call(request);
    LS_CO_TRY(described, std::move(asked));
    if (described.message.groups.empty()) {
        co_return Error(Errc::malformed, fmt::format("describe group {}", group));
    }
    const auto& answer = described.message.groups.front();
    if (answer.error_code != 0) {
        co_return Error(KafkaError(answer.error_code), fmt::format("describe group {}", group));
    }
    std::vector<Bytes> assignments;
    for (const auto& member : answer.members) {
        assignments.push_back(member.member_assignment);
    }
    co_return assignments;
}

}  // namespace lockstep::client

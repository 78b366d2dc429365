#include "client/group_lease.h"

#include "base/log.h"
#include "base/mutation.h"
#include "client/groups.h"
#include "protocol/kafka_error.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/sync_group.h"
#include "runtime/task_group.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::client {

using protocol::JoinGroupResponse;
using protocol::KafkaError;
using runtime::Task;

namespace {

constexpr auto kHeartbeatPause = std::chrono::milliseconds(1500);
constexpr auto kFailurePause = std::chrono::milliseconds(500);
constexpr auto kMargin = std::chrono::seconds(1);
constexpr std::string_view kProtocolType = "lockstep";
constexpr std::string_view kProtocolName = "turn";
constexpr std::string_view kHolder = "holder";
constexpr std::string_view kCandidate = "candidate";

Bytes bytes_of(std::string_view text) {
    return {text.begin(), text.end()};
}

/// Who has it keeps it; else the member whose id is the lowest.
std::string chosen_member(const std::vector<JoinGroupResponse::JoinGroupResponseMember>& members) {
    std::string lowest;
    for (const auto& member : members) {
        if (as_text(member.metadata) == kHolder) {
            return member.member_id;
        }
        if (lowest.empty() || member.member_id < lowest) {
            lowest = member.member_id;
        }
    }
    return lowest;
}

/// Whether the coordinator knows the member no more. A connection that is lost says nothing of it.
bool is_out(const Error& error) {
    return error.code == KafkaError::unknown_member_id ||
           error.code == KafkaError::illegal_generation ||
           error.code == KafkaError::fenced_instance_id;
}

}  // namespace

GroupLease::GroupLease(Cluster& cluster, std::string group, MemberNames* names)
    : cluster_(cluster),
      group_(std::move(group)),
      names_(names),
      membership_{names != nullptr ? names->name_in(group_) : "", -1},
      wanted_(cluster.runtime().loop),
      left_(cluster.runtime().loop) {}

void GroupLease::want() {
    if (!is_wanted_) {
        is_wanted_ = true;
        wanted_.notify_all();
    }
}

bool GroupLease::is_held() const {
    return is_named_ && cluster_.runtime().loop.now() < valid_until_;
}

/// The coordinator counts from when it heard of us: at the earliest when we began to tell it.
void GroupLease::believe_until(runtime::TimePoint heard) {
    valid_until_ = heard + kSession - kMargin;
}

Task<void> GroupLease::run(std::stop_token stop) {
    auto& loop = cluster_.runtime().loop;
    while (!stop.stop_requested()) {
        if (!is_wanted_) {
            co_await wanted_.wait(runtime::kNever, stop);
            continue;
        }
        const auto ended = co_await take_part(stop);
        if (ended.has_error() && !stop.stop_requested()) {
            is_wanted_ = !mutated(Mutation::turn_asked_once);
            log::debug("group {} on {}: {}", group_, cluster_.name(), ended.error().message());
            co_await runtime::sleep_for(loop, kFailurePause, stop);
        }
    }
    co_await leave();
    has_left_ = true;
    left_.notify_all();
}

Task<void> GroupLease::wait_left(runtime::TimePoint deadline) {
    while (!has_left_) {
        const runtime::Wake wake = co_await left_.wait(deadline);
        if (wake == runtime::Wake::timeout) {
            co_return;
        }
    }
}

/// One membership: until the coordinator wants everybody to join again, or something fails.
Task<Result<void>> GroupLease::take_part(std::stop_token stop) {
    auto found = co_await find_coordinator(cluster_, group_, stop);
    LS_CO_TRY(coordinator, std::move(found));
    auto connected = co_await cluster_.broker(coordinator, Purpose::group, stop);
    LS_CO_TRY(connection, std::move(connected));
    connection_ = connection;
    auto joined = co_await join(connection);
    if (joined.has_error() && joined.error().code == KafkaError::member_id_required) {
        joined = co_await join(connection);  // by the id that it was told (KIP-394)
    }
    if (joined.has_error()) {
        if (is_out(joined.error())) {
            forget_membership();
        }
        co_return joined;
    }
    remember();
    auto kept = co_await keep(connection, stop);
    if (kept.has_error()) {
        if (kept.error().code == KafkaError::rebalance_in_progress) {
            co_return Result<void>();  // join again at once, as the same member
        }
        if (is_out(kept.error())) {
            forget_membership();
        }
    }
    co_return kept;
}

Task<Result<void>> GroupLease::join(ConnectionPtr connection) {
    auto& loop = cluster_.runtime().loop;
    protocol::JoinGroupRequest request;
    request.group_id = group_;
    request.session_timeout_ms = static_cast<int32_t>(kSession / std::chrono::milliseconds(1));
    request.rebalance_timeout_ms = request.session_timeout_ms;
    request.member_id = membership_.member_id;
    request.protocol_type = kProtocolType;
    auto& offered = request.protocols.emplace_back();
    offered.name = kProtocolName;
    offered.metadata = bytes_of(is_held() ? kHolder : kCandidate);
    auto joining = co_await connection->call(request);
    LS_CO_TRY(joined, std::move(joining));
    if (!joined.message.member_id.empty()) {
        membership_.member_id = joined.message.member_id;  // also where it is only told (KIP-394)
    }
    if (joined.message.error_code != 0) {
        co_return Error(KafkaError(joined.message.error_code), "join");
    }
    membership_.generation = joined.message.generation_id;

    protocol::SyncGroupRequest sync;
    sync.group_id = group_;
    sync.generation_id = membership_.generation;
    sync.member_id = membership_.member_id;
    sync.protocol_type = kProtocolType;
    sync.protocol_name = kProtocolName;
    if (joined.message.leader == membership_.member_id) {
        const std::string chosen = chosen_member(joined.message.members);
        for (const auto& member : joined.message.members) {
            auto& assignment = sync.assignments.emplace_back();
            assignment.member_id = member.member_id;
            assignment.assignment = bytes_of(member.member_id == chosen ? kHolder : kCandidate);
        }
    }
    const auto begun = loop.now();
    auto syncing = co_await connection->call(sync);
    LS_CO_TRY(synced, std::move(syncing));
    if (synced.message.error_code != 0) {
        co_return Error(KafkaError(synced.message.error_code), "sync");
    }
    const bool had_turn = is_held();
    is_named_ = as_text(synced.message.assignment) == kHolder;
    believe_until(begun);
    if (is_held() && !had_turn) {
        ++turns_;
        told_();
    }
    co_return Result<void>();
}

Task<Result<void>> GroupLease::keep(ConnectionPtr connection, std::stop_token stop) {
    auto& loop = cluster_.runtime().loop;
    protocol::HeartbeatRequest request;
    request.group_id = group_;
    request.generation_id = membership_.generation;
    request.member_id = membership_.member_id;
    while (!stop.stop_requested()) {
        co_await runtime::sleep_for(loop, kHeartbeatPause, stop);
        if (stop.stop_requested()) {
            break;
        }
        const auto begun = loop.now();
        auto beating = co_await connection->call(request);
        LS_CO_TRY(beat, std::move(beating));
        if (beat.message.error_code != 0) {
            co_return Error(KafkaError(beat.message.error_code), "heartbeat");
        }
        believe_until(begun);
    }
    co_return Result<void>();
}

void GroupLease::remember() const {
    if (names_ != nullptr) {
        names_->keep(group_, membership_.member_id);
    }
}

void GroupLease::forget_membership() {
    membership_ = {};
    is_named_ = false;
    remember();
}

/// So that the next one need not wait for the end of our session.
Task<void> GroupLease::leave() {
    is_named_ = false;
    if (membership_.member_id.empty() || !connection_ || !connection_->is_open()) {
        co_return;
    }
    protocol::LeaveGroupRequest request;
    request.group_id = group_;
    request.member_id = membership_.member_id;
    request.members.emplace_back().member_id = membership_.member_id;
    (void)co_await connection_->call(request);
    forget_membership();
}

}  // namespace lockstep::client

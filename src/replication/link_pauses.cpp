// What an operator pauses of a link, and resumes.

#include "base/log.h"
#include "replication/link.h"
#include "replication/log_reader.h"

#include <fmt/core.h>

#include <map>

namespace lockstep::replication {
namespace {

std::string name_of(const PauseScope& scope) {
    if (!scope.topic) {
        return "all of it";
    }
    return scope.partition ? TopicPartition{*scope.topic, *scope.partition}.to_string()
                           : "topic " + *scope.topic;
}

}  // namespace

Result<size_t> Link::pause(const PauseScope& scope) {
    LS_TRY(count, count_in(scope));
    pauses_.pause(scope);
    log::info("link {}: paused: {}", spec_.name, name_of(scope));
    follow_pauses();
    tell_pauses();
    return count;
}

Result<size_t> Link::resume(const PauseScope& scope) {
    LS_TRY(count, count_in(scope));
    LS_CHECK(pauses_.resume(scope));
    log::info("link {}: resumed: {}", spec_.name, name_of(scope));
    go_on(scope);
    tell_pauses();
    return count;
}

void Link::go_on(const PauseScope& scope) {
    follow_pauses();
    try_again(scope);
    want_metadata();
}

void Link::tell_pauses() {
    if (fleet_) {
        fleet_->tell_pauses();
    }
}

/// What another worker was asked for, or was asked for before this one came.
void Link::on_others_pauses(const PauseChanges& changes) {
    for (const PauseScope& scope : changes.paused) {
        log::info("link {}: paused on all workers: {}", spec_.name, name_of(scope));
        follow_pauses();
    }
    for (const PauseScope& scope : changes.resumed) {
        log::info("link {}: resumed on all workers: {}", spec_.name, name_of(scope));
        go_on(scope);
    }
}

/// What has given up, where it is not paused by something else.
void Link::try_again(const PauseScope& scope) {
    bool had_given_up = false;
    if (!scope.topic && has_given_up_) {
        had_given_up = true;
        has_given_up_ = false;
        failed_looks_ = 0;
        look_backoff_.reset();
    }
    for (auto& [id, partition] : partitions_) {
        if (scope.covers(PauseScope{id.topic, id.partition})) {
            had_given_up = had_given_up || partition->has_given_up();
            partition->try_again();
        }
    }
    if (had_given_up) {
        source_.connect_now();
        target_.connect_now();
    }
}

Result<size_t> Link::count_in(const PauseScope& scope) const {
    size_t count = 0;
    for (const auto& [id, partition] : partitions_) {
        count += scope.covers(PauseScope{id.topic, id.partition}) ? 1 : 0;
    }
    if (scope.topic && count == 0) {
        return Error(Errc::not_found, fmt::format("link {} has no {}", spec_.name, name_of(scope)));
    }
    return count;
}

void Link::follow_pauses() {
    for (auto& [id, partition] : partitions_) {
        std::string why = pauses_.now().why(id);
        if (why.empty()) {
            partition->resume();
        } else {
            partition->pause(std::move(why));
        }
    }
}

/// Nothing is fetched that would tell how far behind a paused partition is.
runtime::Task<void> Link::read_paused_ends() {
    std::map<BrokerId, std::vector<TopicPartition>> by_leader;
    for (const auto& [id, partition] : partitions_) {
        const auto leader = source_.metadata().leader_of(id);
        if (leader && partition->is_paused() && !tasks_.stop_requested()) {
            by_leader[leader->leader].push_back(id);
        }
    }
    for (const auto& [leader, ids] : by_leader) {
        const LogEnds ends = co_await read_ends(source_, leader, ids, tasks_.stop_token());
        for (const auto& [id, range] : ends.ranges) {
            const auto found = partitions_.find(id);
            if (found != partitions_.end() && found->second->is_paused()) {
                found->second->on_source_end(range.end);
            }
        }
    }
}

}  // namespace lockstep::replication

// What a link looks at again and again, which topics both clusters have, and what follows from it.

#include "base/log.h"
#include "base/mutation.h"
#include "replication/link.h"
#include "replication/retry_pace.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace lockstep::replication {

using runtime::Task;
using runtime::TimePoint;

namespace {

/// Metadata is asked for at most this often, however many partitions want it.
constexpr auto kMetadataPause = std::chrono::milliseconds(100);
constexpr auto kProblemPause = std::chrono::seconds(1);
/// Until another worker had better have the partitions: short breaks are not worth moving them.
constexpr auto kUnableAfter = std::chrono::seconds(10);

}  // namespace

void Link::want_metadata() {
    is_metadata_wanted_ = true;
    metadata_wanted_.notify_all();
}

Task<void> Link::discover_loop() {
    auto& loop = environment_.runtime.loop;
    const std::stop_token stop = tasks_.stop_token();
    while (!stop.stop_requested()) {
        // Who has not joined the others would not hear that it is resumed.
        if (pauses_.now().is_link_paused() && fleet_) {
            co_await metadata_wanted_.wait(runtime::kNever, stop);
            continue;
        }
        const TimePoint begun = loop.now();
        is_metadata_wanted_ = false;
        auto looked = co_await discovery_.look(stop);
        if (stop.stop_requested()) {
            break;
        }
        if (looked.has_error()) {
            co_await wait_after(looked.error(), begun);
            continue;
        }
        const auto learnt = learn_ids();
        if (learnt.has_error()) {  // whose records are whose is not certain
            co_await wait_after(learnt.error(), begun);
            continue;
        }
        failed_looks_ = 0;
        look_backoff_.reset();
        set_problem("");
        if (fleet_) {
            fleet_->set_able(true);
        }
        apply(std::move(*looked));
        co_await runtime::sleep_until(loop, begun + kMetadataPause, stop);
        const TimePoint next = begun + discovery_interval_;
        while (!is_metadata_wanted_ && !stop.stop_requested() && loop.now() < next) {
            co_await metadata_wanted_.wait(next, stop);
        }
    }
}

/// `begun`: when the look began that has failed. Until both clusters are looked at again: by the
/// clock, or once somebody resumes the link.
Task<void> Link::wait_after(Error problem, TimePoint begun) {
    const std::stop_token stop = tasks_.stop_token();
    count_error(problem.message());
    if (failed_looks_ == 0) {
        failing_since_ = begun;
    }
    ++failed_looks_;
    // Where it is not heard, it may be the target that it does not reach, as the others then.
    if (fleet_ && fleet_->is_heard() &&
        environment_.runtime.loop.now() - failing_since_ >= kUnableAfter) {
        fleet_->set_able(false);
    }
    if (spec_.retry && spec_.retry->attempts && failed_looks_ > *spec_.retry->attempts) {
        has_given_up_ = true;
        if (fleet_) {
            fleet_->set_able(false);
        }
        set_problem(given_up_text(*spec_.retry->attempts, problem.message()) +
                    "; resume the link to have it tried again");
        while (has_given_up_ && !stop.stop_requested()) {
            co_await metadata_wanted_.wait(runtime::kNever, stop);
        }
        co_return;
    }
    set_problem(problem.message());
    const runtime::Duration pause =
        spec_.retry ? look_backoff_.next(environment_.runtime.rng) : kProblemPause;
    co_await runtime::sleep_for(environment_.runtime.loop, pause, stop);
}

void Link::count_error(std::string what) {
    ++errors_;
    last_error_ = LastError{std::move(what), environment_.runtime.loop.wall_clock_ms()};
}

Result<void> Link::learn_ids() {
    LS_CHECK(cluster_ids_.learn(spec_.source, source_.metadata().cluster_id()));
    return cluster_ids_.learn(spec_.target, target_.metadata().cluster_id());
}

void Link::set_problem(std::string problem) {
    if (problem == problem_) {
        return;
    }
    if (problem.empty()) {
        log::info("link {}: both clusters answer again", spec_.name);
    } else {
        log::warn("link {}: {}", spec_.name, problem);
    }
    problem_ = std::move(problem);
}

void Link::apply(DiscoveredTopics discovered) {
    if (!is_discovered_) {
        is_discovered_ = true;
        log::info("link {}: {} ({}) to {} ({}), {} topic{}", spec_.name, spec_.source,
                  source_.metadata().cluster_id(), spec_.target, target_.metadata().cluster_id(),
                  discovered.topics.size(), discovered.topics.size() == 1 ? "" : "s");
        tasks_.spawn("probe", probe_markers());
    }
    for (const auto& [topic, problem] : discovered.target_problems) {
        const auto known = target_problems_.find(topic);
        if (known == target_problems_.end() || known->second.message() != problem.message()) {
            log::warn("link {}: {}", spec_.name, problem.message());
        }
    }
    target_problems_ = std::move(discovered.target_problems);
    discovered.growth.changes += growth_.changes;
    growth_ = std::move(discovered.growth);
    // Most looks find nothing new, and there may be thousands of partitions.
    const MetadataVersions versions{discovered.source_version, target_.metadata().version()};
    const bool is_news = applied_ != versions || name_problems_ != discovered.name_problems;
    name_problems_ = std::move(discovered.name_problems);
    if (is_news) {
        note_unmatched();
    }
    std::set<std::string> present;
    for (const client::TopicMetadata& topic : discovered.topics) {
        present.insert(topic.name);
        if (is_news) {
            const auto problem = name_problems_.find(topic.name);
            apply_topic(topic, problem == name_problems_.end() ? "" : problem->second);
        }
    }
    notice_missing(present);
    let_go_of_gone(present);
    join_fleet(is_news);
    if (is_news) {
        applied_ = versions;
        follow_pauses();
    }
    want_position();
}

/// Each is said once, and again where there was a topic meanwhile.
void Link::note_unmatched() {
    if (!spec_.replication.empty()) {
        return;  // the other links of the replication may bring the topic here
    }
    auto unmatched = discovery_.unmatched();
    for (const UnmatchedEntry& entry : unmatched) {
        if (std::ranges::find(unmatched_, entry) == unmatched_.end()) {
            log::warn("link {}: {}", spec_.name, describe(entry, spec_.source));
        }
    }
    unmatched_ = std::move(unmatched);
}

/// `name_problem`: why it must not be copied under the name that it would have on the target.
void Link::apply_topic(const client::TopicMetadata& topic, const std::string& name_problem) {
    missed_[topic.name] = 0;
    for (size_t index = 0; index < topic.partitions.size(); ++index) {
        const TopicPartition id{topic.name, PartitionIndex(static_cast<int32_t>(index))};
        auto& partition = partitions_[id];
        const bool is_other = partition && partition->source_topic_id() != topic.id &&
                              !mutated(Mutation::recreated_unnoticed);
        if (!partition) {
            partition =
                std::make_unique<PartitionReplicator>(*this, producer_, stream_of(id, topic.id));
        } else if (is_other && spec_.on_recreated == RecreatedRule::continue_behind) {
            log::warn(
                "link {}: topic {} was deleted at the source and created again (id {}, now {}): "
                "going on with the new one, as on_recreated says",
                spec_.name, topic.name, partition->source_topic_id().to_string(),
                topic.id.to_string());
            partition->orphan("its topic was created again");
            retired_.push_back(std::move(partition));
            partition =
                std::make_unique<PartitionReplicator>(*this, producer_, stream_of(id, topic.id));
            partition->follow(*retired_.back());
        } else if (is_other) {
            partition->orphan(fmt::format(
                "topic {} was deleted at the source and created again: "
                "the one with id {} was copied, now it has id {}",
                topic.name, partition->source_topic_id().to_string(), topic.id.to_string()));
        } else if (partition->is_orphan() && name_problem.empty()) {
            partition->adopt();
        }
        if (!name_problem.empty()) {
            partition->orphan(name_problem);
        }
        if (const auto leader = target_.metadata().leader_of(partition->target_id())) {
            partition->on_target_leader(*leader);
        }
    }
}

Stream Link::stream_of(const TopicPartition& id, const Uuid& topic_id) const {
    const StreamKey key = stream_key({source_.metadata().cluster_id(), topic_id, id}, spec_.names);
    return {id, key.partition, topic_id, preserved_stream_id(key)};
}

}  // namespace lockstep::replication

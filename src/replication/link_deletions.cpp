// What a link does with copies whose topics were deleted at the source.

#include "replication/link.h"

#include <fmt/core.h>

namespace lockstep::replication {
namespace {

/// A broker that has just restarted may leave a topic out once.
constexpr int kMissesUntilDeleted = 2;

}  // namespace

void Link::notice_missing(const std::set<std::string>& present) {
    bool is_any_deleted = false;
    for (auto& [topic, misses] : missed_) {
        if (!present.contains(topic)) {
            ++misses;
            is_any_deleted = is_any_deleted || misses >= kMissesUntilDeleted;
        }
    }
    if (!is_any_deleted) {
        return;
    }
    for (auto& [id, partition] : partitions_) {
        if (missed_[id.topic] >= kMissesUntilDeleted && !partition->is_orphan()) {
            partition->orphan(text_of_deletion(id, partition->source_topic_id()));
        }
    }
}

void Link::follow_deletions() {
    if (spec_.on_deleted.kind == DeletedRule::Kind::ignore) {
        return;
    }
    deletions_ = std::make_unique<DeletionFollower>(DeletionServices{
        source_, target_, spec_, [this] { return copied_topics(); },
        [this](const std::string& topic) { return pauses_.now().touches(topic); },
        [this] { return fleet_ && fleet_->is_first(); },
        [this](const FollowedTopic& topic, bool by_us) { on_copy_gone(topic, by_us); }});
    tasks_.spawn("deletions", deletions_->run(tasks_.stop_token()));
}

/// Those of which a partition is being copied: it is certain then that the copy is the link's.
std::vector<FollowedTopic> Link::copied_topics() const {
    std::map<std::string, FollowedTopic> topics;
    for (const auto& [id, partition] : partitions_) {
        const std::string& there = partition->target_id().topic;
        const auto* copy = target_.metadata().find_topic(there);
        const bool is_copied = partition->is_streaming() && !partition->is_orphan();
        if (copy != nullptr && is_copied && partition->target_topic_id() == copy->id) {
            topics[id.topic] = {id.topic, there, {partition->source_topic_id()}, copy->id, {}};
        }
    }
    std::vector<FollowedTopic> copied;
    for (auto& [name, topic] : topics) {
        copied.push_back(std::move(topic));
    }
    return copied;
}

/// Neither cluster has the topic any more: there is nothing to be said of its partitions.
void Link::on_copy_gone(const FollowedTopic& topic, bool by_us) {
    auto& ids = gone_[topic.topic];
    ids.insert(topic.source_ids.begin(), topic.source_ids.end());
    let_go_of_gone({});
    applied_.reset();  // another topic of that name may have been seen already
    compacted_.erase(topic.topic);
    message_bytes_.erase(topic.target_topic);
    if (by_us && environment_.on_copy_deleted != nullptr && *environment_.on_copy_deleted) {
        (*environment_.on_copy_deleted)(spec_.name, topic.topic, topic.target_topic);
    }
}

/// Of the topics whose copies are gone, those partitions of which nothing is under way any more;
/// `present` are the topics that the source has.
void Link::let_go_of_gone(const std::set<std::string>& present) {
    for (auto next = partitions_.begin(); next != partitions_.end();) {
        const std::string& topic = next->first.topic;
        const auto gone = gone_.find(topic);
        PartitionReplicator& partition = *next->second;
        // Where there are no ids, one that was created again is known by being there.
        const bool is_other = partition.source_topic_id().is_zero() && present.contains(topic);
        if (gone == gone_.end() || is_other ||
            !gone->second.contains(partition.source_topic_id())) {
            ++next;
            continue;
        }
        if (!partition.is_orphan()) {
            partition.orphan(text_of_deletion(next->first, partition.source_topic_id()));
        }
        if (partition.is_at_rest()) {
            retired_.push_back(std::move(next->second));
            next = partitions_.erase(next);
        } else {
            ++next;
        }
    }
    std::erase_if(gone_, [&](const auto& gone) {
        const bool is_over = !has_any_of(gone.first, gone.second);
        if (is_over && !present.contains(gone.first)) {
            missed_.erase(gone.first);
        }
        return is_over;
    });
}

bool Link::has_any_of(const std::string& topic, const std::set<Uuid>& source_ids) const {
    for (auto next = partitions_.lower_bound({topic, PartitionIndex(0)});
         next != partitions_.end() && next->first.topic == topic; ++next) {
        if (source_ids.contains(next->second->source_topic_id())) {
            return true;
        }
    }
    return false;
}

/// Why a topic that both clusters know is not copied any more.
std::string Link::text_of_deletion(const TopicPartition& id, const Uuid& topic_id) const {
    const bool is_kept = spec_.on_deleted.kind == DeletedRule::Kind::ignore;
    return fmt::format(
        "topic {} (id {}) was deleted at the source; {}. (Or Lockstep may not DESCRIBE it any "
        "more: brokers hide it then{}.)",
        id.topic, topic_id.to_string(),
        is_kept ? "the copy is kept" : "its copy is deleted when on_deleted says so",
        is_kept ? "" : ", and the copy is kept");
}

}  // namespace lockstep::replication

#include "client/fetch_session.h"

#include "base/mutation.h"

#include <algorithm>
#include <map>

namespace lockstep::client {
namespace {

using protocol::FetchRequest;

constexpr int8_t kReadCommitted = 1;

/// The entry of `topics` for a topic, made where it is missing.
template <typename Topics>
auto& topic_entry(Topics& topics, std::map<std::string, size_t>& index, const std::string& name,
                  const Uuid& id) {
    const auto [found, is_new] = index.try_emplace(name, topics.size());
    if (is_new) {
        topics.emplace_back();
        topics.back().topic = name;
        topics.back().topic_id = id;
    }
    return topics[found->second];
}

}  // namespace

void FetchSession::want(const TopicPartition& partition, const Uuid& topic_id,
                        FetchPosition position) {
    const auto [found, is_new] = wanted_.try_emplace(partition);
    Wanted& wanted = found->second;
    if (!is_new && wanted.topic_id == topic_id && wanted.position == position) {
        return;
    }
    const std::string& name = partition.topic;
    const auto known = ids_.find(name);
    if (known != ids_.end() && known->second != topic_id) {
        names_.erase(known->second);
        is_outdated_ = true;
    }
    ids_[name] = topic_id;
    names_[topic_id] = name;
    wanted.topic_id = topic_id;
    wanted.position = position;
    if (!wanted.is_changed) {
        wanted.is_changed = true;
        changed_.push_back(partition);
    }
}

void FetchSession::forget(const TopicPartition& partition) {
    const auto found = wanted_.find(partition);
    if (found == wanted_.end()) {
        return;
    }
    if (found->second.is_changed) {
        std::erase(changed_, partition);
    }
    forgotten_.push_back({partition, found->second.topic_id});
    wanted_.erase(found);
}

bool FetchSession::is_told(const TopicPartition& partition) const {
    const auto found = wanted_.find(partition);
    return found != wanted_.end() && !found->second.is_changed;
}

protocol::FetchRequest FetchSession::build(const FetchLimits& limits) {
    if (is_outdated_) {
        reset();
    }
    FetchRequest request;
    request.max_wait_ms = static_cast<int32_t>(limits.max_wait.count());
    request.min_bytes = 1;
    request.max_bytes = limits.max_bytes;
    request.isolation_level = mutated(Mutation::open_transactions_read) ? 0 : kReadCommitted;
    request.session_id = session_id_;
    request.session_epoch = epoch_;

    if (is_new_session()) {
        changed_.clear();
        for (auto& [partition, wanted] : wanted_) {
            changed_.push_back(partition);
        }
        std::sort(changed_.begin(), changed_.end());
        forgotten_.clear();
    }
    std::map<std::string, size_t> index;
    for (const TopicPartition& partition : changed_) {
        Wanted& wanted = wanted_.at(partition);
        wanted.is_changed = false;
        FetchRequest::FetchPartition entry;
        entry.partition = partition.partition.value();
        entry.current_leader_epoch = wanted.position.leader_epoch.value();
        entry.fetch_offset = wanted.position.offset.value();
        entry.partition_max_bytes = limits.partition_max_bytes;
        topic_entry(request.topics, index, partition.topic, wanted.topic_id)
            .partitions.push_back(std::move(entry));
    }
    index.clear();
    for (const Forgotten& forgotten : forgotten_) {
        if (!wanted_.contains(forgotten.partition)) {
            topic_entry(request.forgotten_topics_data, index, forgotten.partition.topic,
                        forgotten.topic_id)
                .partitions.push_back(forgotten.partition.partition.value());
        }
    }
    changed_.clear();
    forgotten_.clear();
    return request;
}

bool FetchSession::accept(const protocol::FetchResponse& response) {
    if (response.error_code != 0) {
        reset();
        return false;
    }
    if (response.session_id != 0) {
        session_id_ = response.session_id;
        epoch_ = epoch_after(epoch_);
    } else {
        reset();  // the broker keeps no session for us: each request is a full one
    }
    return true;
}

void FetchSession::reset() {
    session_id_ = 0;
    epoch_ = 0;
    is_outdated_ = false;
    forgotten_.clear();
}

const std::string* FetchSession::topic_name(
    const protocol::FetchResponse::FetchableTopicResponse& topic) const {
    if (!topic.topic.empty()) {
        return &topic.topic;
    }
    const auto found = names_.find(topic.topic_id);
    return found == names_.end() ? nullptr : &found->second;
}

}  // namespace lockstep::client

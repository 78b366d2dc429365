#include "sandbox/committed_offsets.h"

#include <algorithm>

namespace lockstep::sandbox {

void CommittedOffsets::commit(const TopicPartition& partition, CommittedOffset offset) {
    committed_[partition] = {std::move(offset), ++last_order_};
}

void CommittedOffsets::stage(ProducerId producer, const TopicPartition& partition,
                             CommittedOffset offset) {
    staged_[producer][partition] = {std::move(offset), ++last_order_};
}

bool CommittedOffsets::end_transaction(ProducerId producer, bool is_commit) {
    const auto found = staged_.find(producer);
    if (found == staged_.end()) {
        return false;
    }
    for (auto& [partition, entry] : found->second) {
        Entry& present = committed_[partition];
        if (is_commit && present.order < entry.order) {
            present = std::move(entry);
        } else if (present.order == 0) {
            committed_.erase(partition);
        }
    }
    staged_.erase(found);
    return true;
}

void CommittedOffsets::restore(const TopicPartition& partition, Entry entry) {
    last_order_ = std::max(last_order_, entry.order);
    committed_[partition] = std::move(entry);
}

void CommittedOffsets::restore_staged(ProducerId producer, const TopicPartition& partition,
                                      Entry entry) {
    last_order_ = std::max(last_order_, entry.order);
    staged_[producer][partition] = std::move(entry);
}

const CommittedOffset* CommittedOffsets::find(const TopicPartition& partition) const {
    const auto found = committed_.find(partition);
    return found == committed_.end() ? nullptr : &found->second.offset;
}

bool CommittedOffsets::is_unstable(const TopicPartition& partition) const {
    return std::ranges::any_of(
        staged_, [&](const auto& transaction) { return transaction.second.contains(partition); });
}

std::vector<TopicPartition> CommittedOffsets::partitions() const {
    std::vector<TopicPartition> partitions;
    for (const auto& [partition, entry] : committed_) {
        partitions.push_back(partition);
    }
    return partitions;
}

void CommittedOffsets::forget_topic(const std::string& topic) {
    const auto is_of_topic = [&](const auto& entry) { return entry.first.topic == topic; };
    std::erase_if(committed_, is_of_topic);
    for (auto& [producer, entries] : staged_) {
        std::erase_if(entries, is_of_topic);
    }
    std::erase_if(staged_, [](const auto& transaction) { return transaction.second.empty(); });
}

bool CommittedOffsets::erase_if(const Rule& is_over) {
    return std::erase_if(committed_, [&](const auto& entry) {
               return !is_unstable(entry.first) && is_over(entry.first, entry.second.offset);
           }) > 0;
}

}  // namespace lockstep::sandbox

#include "sandbox/partition_assignors.h"

#include <algorithm>

namespace lockstep::sandbox {

namespace {

/// Evens out one assignment step by step.
class Balance {
public:
    Balance(const std::vector<AssignableMember>& members, const PartitionCounts& counts)
        : members_(members), counts_(counts) {}

    TargetAssignment run() {
        keep_present();
        give_free();
        while (move_one()) {
        }
        return std::move(target_);
    }

private:
    void keep_present();
    void give_free();
    bool move_one();
    bool exists(const TopicIdPartition& partition) const;

    const std::vector<AssignableMember>& members_;
    const PartitionCounts& counts_;
    TargetAssignment target_;
    PartitionSet given_;
};

bool Balance::exists(const TopicIdPartition& partition) const {
    const auto found = counts_.find(partition.topic);
    return found != counts_.end() && partition.partition < found->second;
}

void Balance::keep_present() {
    for (const AssignableMember& member : members_) {
        PartitionSet& kept = target_[member.id];
        for (const TopicIdPartition& partition : member.present) {
            const bool may_keep = member.topics.contains(partition.topic) && exists(partition);
            if (may_keep && given_.insert(partition).second) {
                kept.insert(partition);
            }
        }
    }
}

/// Each to the member with the fewest of those that want it.
void Balance::give_free() {
    for (const auto& [topic, count] : counts_) {
        for (int32_t index = 0; index < count; ++index) {
            PartitionSet* fewest = nullptr;
            for (const AssignableMember& member : members_) {
                PartitionSet& has = target_[member.id];
                const bool wants = member.topics.contains(topic);
                if (wants && (fewest == nullptr || has.size() < fewest->size())) {
                    fewest = &has;
                }
            }
            const TopicIdPartition partition{topic, index};
            if (fewest != nullptr && given_.insert(partition).second) {
                fewest->insert(partition);
            }
        }
    }
}

/// From a member to another that has at least two less. It ends: the sum of the squares shrinks.
bool Balance::move_one() {
    for (const AssignableMember& to : members_) {
        PartitionSet& receiver = target_[to.id];
        PartitionSet* most = nullptr;
        TopicIdPartition moved;
        for (auto& [id, has] : target_) {
            if (has.size() < receiver.size() + 2 ||
                (most != nullptr && has.size() <= most->size())) {
                continue;
            }
            const auto last = std::find_if(has.rbegin(), has.rend(), [&](const auto& partition) {
                return to.topics.contains(partition.topic);
            });
            if (last != has.rend()) {
                most = &has;
                moved = *last;
            }
        }
        if (most != nullptr) {
            most->erase(moved);
            receiver.insert(moved);
            return true;
        }
    }
    return false;
}

/// Static members first, by instance id; then the others, by member id.
bool comes_before(const AssignableMember* left, const AssignableMember* right) {
    if (left->instance_id.has_value() != right->instance_id.has_value()) {
        return left->instance_id.has_value();
    }
    return left->instance_id ? *left->instance_id < *right->instance_id : left->id < right->id;
}

}  // namespace

TargetAssignment assign_uniformly(const std::vector<AssignableMember>& members,
                                  const PartitionCounts& counts) {
    return Balance(members, counts).run();
}

TargetAssignment assign_ranges(const std::vector<AssignableMember>& members,
                               const PartitionCounts& counts) {
    TargetAssignment target;
    for (const AssignableMember& member : members) {
        target[member.id];
    }
    for (const auto& [topic, count] : counts) {
        std::vector<const AssignableMember*> takers;
        for (const AssignableMember& member : members) {
            if (member.topics.contains(topic)) {
                takers.push_back(&member);
            }
        }
        std::ranges::sort(takers, comes_before);
        int32_t next = 0;
        for (size_t i = 0; i < takers.size(); ++i) {
            const auto takers_left = static_cast<int32_t>(takers.size() - i);
            const int32_t share = (count - next + takers_left - 1) / takers_left;
            for (const int32_t end = next + share; next < end; ++next) {
                target[takers[i]->id].insert({topic, next});
            }
        }
    }
    return target;
}

}  // namespace lockstep::sandbox

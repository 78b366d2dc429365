#pragma once

#include "sandbox/call.h"
#include "sim/workload.h"

#include <memory>
#include <set>

namespace lockstep::sim {

/// Consumer groups that commit offsets, go back and forth in the log, and move from one cluster to
/// the other and back. They commit beside the network, as a group's coordinator is told. Owned by a
/// scenario.
class GroupWorkload {
public:
    GroupWorkload(World& world, sandbox::Cluster& source, sandbox::Cluster& target,
                  const Workload& workload);
    ~GroupWorkload();

    /// Makes `count` groups, each of one of the topics, with a member at the source.
    void begin(int count);
    /// Some group commits something every so often until stop().
    void commit_on(Duration interval);
    void stop() { is_stopped_ = true; }

    /// Some group's member leaves, once the group's places are the same on both clusters, and a
    /// member joins on the other one.
    void move_one();
    /// Nobody has offsets of a topic that was deleted; it is not read any more.
    void forget_topic(const std::string& topic);

    /// Checker "groups exact": a group that moved now would begin with exactly the record that it
    /// would go on with where it is. Partitions of `passed_over` are not looked at.
    std::vector<std::string> inexact(const std::set<TopicPartition>& passed_over) const;
    /// Checker "groups kept", at any time: where a group has members, only they commit.
    std::vector<std::string> changed() const;
    /// Checker "groups within", at any time: no group of the source has a place on the target
    /// behind what was copied.
    std::vector<std::string> beyond() const;

private:
    struct Group {
        std::string name;
        std::string topic;
        bool is_at_target = false;
        bool is_moving = false;
        std::string member_id;
        std::map<TopicPartition, Offset> committed;  // by its members, where they are now
    };

    sandbox::Cluster& home(const Group& group) const {
        return group.is_at_target ? target_ : source_;
    }
    void join(Group& group);
    void leave(Group& group);
    void commit(Group& group);
    std::vector<TopicPartition> partitions(const Group& group) const;
    std::optional<std::string> difference(const Group& group, const TopicPartition& id) const;

    World& world_;
    sandbox::Cluster& source_;
    sandbox::Cluster& target_;
    const Workload& workload_;
    sandbox::ClientConnection connection_;
    std::vector<Group> groups_;
    bool is_stopped_ = false;
};

}  // namespace lockstep::sim

#pragma once

#include "client/groups.h"
#include "client/share_state_reader.h"
#include "model/link_status.h"
#include "replication/group_place.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace lockstep::replication {

/// Keeps the places of share groups (KIP-932) the same on both clusters of a link, by the rules of
/// other groups (group_place.h): a share group that moves goes on with the first record that is not
/// finished. What its members have finished behind that record, and what they have in hand, is not
/// carried: it is delivered again. A group with members is never changed. As with other groups, two
/// looks must say what is to be done before it is: the list of who has members is old by then.
///
/// Part of GroupSync, which lists the groups and calls `look` each time. Remembers only what it saw
/// last.
class ShareGroupSync {
public:
    using Listed = std::map<std::string, client::ListedGroup>;

    ShareGroupSync(client::Cluster& source, client::Cluster& target, TopicNames names,
                   RangesOf ranges_of);

    /// `source`: the share groups of the link; `target`: all share groups there.
    runtime::Task<Result<void>> look(Listed source, Listed target, std::stop_token stop);

    /// As of the last look that came to its end.
    const std::vector<GroupStatus>& groups() const { return groups_; }

private:
    /// What was found in the log: it need not be read each time.
    struct Walked {
        Offset start;
        client::DeliveredRanges delivered;
        Offset place;
    };
    using GroupPartition = std::pair<std::string, TopicPartition>;

    struct Side {
        client::Cluster* cluster;
        TopicNames names;  // that the source's topics have here
        client::ShareStateReader reader;
        Listed listed;
        /// Of the link's partitions, by their names at the source; their offsets moved to what is
        /// not finished.
        client::ShareGroupStarts starts;
        std::map<GroupPartition, Walked> walked;

        bool is_active(const std::string& group) const;
        const client::ShareStarts& starts_of(const std::string& group) const;
        std::string silence_on(const std::string& group) const;
    };
    using Remembered = std::map<TopicPartition, LastSeen>;
    /// What one look at a group comes to.
    struct Outcome {
        GroupStatus status;
        client::ShareGroupChange to_source;
        client::ShareGroupChange to_target;
        bool is_agreed = true;  // false: two looks differed about something
        Remembered seen;        // as it is once all is changed

        bool has_changes() const { return !to_source.starts.empty() || !to_target.starts.empty(); }
        /// Changes only what another look has come to as well.
        void agree_with(const Outcome& other);
    };
    using Outcomes = std::map<std::string, Outcome>;

    /// Looks once more at the groups that something is to be changed for.
    runtime::Task<Result<void>> confirm(Outcomes& outcomes, std::stop_token stop);
    /// Lists these groups anew.
    runtime::Task<Result<void>> list(Side& side, std::set<std::string> groups,
                                     std::stop_token stop);
    runtime::Task<Result<void>> look_at(Side& side, std::set<std::string> groups,
                                        std::stop_token stop);
    std::optional<TopicPartition> at_source(const Side& side, const TopicPartition& id) const;
    client::ShareStarts named_as_at_source(const Side& side,
                                           const client::ShareStarts& starts) const;
    runtime::Task<void> settle(Side& side, std::set<std::string> groups, std::stop_token stop);
    runtime::Task<Result<Offset>> place_of(Side& side, GroupPartition id,
                                           const client::ShareStart& start, std::stop_token stop);
    runtime::Task<GroupStatus> act(Outcome outcome, std::stop_token stop);
    Outcome compare(const std::string& group) const;
    void compare(const TopicPartition& id, const client::ShareStart& here,
                 const client::ShareStart* there, Outcome& outcome) const;
    /// Whether it was changed: not where the group has got members meanwhile.
    runtime::Task<Result<bool>> alter(Side& side, client::ShareGroupChange change,
                                      std::stop_token stop);

    Side source_;
    Side target_;
    RangesOf ranges_of_;
    std::map<std::string, Remembered> remembered_;
    std::vector<GroupStatus> groups_;
};

}  // namespace lockstep::replication

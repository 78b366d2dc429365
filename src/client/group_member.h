#pragma once

#include "client/cluster.h"
#include "client/member_names.h"
#include "runtime/signal.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace lockstep::client {

/// What a member of a group says, is told, and decides when it leads. Called on the group's shard.
class GroupRole {
public:
    struct Told {
        std::string member_id;
        Bytes metadata;  // that it joined with
    };
    /// Where a member stands after a round.
    struct Standing {
        std::string member_id;
        int32_t generation = -1;
        bool is_leader = false;
    };

    virtual ~GroupRole() = default;

    /// What the leader is told, at each join.
    virtual Bytes join_with() = 0;
    /// Of the leader: what each member is given, by its id. All have joined.
    virtual std::map<std::string, Bytes> assign(const std::vector<Told>& members) = 0;
    virtual void on_assigned(const Standing& standing, ByteView assignment) = 0;
    /// The coordinator has forgotten this member: what it was given may be another one's by now.
    virtual void on_out() = 0;
};

/// A member of a classic group of protocol type "lockstep": Kafka's own group coordinator says who
/// is there, and hands on what they say to each other (KIP-62, KIP-394).
///
///     joining --all have joined, the leader has said what each gets--> member --rejoin(), or the
///        ^                                                                |    coordinator wants
///        |                                                                |    all to join again
///        +----------------------------------------------------------------+
///        `---- after a failure: as the same member, until the coordinator says it knows it not
///
/// The coordinator gives a member up that it has not heard of for `session`, or that does not join
/// within two thirds of that, 20 s at most, when all have to. is_heard() says until when neither
/// can have happened, by this process's own clock, even where it was suspended meanwhile.
///
/// A process that died is counted in until then. The next one takes its place where `names` knows
/// as which member.
///
/// Lives on one shard. `run()` until its stop; then `leave()`, while the cluster is still open.
class GroupMember {
public:
    struct Options {
        std::string group;
        std::string protocol;  // by which its members agree
        runtime::Duration session = std::chrono::seconds(6);
        MemberNames* names = nullptr;  // null: none are kept
    };

    GroupMember(Cluster& cluster, Options options, GroupRole& role);

    /// Wants all to join again. Of a member that does not lead, the coordinator takes this only
    /// where join_with() has changed.
    void rejoin();
    /// Whether the coordinator surely counts this member in.
    bool is_heard() const;
    const std::string& group() const { return options_.group; }
    /// Why it is no member for now; "" where it is one, or is about to become one.
    const std::string& problem() const { return problem_; }

    runtime::Task<void> run(std::stop_token stop);

    /// So that the others need not wait for the end of the session. Not on the connection that may
    /// be waiting for a round.
    runtime::Task<void> leave();
    /// Waits until leave() is done, or until `deadline`.
    runtime::Task<void> wait_left(runtime::TimePoint deadline);

private:
    static constexpr auto kLongestRound = std::chrono::seconds(20);  // shorter than requests may be

    runtime::Task<Result<void>> take_part(std::stop_token stop);
    runtime::Task<Result<void>> join(ConnectionPtr connection);
    runtime::Task<Result<void>> sync(ConnectionPtr connection, std::vector<GroupRole::Told> told);
    runtime::Task<Result<void>> keep(ConnectionPtr connection, std::stop_token stop);
    void believe_until(runtime::TimePoint heard);
    void note(const Error& error);
    void remember() const;
    runtime::Duration rebalance_timeout() const {
        return std::min<runtime::Duration>(options_.session * 2 / 3, kLongestRound);
    }

    Cluster& cluster_;
    Options options_;
    GroupRole& role_;
    GroupRole::Standing standing_;
    BrokerId coordinator_ = kNoBroker;
    ConnectionPtr connection_;  // to it
    std::string problem_;
    std::string told_;  // of these, the one that the log was warned of last
    bool is_rejoin_wanted_ = false;
    runtime::TimePoint valid_until_{};
    runtime::Signal rejoin_wanted_;
    bool has_left_ = false;
    runtime::Signal left_;
};

/// What each of a group's members, living or not, was given in its last round. Empty values while
/// a round goes on.
runtime::Task<Result<std::vector<Bytes>>> read_assignments(Cluster& cluster, std::string group,
                                                           std::stop_token stop);

}  // namespace lockstep::client

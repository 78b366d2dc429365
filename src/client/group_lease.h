#pragma once

#include "client/cluster.h"
#include "client/member_names.h"
#include "runtime/signal.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace lockstep::client {

/// A turn that one process at a time has, given by Kafka's own group coordinator: whoever wants it
/// joins a group, and the group's leader names one member. The coordinator takes the turn away from
/// a member that it has not heard of for kSession; the member itself has stopped to believe in it
/// one second before, by its own clock, even where it was suspended meanwhile.
///
/// A process that died keeps its place in the group for kSession. The next one takes that place,
/// with the turn, where `names` knows under which name the dead one was a member.
///
///     idle --want()--> joining --named--> held --not heard of, left--> joining
///                         `--another is named--> waiting --the other is gone--> joining
///
/// Lives on one shard. `run()` until its stop; it leaves the group then.
class GroupLease {
public:
    static constexpr auto kSession = std::chrono::seconds(6);

    /// `names` is null where none are kept.
    GroupLease(Cluster& cluster, std::string group, MemberNames* names = nullptr);

    /// Begins to try for the turn, if that has not begun.
    void want();
    /// Whom to tell when the turn has come; one listener.
    void on_held(std::function<void()> told) { told_ = std::move(told); }
    bool is_held() const;
    /// Which of all its turns this process has now: what was learnt in a former one may be out of
    /// date. Nothing where it has none.
    std::optional<uint64_t> turn() const {
        return is_held() ? std::optional(turns_) : std::nullopt;
    }
    const std::string& group() const { return group_; }

    runtime::Task<void> run(std::stop_token stop);

    /// After run() was told to stop: waits until the group is left, or until `deadline`.
    runtime::Task<void> wait_left(runtime::TimePoint deadline);

private:
    struct Membership {
        std::string member_id;
        int32_t generation = -1;
    };

    runtime::Task<Result<void>> take_part(std::stop_token stop);
    runtime::Task<Result<void>> join(ConnectionPtr connection);
    runtime::Task<Result<void>> keep(ConnectionPtr connection, std::stop_token stop);
    runtime::Task<void> leave();
    void remember() const;
    void forget_membership();
    void believe_until(runtime::TimePoint heard);

    Cluster& cluster_;
    std::string group_;
    MemberNames* names_;
    std::function<void()> told_ = [] {};
    bool is_wanted_ = false;
    Membership membership_;
    bool is_named_ = false;  // by the leader, in this generation
    uint64_t turns_ = 0;     // that it has had up to now
    runtime::TimePoint valid_until_{};
    ConnectionPtr connection_;
    runtime::Signal wanted_;
    bool has_left_ = false;
    runtime::Signal left_;
};

}  // namespace lockstep::client

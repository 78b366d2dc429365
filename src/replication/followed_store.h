#pragma once

#include "client/admin.h"
#include "client/cluster.h"

#include <map>
#include <optional>
#include <string>

namespace lockstep::replication {

/// What links remember of the settings that they follow, in the compacted topic
/// `__lockstep_followed` of one partition on the target (followed_record.h says how). The topic is
/// created when there is something to remember. Two workers of a link write the same into it:
/// whatever is written twice does no harm.
///
/// One for a link, on its shard.
class FollowedStore {
public:
    static constexpr const char* kTopic = "__lockstep_followed";

    using Entries = std::map<std::string, std::string>;
    using Changes = std::map<std::string, std::optional<std::string>>;  // nothing: forgotten

    explicit FollowedStore(client::Cluster& target) : target_(target) {}

    /// Reads what was written since the last time; nothing where the topic is not there.
    runtime::Task<Result<void>> catch_up(std::stop_token stop);

    /// As of the last catch_up(), and what was put since.
    const Entries& entries() const { return entries_; }

    /// Writes what differs from entries(). Once it returns without an error, it is there to stay.
    runtime::Task<Result<void>> put(Changes changes, std::stop_token stop);

private:
    runtime::Task<Result<void>> refresh(std::stop_token stop);
    runtime::Task<Result<void>> create(std::stop_token stop);
    Result<Offset> take_in(ByteView records);

    client::Cluster& target_;
    Entries entries_;
    Uuid topic_id_;   // of the topic that was read
    Offset next_{0};  // to be read
};

}  // namespace lockstep::replication

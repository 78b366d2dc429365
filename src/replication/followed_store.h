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
/// whatever is written twice does no harm. On the source, what other links have set there is read.
///
/// One for a link and cluster, on the link's shard.
class FollowedStore {
public:
    static constexpr const char* kTopic = "__lockstep_followed";

    using Entries = std::map<std::string, std::string>;
    using Changes = std::map<std::string, std::optional<std::string>>;  // nothing: forgotten

    explicit FollowedStore(client::Cluster& cluster) : cluster_(cluster) {}

    /// Reads what was written since the last time; nothing where the topic is not there. Reads all
    /// of it again where the log does not reach as far as it was read: an election was unclean.
    runtime::Task<Result<void>> catch_up(std::stop_token stop);

    /// The same, and an error where the topic may be there and cannot be seen.
    runtime::Task<Result<void>> catch_up_surely(std::stop_token stop);

    /// As of the last catch_up(), and what was put since.
    const Entries& entries() const { return entries_; }

    /// Writes what differs from entries(). Once it returns without an error, it is there to stay.
    runtime::Task<Result<void>> put(Changes changes, std::stop_token stop);

private:
    runtime::Task<Result<void>> refresh(std::stop_token stop);
    runtime::Task<Result<void>> create(std::stop_token stop);
    runtime::Task<Result<void>> read_on(std::stop_token stop);
    runtime::Task<Result<void>> begin_anew(std::stop_token stop);
    Result<Offset> take_in(ByteView records);

    client::Cluster& cluster_;
    Entries entries_;
    Uuid topic_id_;   // of the topic that was read
    Offset next_{0};  // to be read
};

}  // namespace lockstep::replication

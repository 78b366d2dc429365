#pragma once

#include "client/share_groups.h"

#include <map>
#include <string>
#include <vector>

namespace lockstep::client {

/// Reads what the members of share groups have done, as brokers do (ReadShareGroupState): it needs
/// the right CLUSTER_ACTION and changes nothing there. The start offset that Kafka tells is the one
/// of the acknowledgement before the last; what was finished since is only known here.
///
/// Where the right or the API is missing, nothing is added to what was told, and it is tried again
/// after a while. Lives on the cluster's shard.
class ShareStateReader {
public:
    explicit ShareStateReader(Cluster& cluster) : cluster_(cluster) {}

    /// Adds what was delivered to the start offsets. Those that cannot be read just now get an
    /// error of their own.
    runtime::Task<Result<ShareGroupStarts>> read(ShareGroupStarts groups, std::stop_token stop);

    /// Why nothing is added; "" where it is.
    const std::string& refusal() const { return refusal_; }

private:
    /// Which partitions of which groups to ask a broker for.
    using Coordinators = std::map<BrokerId, std::map<std::string, std::vector<TopicPartition>>>;

    runtime::Task<Result<ShareGroupStarts>> ask(ShareGroupStarts groups, std::stop_token stop);
    runtime::Task<Result<Coordinators>> find_coordinators(ShareGroupStarts& groups,
                                                          std::stop_token stop);

    Cluster& cluster_;
    std::string refusal_;
    runtime::TimePoint try_again_at_{};
};

}  // namespace lockstep::client

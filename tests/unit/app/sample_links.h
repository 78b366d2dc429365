#pragma once

// Links as the engine might report them, for the tests of what is made of them.

#include "model/link_status.h"

#include <string>

namespace lockstep::app {

inline PartitionStatus sample_partition(std::string topic, int32_t partition,
                                        PartitionState state) {
    PartitionStatus status;
    status.id = {std::move(topic), PartitionIndex(partition)};
    status.state = state;
    return status;
}

/// `high_watermark` and `end` are those of source and target.
inline PartitionStatus running_partition(std::string topic, int32_t partition,
                                         int64_t high_watermark, int64_t end) {
    PartitionStatus status = sample_partition(std::move(topic), partition, PartitionState::running);
    status.source_log_start = Offset(0);
    status.source_high_watermark = Offset(high_watermark);
    status.next_offset = Offset(end);
    status.target_log_end = Offset(end);
    return status;
}

inline GroupStatus sample_group(std::string name, size_t partitions, size_t exact) {
    GroupStatus group;
    group.name = std::move(name);
    group.type = "classic";
    group.partitions = partitions;
    group.exact = exact;
    return group;
}

inline LinkStatus sample_link(std::vector<PartitionStatus> partitions) {
    LinkStatus link;
    link.name = "east-to-west";
    link.source = "east";
    link.target = "west";
    link.source_cluster_id = "c1";
    link.target_cluster_id = "c2";
    link.discovered = true;
    link.partitions = std::move(partitions);
    return link;
}

}  // namespace lockstep::app

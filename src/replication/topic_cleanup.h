#pragma once

#include "client/cluster.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::replication {

/// How a topic is cleaned up on both clusters. Where one of them compacts it, a record that only
/// one of them has is no difference: they compact at different times.
enum class Cleanup { deleted, compacted };

/// Of each of the topics, by their names at the source; those that cannot be described count as
/// `deleted`. `topics` says what each is called on the target.
runtime::Task<Result<std::map<std::string, Cleanup>>> read_cleanups(
    client::Cluster& source, client::Cluster& target, std::map<std::string, std::string> topics,
    std::stop_token stop);

/// The topic's max.message.bytes; nothing where the cluster does not tell.
runtime::Task<std::optional<int64_t>> max_message_bytes(client::Cluster& cluster, std::string topic,
                                                        std::stop_token stop);

/// Which of the topics the cluster compacts: only then their logs may have holes. Those that it
/// does not tell of are missing in the answer.
runtime::Task<Result<std::map<std::string, bool>>> read_compacted(client::Cluster& cluster,
                                                                  std::vector<std::string> topics,
                                                                  std::stop_token stop);

/// The same of one topic. Errors: those of asking; `topic_authorization_failed` where the cluster
/// does not tell.
runtime::Task<Result<bool>> is_compacted(client::Cluster& cluster, std::string topic,
                                         std::stop_token stop);

}  // namespace lockstep::replication

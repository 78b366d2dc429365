#pragma once

#include "sandbox/cluster.h"
#include "sandbox/disk/journal_format.h"

#include <functional>

namespace lockstep::sandbox {

// PURE: a cluster's metadata as values by key, each value in the protocol's basic types:
//
//     c                      cluster id, number of brokers
//     t topic                id, configs
//     p topic, partition     replicas, those in sync, leader, leader epoch, log start
//     b broker or -1         what brokers were told while they ran
//     a ACL
//     u user, mechanism      SCRAM: salt, iterations, stored and server key; never a password
//     q entity               quotas
//     i                      the next producer id
//     o group, partition     committed offset
//     s group, partition, producer    offset that an open transaction has staged
//     x transactional id     its producer and transaction

/// Whether the key is a topic's, kind `t`.
inline bool is_topic(const std::string& key) {
    return key.starts_with('t');
}

/// From what `image` says to what the cluster is now, in all that `unsaved` names.
ImageChanges changes_of(Cluster& cluster, const Unsaved& unsaved, const Image& image);

/// What a new cluster is to be.
using OpenLog = std::function<void(const Topic& topic, Partition& partition)>;
/// `open_log` reads a partition's batches back, before its start and epoch are set. Errors:
/// `invalid_argument` where the cluster is another one, `malformed`.
Result<void> restore(Cluster& cluster, const Image& image, const OpenLog& open_log);

}  // namespace lockstep::sandbox

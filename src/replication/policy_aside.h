#pragma once

// PURE: how a topic's cleanup.policy is set aside, so that its log start can be raised, and how it
// is put back by whoever comes next: what was set before is told by the configs themselves, so
// that nothing is lost when Lockstep is killed in between.

#include "client/admin.h"

#include <map>
#include <optional>
#include <string>

namespace lockstep::replication {

/// What is set on a topic itself.
using OwnConfigs = std::map<std::string, std::string>;

/// A topic that is only compacted refuses DeleteRecords (KafkaApis: POLICY_VIOLATION). With what
/// comes back it takes them, and deletes nothing of itself: retention.ms and retention.bytes are
/// 2^62 above what they were, or 2^62 - 2 where they were not set.
client::ConfigChanges set_aside(const OwnConfigs& own);

/// What puts the policy back; nothing where it is not set aside.
std::optional<client::ConfigChanges> put_back(const OwnConfigs& own);

/// Whether a config is one that set_aside() changes.
bool is_set_aside_with(const std::string& key);

}  // namespace lockstep::replication

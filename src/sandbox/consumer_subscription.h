#pragma once

#include "base/bytes.h"

#include <optional>
#include <set>
#include <string>

namespace lockstep::sandbox {

/// The topics in what a member of a classic group of consumers subscribes with
/// (ConsumerProtocolSubscription, all versions); nothing where the bytes are something else.
std::optional<std::set<std::string>> subscribed_topics(ByteView metadata);

}  // namespace lockstep::sandbox

#pragma once

// PURE: how far a MirrorMaker 2 has noted that it is. Kafka Connect keeps it in a topic, here
// "mm2-offsets.<source>.internal" on the target:
//
//     key    ["MirrorSourceConnector",{"cluster":"east","partition":0,"topic":"orders"}]
//     value  {"offset":17}    the last record whose copy the target has acknowledged

#include "replication/take_over.h"

#include <string>

namespace lockstep::app {

/// What a record of that topic says of the mirror of `cluster`; nothing where it is about something
/// else, or is not to be understood.
std::optional<replication::NotedOffset> read_noted_offset(ByteView key,
                                                          std::optional<ByteView> value,
                                                          const std::string& cluster);

}  // namespace lockstep::app

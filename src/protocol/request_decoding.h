#pragma once

// How brokers read requests. Compiled once for each message, as what codec.h declares.

#include "base/result.h"
#include "protocol/message.h"

namespace lockstep::protocol {

/// As decode() of codec.h, but bytes behind the last field are passed over: brokers do not look at
/// them, and librdkafka leaves some in requests for all topics of Metadata 9 and later.
template <typename Message>
Result<Message> decode_as_brokers_do(ByteView body, int16_t version);

}  // namespace lockstep::protocol

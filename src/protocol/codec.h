#pragma once

// Messages to bytes and back. Include this and the messages that you need; the bodies are compiled
// once, in messages/fields_*.cpp.

#include "base/result.h"
#include "base/rng.h"
#include "protocol/message.h"
#include "protocol/wire_writer.h"

#include <string>

namespace lockstep::protocol {

/// A message from its body (what comes after the header of a request or response). Errors:
/// `unsupported` for a version outside of [kMinVersion, kMaxVersion], `malformed` for anything that
/// does not follow the protocol, bytes left over included. Records are views of `body`.
template <typename Message>
Result<Message> decode(ByteView body, int16_t version);

/// Appends the message's body. The version must be one that the message has. Fields that it does
/// not have are left out silently; null in a field that may not be null is written as empty.
/// Records are not copied and must outlive the frame.
template <typename Message>
void encode(const Message& message, int16_t version, WireWriter& writer);

/// For people and logs: Kafka's field names, ids and bytes as text, records as their size.
template <typename Message>
std::string to_json(const Message& message, int16_t version);

/// A message with random values in every field that the version has, for tests. Records point into
/// static data.
template <typename Message>
Message random(Rng& rng, int16_t version);

}  // namespace lockstep::protocol

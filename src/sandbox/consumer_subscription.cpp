#include "sandbox/consumer_subscription.h"

#include "protocol/wire_reader.h"

namespace lockstep::sandbox {

std::optional<std::set<std::string>> subscribed_topics(ByteView metadata) {
    protocol::WireReader reader(metadata);
    const int16_t version = reader.read_int16();
    const size_t count = reader.read_array_count(protocol::Lengths::fixed).value_or(0);
    std::set<std::string> topics;
    for (size_t i = 0; i < count && reader.ok(); ++i) {
        topics.emplace(reader.read_string(protocol::Lengths::fixed));
    }
    return reader.ok() && version >= 0 ? std::optional(topics) : std::nullopt;
}

}  // namespace lockstep::sandbox

#pragma once

// The bodies of codec.h's functions; for messages/fields_*.cpp only.

#include "protocol/codec.h"
#include "protocol/decoder.h"
#include "protocol/encoder.h"
#include "protocol/json_printer.h"
#include "protocol/random_filler.h"
#include "protocol/request_decoding.h"

namespace lockstep::protocol {

template <typename Message>
constexpr MessageVersion describe(int16_t version) {
    return {Message::kName, version, Message::kMinVersion, Message::kMaxVersion,
            version >= Message::kFirstFlexibleVersion};
}

template <typename Message>
Result<Message> decode(ByteView body, int16_t version) {
    Message message;
    Decoder decoder(body, describe<Message>(version));
    decoder.structure(nullptr, message);
    LS_CHECK(decoder.finish());
    return message;
}

template <typename Message>
Result<Message> decode_as_brokers_do(ByteView body, int16_t version) {
    Message message;
    Decoder decoder(body, describe<Message>(version));
    decoder.structure(nullptr, message);
    LS_CHECK(decoder.finish(LeftOver::passed_over));
    return message;
}

// A FieldVisitor takes fields that it may change; encoder and printer only read them.

template <typename Message>
void encode(const Message& message, int16_t version, WireWriter& writer) {
    Encoder encoder(writer, describe<Message>(version));
    encoder.structure(nullptr, const_cast<Message&>(message));
}

template <typename Message>
std::string to_json(const Message& message, int16_t version) {
    JsonPrinter printer(version);
    printer.structure(nullptr, const_cast<Message&>(message));
    return printer.take();
}

template <typename Message>
Message random(Rng& rng, int16_t version) {
    Message message;
    RandomFiller filler(rng, describe<Message>(version));
    filler.structure(nullptr, message);
    return message;
}

}  // namespace lockstep::protocol

#define LS_INSTANTIATE_CODEC(Message)                                          \
    template Result<Message> decode<Message>(ByteView, int16_t);               \
    template Result<Message> decode_as_brokers_do<Message>(ByteView, int16_t); \
    template void encode(const Message&, int16_t, WireWriter&);                \
    template std::string to_json(const Message&, int16_t);                     \
    template Message random<Message>(Rng&, int16_t)

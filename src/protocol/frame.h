#pragma once

// Frames: a size (int32, big-endian), a request or response header, a body.
//
//     request   size | api key | version | correlation id | client id [| tags]   | body
//     response  size | correlation id [| tags]                                   | body
//
// The tags are there where the message's version is flexible, but never in ApiVersions responses:
// a client that asks with a version the broker does not know must be able to read the answer.

#include "base/result.h"
#include "protocol/codec.h"
#include "protocol/wire_writer.h"

#include <optional>
#include <string_view>

namespace lockstep::protocol {

/// The size field in front of each frame, in bytes.
constexpr size_t kFrameSizeBytes = 4;

/// Larger frames are refused before memory is taken for them. Brokers' own limit for requests
/// (socket.request.max.bytes) is 100 MiB; responses to fetches follow our own max_bytes.
constexpr size_t kMaxFrameSize = 256U << 20;

/// The size of the frame that follows these four bytes. Errors: `malformed` if negative,
/// `limit_exceeded` if above the limit.
Result<size_t> decode_frame_size(ByteView four_bytes, size_t limit = kMaxFrameSize);

/// From this version on, an API's messages have tagged fields; kNeverFlexible where there is none.
/// Knows every API of Kafka 4.3, not only those with messages here. What it does not know counts as
/// newer, and so as flexible.
int16_t first_flexible_version(ApiKey key);

int16_t request_header_version(ApiKey key, int16_t version);   ///< 1 or 2
int16_t response_header_version(ApiKey key, int16_t version);  ///< 0 or 1

/// What a request's header says; `client_id` and `body` are views of the frame.
struct RequestHeader {
    ApiKey key{};
    int16_t version = 0;
    int32_t correlation_id = 0;
    std::optional<std::string_view> client_id;
    ByteView body;
};

struct ResponseHeader {
    int32_t correlation_id = 0;
    ByteView body;
};

/// How a request is told from others: its answer carries the same correlation id.
struct RequestId {
    int32_t correlation_id = 0;
    std::string_view client_id;
};

/// Writes room for the size, and the header. The writer must be empty: one writer holds one frame.
void begin_request(WireWriter& writer, ApiKey key, int16_t version, const RequestId& id);
void begin_response(WireWriter& writer, ApiKey key, int16_t version, int32_t correlation_id);

/// Writes the size, once the body is there.
void end_frame(WireWriter& writer);

/// Both take a frame without its size. Errors: `malformed`.
Result<RequestHeader> decode_request_header(ByteView frame);
Result<ResponseHeader> decode_response_header(ByteView frame, ApiKey key, int16_t version);

/// A whole request frame.
template <typename Request>
void write_request(WireWriter& writer, const Request& request, int16_t version,
                   const RequestId& id) {
    begin_request(writer, Request::kKey, version, id);
    encode(request, version, writer);
    end_frame(writer);
}

/// A whole response frame.
template <typename Response>
void write_response(WireWriter& writer, const Response& response, int16_t version,
                    int32_t correlation_id) {
    begin_response(writer, Response::kKey, version, correlation_id);
    encode(response, version, writer);
    end_frame(writer);
}

}  // namespace lockstep::protocol

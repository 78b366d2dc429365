#include "protocol/frame.h"

#include "protocol/messages/api_versions.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/heartbeat.h"

#include <gtest/gtest.h>

namespace lockstep::protocol {
namespace {

ByteView without_size(const Bytes& frame) {
    return ByteView(frame).subspan(kFrameSizeBytes);
}

TEST(Frame, Request_HasHeaderVersion1_WhenNotFlexible) {
    WireWriter writer;
    HeartbeatRequest request;
    request.group_id = "g";
    write_request(writer, request, 0, {7, "me"});
    EXPECT_EQ(writer.flatten(), (Bytes{0, 0,   0,   21, 0, 12,  0, 0, 0, 0, 0, 7, 0,
                                       2, 'm', 'e', 0,  1, 'g', 0, 0, 0, 0, 0, 0}));
}

TEST(Frame, Request_HasHeaderVersion2_WhenFlexible) {
    WireWriter writer;
    HeartbeatRequest request;
    request.group_id = "g";
    write_request(writer, request, 4, {7, "me"});
    // The client id stays in its old form, and is followed by an empty section of tags.
    EXPECT_EQ(writer.flatten(), (Bytes{0, 0,   0,   22, 0, 12,  0, 4, 0, 0, 0, 7, 0,
                                       2, 'm', 'e', 0,  2, 'g', 0, 0, 0, 0, 1, 0, 0}));
}

TEST(Frame, RequestHeader_ComesBack) {
    for (const int16_t version : {int16_t{0}, int16_t{4}}) {
        WireWriter writer;
        write_request(writer, HeartbeatRequest{}, version, {7, "me"});
        const Bytes frame = writer.flatten();
        EXPECT_EQ(*decode_frame_size(ByteView(frame).first(4)), frame.size() - kFrameSizeBytes);
        const auto header = decode_request_header(without_size(frame));
        ASSERT_TRUE(header.has_value());
        EXPECT_EQ(header->key, ApiKey::heartbeat);
        EXPECT_EQ(header->version, version);
        EXPECT_EQ(header->correlation_id, 7);
        EXPECT_EQ(header->client_id, "me");
        EXPECT_TRUE(decode<HeartbeatRequest>(header->body, version).has_value());
    }
}

TEST(Frame, ResponseHeader_ComesBack) {
    for (const int16_t version : {int16_t{0}, int16_t{4}}) {
        WireWriter writer;
        write_response(writer, HeartbeatResponse{}, version, 7);
        const Bytes frame = writer.flatten();
        const auto header = decode_response_header(without_size(frame), ApiKey::heartbeat, version);
        ASSERT_TRUE(header.has_value());
        EXPECT_EQ(header->correlation_id, 7);
        EXPECT_TRUE(decode<HeartbeatResponse>(header->body, version).has_value());
    }
}

TEST(Frame, HeaderVersions_FollowFlexibility) {
    EXPECT_EQ(request_header_version(ApiKey::fetch, 11), 1);
    EXPECT_EQ(request_header_version(ApiKey::fetch, 12), 2);
    EXPECT_EQ(response_header_version(ApiKey::fetch, 11), 0);
    EXPECT_EQ(response_header_version(ApiKey::fetch, 12), 1);
    EXPECT_EQ(request_header_version(ApiKey::sasl_handshake, 1), 1);
}

TEST(Frame, ApiVersionsResponse_NeverHasTagsInItsHeader) {
    EXPECT_EQ(request_header_version(ApiKey::api_versions, 3), 2);
    EXPECT_EQ(response_header_version(ApiKey::api_versions, 3), 0);
}

TEST(Frame, Headers_AreRefused_WhenTruncatedAnywhere) {
    WireWriter writer;
    begin_request(writer, ApiKey::fetch, 12, {1, "client"});
    end_frame(writer);
    const Bytes frame = writer.flatten();
    for (size_t size = 0; size < frame.size() - kFrameSizeBytes; ++size) {
        EXPECT_TRUE(decode_request_header(without_size(frame).first(size)).has_error());
    }
    const Bytes response{0, 0, 0, 1, 0};
    for (size_t size = 0; size < response.size(); ++size) {
        const ByteView cut = ByteView(response).first(size);
        EXPECT_TRUE(decode_response_header(cut, ApiKey::fetch, 12).has_error());
    }
}

TEST(Frame, Size_IsRefused_WhenNegativeOrAboveLimit) {
    EXPECT_TRUE(decode_frame_size(Bytes{0xff, 0, 0, 0}).error().is(Errc::malformed));
    EXPECT_TRUE(decode_frame_size(Bytes{0x7f, 0, 0, 0}).error().is(Errc::limit_exceeded));
    EXPECT_EQ(*decode_frame_size(Bytes{0, 0, 1, 0}), 256U);
}

}  // namespace
}  // namespace lockstep::protocol

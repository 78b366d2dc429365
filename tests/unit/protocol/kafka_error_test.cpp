#include "protocol/kafka_error.h"

#include "base/result.h"

#include <gtest/gtest.h>

namespace lockstep::protocol {
namespace {

TEST(KafkaError, Message_HasNameAndCode) {
    const std::error_code code = KafkaError::not_leader_or_follower;
    EXPECT_EQ(code.message(), "NOT_LEADER_OR_FOLLOWER (6)");
    EXPECT_EQ(code.category(), kafka_category());
    EXPECT_EQ(make_error_code(KafkaError::unknown_server_error).message(),
              "UNKNOWN_SERVER_ERROR (-1)");
}

TEST(KafkaError, Message_IsHarmless_WhenCodeIsUnknown) {
    EXPECT_EQ(make_error_code(static_cast<KafkaError>(9999)).message(), "UNKNOWN (9999)");
    EXPECT_EQ(make_error_code(static_cast<KafkaError>(-2)).message(), "UNKNOWN (-2)");
    EXPECT_FALSE(is_retriable(static_cast<KafkaError>(9999)));
}

TEST(KafkaError, None_IsNoError) {
    EXPECT_FALSE(make_error_code(KafkaError::none));
}

TEST(KafkaError, Retriable_FollowsKafkasExceptions) {
    EXPECT_TRUE(is_retriable(KafkaError::not_leader_or_follower));
    EXPECT_TRUE(invalidates_metadata(KafkaError::not_leader_or_follower));
    EXPECT_TRUE(is_retriable(KafkaError::request_timed_out));
    EXPECT_FALSE(invalidates_metadata(KafkaError::request_timed_out));
    EXPECT_TRUE(is_retriable(KafkaError::corrupt_message));
    EXPECT_FALSE(is_retriable(KafkaError::message_too_large));
    EXPECT_FALSE(is_retriable(KafkaError::topic_authorization_failed));
    EXPECT_FALSE(is_retriable(make_error_code(Errc::timeout)));
}

}  // namespace
}  // namespace lockstep::protocol

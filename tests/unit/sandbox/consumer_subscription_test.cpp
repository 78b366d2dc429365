#include "sandbox/consumer_subscription.h"

#include <gtest/gtest.h>

namespace lockstep::sandbox {
namespace {

/// Version 1, the topics "a" and "bc", no user data, no partitions.
const Bytes kSubscription = {0,   1,   0,   0,   0,   2,   0, 1, 'a', 0, 2,
                             'b', 'c', 255, 255, 255, 255, 0, 0, 0,   0};
constexpr size_t kEndOfTopics = 13;

TEST(ConsumerSubscription, HasItsTopics) {
    EXPECT_EQ(subscribed_topics(kSubscription), (std::set<std::string>{"a", "bc"}));
}

TEST(ConsumerSubscription, IsNothing_WhenItIsCutWithinTheTopics) {
    for (size_t size = 0; size < kEndOfTopics; ++size) {
        EXPECT_FALSE(subscribed_topics(ByteView(kSubscription).first(size))) << size;
    }
}

TEST(ConsumerSubscription, IsNothing_WhenItIsSomethingElse) {
    EXPECT_FALSE(subscribed_topics(Bytes{255, 255, 0, 0, 0, 0}));
    EXPECT_FALSE(subscribed_topics(Bytes{0, 1, 127, 255, 255, 255, 0, 0}));
}

}  // namespace
}  // namespace lockstep::sandbox

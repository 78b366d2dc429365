// A link with many topics or partitions: what it asks of both clusters, and how often.

#include "protocol/messages/create_topics.h"
#include "tests/unit/replication/one_link.h"

#include <fmt/core.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace lockstep::replication {
namespace {

using protocol::ApiKey;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::FakeTopic;
using test::ReceivedRequest;

class LinkManyTest : public OneLinkTest {
protected:
    void start_and_run(runtime::Duration duration) {
        LinkSpec spec = link_spec();
        spec.topics = {".*"};
        start_link(std::move(spec));
        loop_.advance(duration);
    }
};

TEST_F(LinkManyTest, AsksOnce_HowATopicIsCleanedUp_ForAllItsPartitions) {
    const std::vector<int32_t> leaders(50, 1);
    source_.metadata = test::metadata_of("src", 1, {{"orders", id_of(1), leaders, 0}});
    target_.metadata = test::metadata_of("dst", 1, {{"orders", id_of(2), leaders, 0}});
    start_and_run(seconds(1));
    ASSERT_EQ(link_->status().partitions.size(), 50U);
    for (const PartitionStatus& partition : link_->status().partitions) {
        EXPECT_EQ(partition.state, PartitionState::running);
    }
    EXPECT_EQ(source_.count(ApiKey::describe_configs), 1);
}

// A broker goes through all partitions of a session for each fetch.
TEST_F(LinkManyTest, ReadsNoMorePartitionsInASession_ThanItMay) {
    const std::vector<int32_t> leaders(5, 1);
    source_.metadata = test::metadata_of("src", 1, {{"orders", id_of(1), leaders, 0}});
    target_.metadata = test::metadata_of("dst", 1, {{"orders", id_of(2), leaders, 0}});
    session_partitions_ = 2;
    size_t most = 0;
    std::set<std::set<int32_t>> sessions;
    source_log_.intercept_fetch = [&](const ReceivedRequest& request) {
        const auto fetch = request.as<protocol::FetchRequest>();
        std::set<int32_t> together;
        for (const auto& partition : fetch.topics.at(0).partitions) {
            together.insert(partition.partition);
        }
        most = std::max(most, together.size());
        sessions.insert(together);
        return false;
    };
    start_and_run(seconds(2));
    std::set<int32_t> all;
    for (const auto& session : sessions) {
        all.insert(session.begin(), session.end());
    }
    EXPECT_EQ(most, 2U);
    EXPECT_EQ(all, (std::set<int32_t>{0, 1, 2, 3, 4}));
    for (const PartitionStatus& partition : link_->status().partitions) {
        EXPECT_EQ(partition.state, PartitionState::running);
    }
    stop();
}

TEST_F(LinkManyTest, CreatesTopics_AsManyAtOnceAsControllersTake) {
    constexpr int kTopics = 120;
    constexpr int kPartitionsEach = 10;
    std::vector<FakeTopic> topics;
    for (int i = 0; i < kTopics; ++i) {
        topics.push_back(
            {fmt::format("topic-{:04}", i), id_of(1), std::vector<int32_t>(kPartitionsEach, 1), 0});
    }
    source_.metadata = test::metadata_of("src", 1, topics);
    target_.metadata = test::metadata_of("dst", 1, {});
    std::vector<int> partitions;  // of each request
    target_.on(ApiKey::create_topics, [&](const ReceivedRequest& request) {
        partitions.push_back(0);
        protocol::CreateTopicsResponse response;
        for (const auto& topic : request.as<protocol::CreateTopicsRequest>().topics) {
            partitions.back() += topic.num_partitions;
            response.topics.emplace_back().name = topic.name;
        }
        request.answer(response);
        target_.metadata = test::metadata_of("dst", 1, topics);
    });
    start_and_run(seconds(1));
    EXPECT_EQ(std::accumulate(partitions.begin(), partitions.end(), 0), kTopics * kPartitionsEach);
    EXPECT_THAT(partitions, testing::Each(testing::Le(500)));
}

// Both clusters are asked again and again, and most answers are the same as before. What one said
// while the partition was not streaming yet must not be passed over then.
TEST_F(LinkManyTest, LooksAtTheTargetAgain_WhereItsLeaderMovedWhileThePartitionBegan) {
    test::FakeBroker leader(network_, {"dst", 2});
    test::FakeLog log(loop_, leader, {"orders", id_of(2), {2}, 0});
    target_.metadata = test::metadata_of("dst", 2, {{"orders", id_of(2), {2}, 0}});
    leader.metadata = target_.metadata;
    source_log_.append(test::make_batch(0, 10));
    start_and_run(seconds(1));
    ASSERT_EQ(log.end, 10);
    stop();

    std::vector<ReceivedRequest> tails;
    log.intercept_fetch = [&tails](const ReceivedRequest& request) {
        tails.push_back(request);
        return true;
    };
    start_and_run(milliseconds(500));
    ASSERT_EQ(tails.size(), 1U);
    target_.metadata = test::metadata_of("dst", 2, {{"orders", id_of(2), {2}, 1}});
    leader.metadata = target_.metadata;
    loop_.advance(seconds(3));
    log.intercept_fetch = {};
    log.answer_fetch(tails.front());
    loop_.advance(milliseconds(100));
    ASSERT_EQ(link_->status().partitions.at(0).state, PartitionState::running);
    const int looked = leader.count(ApiKey::list_offsets);
    loop_.advance(seconds(3));
    EXPECT_GT(leader.count(ApiKey::list_offsets), looked);
    stop();
}

}  // namespace
}  // namespace lockstep::replication

#include "client/cluster.h"

#include "tests/unit/support/fake_broker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::client {
namespace {

using protocol::ApiKey;
using runtime::Task;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

class ClusterTest : public testing::Test {
protected:
    ClusterTest() {
        for (test::FakeBroker* broker : {&broker1_, &broker2_}) {
            broker->metadata = test::metadata_of("eu", 2, {});
        }
    }
    ~ClusterTest() override { test::run(loop_, cluster_.close()); }

    Result<void> refresh() { return test::run(loop_, cluster_.refresh_metadata(nullptr, {})); }
    Result<ConnectionPtr> broker(int32_t id, Purpose purpose = Purpose::control) {
        return test::run(loop_, cluster_.broker(BrokerId(id), purpose, {}));
    }

    test::ManualLoop loop_;
    test::ScriptedNetwork network_{loop_};
    Rng rng_{1};
    runtime::Runtime runtime_{loop_, network_, rng_};
    test::FakeBroker broker1_{network_, {"eu", 1}};
    test::FakeBroker broker2_{network_, {"eu", 2}};
    Cluster cluster_{runtime_, {"eu", {{"gone", 1}, {"eu", 1}}}, ConnectionOptions{}};
};

TEST_F(ClusterTest, LearnsFromTheFirstAddressThatAnswers) {
    const auto refreshed = refresh();
    ASSERT_TRUE(refreshed.has_value()) << refreshed.error().message();
    EXPECT_EQ(cluster_.metadata().cluster_id(), "eu-id");
    EXPECT_EQ(cluster_.metadata().brokers().size(), 2U);
}

TEST_F(ClusterTest, SaysWhichCluster_WhenNoAddressAnswers) {
    network_.refuse({"eu", 1});
    const auto refreshed = refresh();
    ASSERT_TRUE(refreshed.has_error());
    EXPECT_TRUE(refreshed.error().is(Errc::disconnected));
    EXPECT_THAT(refreshed.error().message(), HasSubstr("cluster eu"));
}

TEST_F(ClusterTest, RefusesTheMetadataOfAnotherCluster) {
    ASSERT_TRUE(refresh().has_value());
    broker1_.metadata = test::metadata_of("us", 1, {{"new", Uuid{}, {1}, 0}});
    broker2_.metadata = broker1_.metadata;
    const auto refreshed = refresh();
    ASSERT_TRUE(refreshed.has_error());
    EXPECT_TRUE(refreshed.error().is(Errc::invalid_argument));
    EXPECT_THAT(refreshed.error().message(), HasSubstr("us-id"));
    EXPECT_EQ(cluster_.metadata().brokers().size(), 2U);
    EXPECT_EQ(cluster_.metadata().find_topic("new"), nullptr);
}

TEST_F(ClusterTest, RefusesTheMetadataOfAnotherClusterThanItWasTold) {
    ClusterSpec spec{"eu", {{"eu", 1}}};
    spec.id = "another-id";
    Cluster told(runtime_, spec, ConnectionOptions{});
    const auto refreshed = test::run(loop_, told.refresh_metadata(nullptr, {}));
    ASSERT_TRUE(refreshed.has_error());
    EXPECT_THAT(refreshed.error().message(), HasSubstr("not another-id as clusters.id says"));
    EXPECT_TRUE(told.metadata().brokers().empty());
    test::run(loop_, told.close());
}

TEST_F(ClusterTest, GivesEveryoneTheSameConnection_PerBrokerAndPurpose) {
    ASSERT_TRUE(refresh().has_value());
    const auto first = broker(2, Purpose::fetch);
    const auto second = broker(2, Purpose::fetch);
    const auto other = broker(2, Purpose::produce);
    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(*first, *second);
    EXPECT_NE(*first, *other);
    EXPECT_TRUE((*first)->is_open());
}

Task<void> connect_and_note(Cluster& cluster, std::vector<ConnectionPtr>& connections) {
    auto connected = co_await cluster.broker(BrokerId(2), Purpose::fetch, {});
    connections.push_back(connected.has_value() ? *connected : nullptr);
}

TEST_F(ClusterTest, OpensOneConnection_WhenSeveralWantItAtOnce) {
    ASSERT_TRUE(refresh().has_value());
    const int before = network_.connects();
    std::vector<ConnectionPtr> connections;
    runtime::TaskGroup tasks(loop_);
    for (int i = 0; i < 3; ++i) {
        tasks.spawn("connect", connect_and_note(cluster_, connections));
    }
    test::run(loop_, tasks.join());
    EXPECT_EQ(network_.connects(), before + 1);
    ASSERT_EQ(connections.size(), 3U);
    EXPECT_NE(connections[0], nullptr);
    EXPECT_EQ(connections[0], connections[2]);
}

TEST_F(ClusterTest, OpensANewConnection_WhenTheOldOneWasLost) {
    ASSERT_TRUE(refresh().has_value());
    const auto first = broker(2);
    broker2_.hang_up();
    loop_.settle();
    EXPECT_FALSE((*first)->is_open());
    const auto second = broker(2);
    ASSERT_TRUE(second.has_value());
    EXPECT_NE(*first, *second);
    EXPECT_TRUE((*second)->is_open());
}

TEST_F(ClusterTest, WaitsLongerAndLonger_BeforeItTriesAgain) {
    ASSERT_TRUE(refresh().has_value());
    network_.refuse({"eu", 2});
    std::vector<runtime::Duration> waits;
    for (int i = 0; i < 12; ++i) {
        const auto begun = loop_.now();
        EXPECT_TRUE(broker(2).has_error());
        waits.push_back(loop_.now() - begun);
    }
    EXPECT_LT(waits[0], milliseconds(10));
    EXPECT_GE(waits[1], milliseconds(40));
    EXPECT_GT(waits[6], seconds(1));
    EXPECT_LE(waits.back(), milliseconds(3'700));
}

TEST_F(ClusterTest, KnowsNoBroker_ThatMetadataDoesNotName) {
    ASSERT_TRUE(refresh().has_value());
    const auto connected = broker(9);
    ASSERT_TRUE(connected.has_error());
    EXPECT_TRUE(connected.error().is(Errc::not_found));
}

TEST_F(ClusterTest, GivesNoConnection_OnceClosed) {
    ASSERT_TRUE(refresh().has_value());
    const auto before = broker(1);
    test::run(loop_, cluster_.close());
    EXPECT_FALSE((*before)->is_open());
    const auto after = broker(1);
    ASSERT_TRUE(after.has_error());
    EXPECT_TRUE(after.error().is(Errc::stopped));
}

TEST_F(ClusterTest, StopsWaiting_WhenStopped) {
    ASSERT_TRUE(refresh().has_value());
    network_.refuse({"eu", 2});
    for (int i = 0; i < 8; ++i) {
        EXPECT_TRUE(broker(2).has_error());
    }
    std::stop_source stop;
    loop_.add_timer(loop_.now() + milliseconds(10), [&] { stop.request_stop(); });
    const auto begun = loop_.now();
    const auto connected =
        test::run(loop_, cluster_.broker(BrokerId(2), Purpose::control, stop.get_token()));
    ASSERT_TRUE(connected.has_error());
    EXPECT_TRUE(connected.error().is(Errc::stopped));
    EXPECT_EQ(loop_.now() - begun, milliseconds(10));
}

}  // namespace
}  // namespace lockstep::client

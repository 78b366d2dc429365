#include "replication/cluster_probe.h"

#include "base/log.h"
#include "tests/unit/support/fake_broker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using protocol::ApiKey;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

class ClusterProbeTest : public testing::Test {
protected:
    ClusterProbeTest() {
        log::set_level(log::Level::off);
        for (test::FakeBroker* broker : {&broker1_, &broker2_}) {
            broker->metadata = test::metadata_of("eu", 2, {});
            answer_after(*broker, milliseconds(20));
        }
        probes_.start({spec()});
    }
    ~ClusterProbeTest() override {
        test::run(loop_, probes_.stop());
        log::set_level(log::Level::info);
    }

    static ClusterSpec spec() {
        ClusterSpec spec{"eu", {Endpoint{"eu", 1}, Endpoint{"eu", 2}}};
        spec.region = "europe";
        return spec;
    }

    void answer_after(test::FakeBroker& broker, runtime::Duration delay) {
        broker.on(ApiKey::metadata, [this, &broker, delay](const test::ReceivedRequest& request) {
            loop_.add_timer(loop_.now() + delay,
                            [request, &broker] { request.answer(broker.metadata); });
        });
    }

    void refuse_all() {
        network_.refuse({"eu", 1});
        network_.refuse({"eu", 2});
        broker1_.hang_up();
        broker2_.hang_up();
    }

    ClusterStatus status() const { return probes_.status().at(0); }
    int asked() const {
        return broker1_.count(ApiKey::metadata) + broker2_.count(ApiKey::metadata);
    }

    test::ManualLoop loop_;
    test::ScriptedNetwork network_{loop_};
    Rng rng_{1};
    runtime::Runtime runtime_{loop_, network_, rng_};
    test::FakeBroker broker1_{network_, {"eu", 1}};
    test::FakeBroker broker2_{network_, {"eu", 2}};
    ClusterProbes probes_{runtime_};
};

TEST_F(ClusterProbeTest, KnowsNothing_BeforeTheFirstAnswer) {
    EXPECT_EQ(status().name, "eu");
    EXPECT_EQ(status().region, "europe");
    EXPECT_EQ(status().health, ClusterHealth::unknown);
    EXPECT_EQ(status().brokers, 0U);
    EXPECT_EQ(status().round_trip_ms, std::nullopt);
    EXPECT_EQ(status().last_answer_ms, std::nullopt);
}

TEST_F(ClusterProbeTest, MeasuresTheWay_AndCountsBrokers) {
    loop_.advance(seconds(1));
    EXPECT_EQ(status().health, ClusterHealth::healthy);
    EXPECT_EQ(status().brokers, 2U);
    EXPECT_DOUBLE_EQ(status().round_trip_ms.value(), 20);
    EXPECT_EQ(status().last_answer_ms, status().since_ms);
    EXPECT_LE(status().since_ms, loop_.wall_clock_ms() - 970);
    EXPECT_GT(status().since_ms, loop_.wall_clock_ms() - 1'000);
}

TEST_F(ClusterProbeTest, AsksEveryFiveSeconds_ForNoTopics) {
    loop_.advance(seconds(1));
    EXPECT_EQ(asked(), 1);
    loop_.advance(seconds(50));
    EXPECT_EQ(asked(), 11);
    broker1_.on(ApiKey::metadata, [](const test::ReceivedRequest& request) {
        EXPECT_TRUE(request.as<protocol::MetadataRequest>().topics.value().empty());
    });
    loop_.advance(seconds(5));
}

TEST_F(ClusterProbeTest, DoesNotMeasureWhatOpeningAConnectionTakes) {
    for (test::FakeBroker* broker : {&broker1_, &broker2_}) {
        broker->on(ApiKey::api_versions, [this, broker](const test::ReceivedRequest& request) {
            loop_.add_timer(loop_.now() + milliseconds(700),
                            [request, broker] { request.answer(broker->versions); });
        });
    }
    for (int i = 0; i < 3; ++i) {
        loop_.advance(seconds(5));
        broker1_.hang_up();
        broker2_.hang_up();
    }
    EXPECT_DOUBLE_EQ(status().round_trip_ms.value(), 20);
}

TEST_F(ClusterProbeTest, IsUnreachable_WhenNobodyListens) {
    loop_.advance(seconds(6));
    refuse_all();
    loop_.advance(seconds(12));
    EXPECT_EQ(status().health, ClusterHealth::unreachable);
    EXPECT_THAT(status().reason, HasSubstr("refused"));
    EXPECT_EQ(status().round_trip_ms, std::nullopt);
    EXPECT_EQ(status().brokers, 2U) << "as of its last answer";
}

TEST_F(ClusterProbeTest, IsUnreachable_WhenItHangs) {
    loop_.advance(seconds(6));
    for (test::FakeBroker* broker : {&broker1_, &broker2_}) {
        for (const ApiKey key : {ApiKey::metadata, ApiKey::api_versions}) {
            broker->on(key, [](const test::ReceivedRequest&) {});
        }
    }
    loop_.advance(seconds(25));
    EXPECT_EQ(status().health, ClusterHealth::unreachable);
    EXPECT_THAT(status().reason, HasSubstr("cluster eu has not answered within 10 s"));
}

TEST_F(ClusterProbeTest, AsksAnotherBroker_WhereOneHangs) {
    loop_.advance(seconds(1));
    test::FakeBroker& hanging = broker1_.count(ApiKey::metadata) > 0 ? broker1_ : broker2_;
    hanging.on(ApiKey::metadata, [](const test::ReceivedRequest&) {});
    hanging.on(ApiKey::api_versions, [](const test::ReceivedRequest&) {});
    loop_.advance(seconds(60));
    EXPECT_EQ(status().health, ClusterHealth::healthy);
}

TEST_F(ClusterProbeTest, IsHealthyAgain_WhenItComesBack) {
    std::vector<test::ReceivedRequest> held;
    loop_.advance(seconds(6));
    broker1_.hold(ApiKey::api_versions, held);
    broker2_.hold(ApiKey::api_versions, held);
    broker1_.hang_up();
    broker2_.hang_up();
    loop_.advance(seconds(30));
    ASSERT_EQ(status().health, ClusterHealth::unreachable);
    const int64_t since_ms = status().since_ms;
    for (test::FakeBroker* broker : {&broker1_, &broker2_}) {
        broker->on(ApiKey::api_versions, [broker](const test::ReceivedRequest& request) {
            request.answer(broker->versions);
        });
    }
    loop_.advance(seconds(11));
    EXPECT_EQ(status().health, ClusterHealth::healthy);
    EXPECT_GT(status().since_ms, since_ms);
    EXPECT_DOUBLE_EQ(status().round_trip_ms.value(), 20);
}

TEST_F(ClusterProbeTest, IsDegraded_WhenABrokerIsGone) {
    loop_.advance(seconds(6));
    broker1_.metadata = test::metadata_of("eu", 1, {});
    broker2_.metadata = broker1_.metadata;
    loop_.advance(seconds(6));
    EXPECT_EQ(status().health, ClusterHealth::degraded);
    EXPECT_EQ(status().reason, "1 of 2 brokers are registered");
}

TEST_F(ClusterProbeTest, IsUnreachable_WhenAnotherClusterAnswers) {
    loop_.advance(seconds(6));
    broker1_.metadata = test::metadata_of("us", 2, {});
    broker2_.metadata = broker1_.metadata;
    loop_.advance(seconds(15));
    EXPECT_EQ(status().health, ClusterHealth::unreachable);
    EXPECT_THAT(status().reason, HasSubstr("belongs to cluster id us-id"));
}

TEST_F(ClusterProbeTest, StopsAtOnce_WhateverItWaitsFor) {
    for (test::FakeBroker* broker : {&broker1_, &broker2_}) {
        broker->on(ApiKey::metadata, [](const test::ReceivedRequest&) {});
    }
    loop_.advance(seconds(1));
    const auto begun = loop_.now();
    test::run(loop_, probes_.stop());
    EXPECT_EQ(loop_.now(), begun);
    EXPECT_FALSE(loop_.has_timers());
}

TEST_F(ClusterProbeTest, GoesOnUntouched_WhereItsClusterIsTheSame) {
    loop_.advance(seconds(6));
    const int connects = network_.connects();
    ClusterSpec other{"us", {Endpoint{"us", 1}}};
    test::run(loop_, probes_.reconfigure({other, spec()}));
    ASSERT_EQ(probes_.status().size(), 2U);
    EXPECT_EQ(probes_.status()[0].name, "us");
    EXPECT_EQ(probes_.status()[1].health, ClusterHealth::healthy);
    test::run(loop_, probes_.reconfigure({spec()}));
    EXPECT_EQ(status().name, "eu");
    EXPECT_LE(network_.connects(), connects + 1) << "to the other one, at most";
    ClusterSpec moved = spec();
    moved.region = "asia";
    test::run(loop_, probes_.reconfigure({moved}));
    EXPECT_EQ(status().region, "asia");
    EXPECT_EQ(status().health, ClusterHealth::unknown);
}

}  // namespace
}  // namespace lockstep::replication

// Links that are changed while they run.

#include "replication/engine.h"
#include "base/log.h"
#include "runtime/task_group.h"
#include "tests/unit/replication/two_clusters.h"
#include "tests/unit/support/fake_coordinator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

class EngineTest : public TwoClustersTest {
protected:
    EngineTest() {
        log::set_level(log::Level::off);
        Limits limits;
        limits.verify_bytes_per_second = 0;
        limits.discovery_interval = kInterval;
        engine_ =
            std::make_unique<Engine>(runtime_, EngineSetup{cluster_specs(), {link_spec()}, limits});
        append_to_source(10);
        engine_->start();
        loop_.advance(seconds(3));
    }
    ~EngineTest() override {
        if (engine_) {
            test::run(loop_, engine_->stop());
        }
        log::set_level(log::Level::info);
    }

    void append_to_source(int records) {
        source_log_.append(test::make_batch(source_log_.end, records, "value"));
    }

    void reconfigure(std::vector<LinkSpec> links) {
        test::run(loop_, engine_->reconfigure(cluster_specs(), std::move(links), kInterval));
    }

    PartitionStatus partition_of(const std::string& link) const {
        for (const LinkStatus& status : engine_->status()) {
            if (status.name == link && !status.partitions.empty()) {
                return status.partitions.front();
            }
        }
        ADD_FAILURE() << "no partition of link " << link;
        return {};
    }

    static constexpr seconds kInterval{2};
    test::FakeCoordinator target_coordinator_{target_};
    std::unique_ptr<Engine> engine_;
};

// As where the desired state is followed, and has no link yet.
TEST_F(EngineTest, TellsInTheLog_WhatNoLinkCanWriteDown) {
    reconfigure({});
    log::set_level(log::Level::warn);
    testing::internal::CaptureStderr();
    engine_->audit("", "key", R"({"action":"log level","value":"debug"})");
    log::set_level(log::Level::off);
    const std::string text = testing::internal::GetCapturedStderr();
    EXPECT_THAT(text, HasSubstr(R"(not written: {"action":"log level","value":"debug"})"));
}

TEST_F(EngineTest, GoesOnWithAChangedLink) {
    ASSERT_EQ(target_log_.end, 10);
    LinkSpec slower = link_spec();
    slower.bandwidth = 1 << 20;
    reconfigure({slower});
    append_to_source(5);
    loop_.advance(seconds(5));
    EXPECT_EQ(target_log_.end, 15);
}

TEST_F(EngineTest, KeepsWhatIsPaused_WhenItsLinkIsChanged) {
    engine_->find_link("test")->pause({"orders", std::nullopt}).value();
    LinkSpec slower = link_spec();
    slower.bandwidth = 1 << 20;
    reconfigure({slower});
    append_to_source(5);
    loop_.advance(seconds(60));
    EXPECT_EQ(partition_of("test").state, PartitionState::paused);
    EXPECT_EQ(target_log_.end, 10);
    engine_->find_link("test")->resume({"orders", std::nullopt}).value();
    loop_.advance(seconds(5));
    EXPECT_EQ(target_log_.end, 15);
}

TEST_F(EngineTest, PausesALink_ThatIsJustBeingReplaced) {
    LinkSpec slower = link_spec();
    slower.bandwidth = 1 << 20;
    runtime::TaskGroup tasks(loop_);
    tasks.spawn("reconfigure", engine_->reconfigure(cluster_specs(), {slower}, kInterval));
    ASSERT_EQ(engine_->status().size(), 1U);
    Link* found = engine_->find_link("test");
    ASSERT_NE(found, nullptr);
    found->pause({}).value();
    test::run(loop_, tasks.join());
    append_to_source(5);
    loop_.advance(seconds(60));
    EXPECT_EQ(target_log_.end, 10);
    EXPECT_EQ(engine_->find_link("test")->spec().bandwidth, 1 << 20);
}

TEST_F(EngineTest, JudgesRunningLinksAgain_WhenANewOneBringsTheSameRecords) {
    LinkSpec other = link_spec();
    other.name = "other";
    reconfigure({other, link_spec()});
    append_to_source(5);
    loop_.advance(seconds(15));
    EXPECT_EQ(target_log_.end, 15);
    EXPECT_EQ(partition_of("test").state, PartitionState::blocked);
    EXPECT_THAT(partition_of("test").reason, HasSubstr("records of src would come to dst twice"));
}

TEST_F(EngineTest, EndsLinksThatAreNotWantedAnyMore) {
    reconfigure({});
    append_to_source(5);
    loop_.advance(seconds(15));
    EXPECT_EQ(target_log_.end, 10);
    EXPECT_TRUE(engine_->status().empty());
}

/// With a third cluster, "spare", while the target of the link that runs does not answer any more.
class HangingTargetTest : public EngineTest {
protected:
    HangingTargetTest() {
        spare_.metadata = test::metadata_of("spare", 1, {{"orders", id_of(3), {1}, 0}});
        spare_.on(protocol::ApiKey::describe_configs,
                  [this](const test::ReceivedRequest& r) { answer_configs(r); });
    }
    ~HangingTargetTest() override {
        test::run(loop_, changing_.join());
        test::run(loop_, engine_->stop());
        engine_.reset();
    }

    void let_target_hang() {
        target_.hold(protocol::ApiKey::produce, unanswered_);
        append_to_source(5);
        loop_.advance(seconds(1));
        ASSERT_FALSE(unanswered_.empty());
    }

    void begin_to_reconfigure(std::vector<LinkSpec> links) {
        auto clusters = cluster_specs();
        clusters.push_back({"spare", {Endpoint{"spare", 1}}});
        changing_.spawn("reconfigure",
                        engine_->reconfigure(std::move(clusters), std::move(links), kInterval));
        loop_.settle();
    }

    static LinkSpec changed(LinkSpec spec) {
        spec.bandwidth = 1 << 20;
        return spec;
    }
    static LinkSpec to_spare() {
        LinkSpec spec = link_spec();
        spec.name = "spare";
        spec.target = "spare";
        return spec;
    }

    std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const LinkStatus& status : engine_->status()) {
            names.push_back(status.name);
        }
        return names;
    }

    test::FakeBroker spare_{network_, {"spare", 1}};
    test::FakeLog spare_log_{loop_, spare_, {"orders", id_of(3), {1}, 0}};
    test::FakeCoordinator spare_coordinator_{spare_};
    std::vector<test::ReceivedRequest> unanswered_;
    runtime::TaskGroup changing_{loop_};
};

TEST_F(HangingTargetTest, LetsANewLinkBeginAtOnce) {
    let_target_hang();
    begin_to_reconfigure({changed(link_spec()), to_spare()});
    loop_.advance(seconds(2));
    EXPECT_EQ(spare_log_.end, 15);
    EXPECT_EQ(changing_.running(), 1U) << "the former link still waits for its target";
}

TEST_F(HangingTargetTest, LetsAnotherChangedLinkGoOnAtOnce) {
    begin_to_reconfigure({link_spec(), to_spare()});
    loop_.advance(seconds(3));
    ASSERT_EQ(spare_log_.end, 10);
    let_target_hang();
    ASSERT_EQ(spare_log_.end, 15);
    begin_to_reconfigure({changed(link_spec()), changed(to_spare())});
    append_to_source(5);
    loop_.advance(seconds(2));
    EXPECT_EQ(spare_log_.end, 20);
    EXPECT_EQ(changing_.running(), 1U) << "the former link still waits for its target";
    EXPECT_THAT(names(), testing::UnorderedElementsAre("test", "spare"));
}

TEST_F(HangingTargetTest, LetsNoOtherLinkWriteThere_BeforeTheFormerOneHasEnded) {
    let_target_hang();
    LinkSpec other = link_spec();
    other.name = "other";
    begin_to_reconfigure({other});
    loop_.advance(seconds(1));
    EXPECT_THAT(names(), testing::ElementsAre("test"));
    loop_.advance(seconds(10));
    EXPECT_THAT(names(), testing::ElementsAre("other"));
}

/// The clusters that an engine of this setup says it probes, once it has run for a while.
class ProbingEngineTest : public TwoClustersTest {
protected:
    ProbingEngineTest() { log::set_level(log::Level::off); }
    ~ProbingEngineTest() override { log::set_level(log::Level::info); }

    std::vector<std::string> reached_by(Engine& engine) {
        loop_.advance(seconds(3));
        std::vector<std::string> names;
        for (const ClusterStatus& cluster : engine.clusters()) {
            if (cluster.health == ClusterHealth::healthy) {
                names.push_back(cluster.name);
            }
        }
        return names;
    }

    EngineSetup setup() const {
        EngineSetup setup{cluster_specs(), {link_spec()}, {}};
        setup.clusters.push_back({"unused", {Endpoint{"unused", 1}}});
        setup.limits.verify_bytes_per_second = 0;
        return setup;
    }

    test::FakeCoordinator target_coordinator_{target_};
};

TEST_F(ProbingEngineTest, ProbesTheClustersOfItsLinks_WhereThatIsAskedFor) {
    EngineSetup probing = setup();
    probing.probes_clusters = true;
    Engine engine(runtime_, std::move(probing));
    engine.start();
    EXPECT_THAT(reached_by(engine), testing::ElementsAre("src", "dst"));
    test::run(loop_, engine.reconfigure(cluster_specs(), {}, seconds(2)));
    EXPECT_TRUE(engine.clusters().empty()) << "no link uses any";
    test::run(loop_, engine.reconfigure(cluster_specs(), {link_spec()}, seconds(2)));
    EXPECT_THAT(reached_by(engine), testing::ElementsAre("src", "dst"));
    test::run(loop_, engine.stop());
}

TEST_F(ProbingEngineTest, ProbesNothing_Else) {
    Engine engine(runtime_, setup());
    engine.start();
    EXPECT_TRUE(reached_by(engine).empty());
    test::run(loop_, engine.stop());
}

}  // namespace
}  // namespace lockstep::replication

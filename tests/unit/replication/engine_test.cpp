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
        test::run(loop_, engine_->stop());
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

// What a link may be told about how it works: the topic "orders" with one partition.

#include "base/log.h"
#include "protocol/kafka_error.h"
#include "replication/link.h"
#include "tests/unit/replication/two_clusters.h"
#include "tests/unit/support/fake_coordinator.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

class LinkSettingsTest : public TwoClustersTest {
protected:
    LinkSettingsTest() { log::set_level(log::Level::off); }
    ~LinkSettingsTest() override {
        test::run(loop_, link_->stop(loop_.now() + seconds(3)));
        log::set_level(log::Level::info);
    }

    void start(LinkSpec spec) {
        auto filter = TopicFilter::make(spec.topics, {});
        const LinkEnvironment environment{runtime_, budget_, buffers_};
        link_ = std::make_unique<Link>(
            environment,
            LinkSetup{ClusterSpec{"src", {{"src", 1}}}, ClusterSpec{"dst", {{"dst", 1}}},
                      std::move(spec), std::move(*filter), std::nullopt, seconds(2)});
        link_->start();
    }

    PartitionStatus status() const { return link_->status().partitions.at(0); }

    std::vector<std::string> layout_of_target() const {
        std::vector<std::string> layout;
        for (const protocol::RecordBatchView& batch : target_log_.batches()) {
            layout.push_back(
                fmt::format("{}+{}", batch.base_offset().value(), batch.record_count()));
        }
        return layout;
    }

    MemoryBudget budget_{loop_, 64 << 20};
    BufferPool buffers_{1 << 20};
    test::FakeCoordinator target_coordinator_{target_};
    std::unique_ptr<Link> link_;
};

TEST_F(LinkSettingsTest, MergesNoMoreThanTheBatchSize_AndLeavesLargerBatchesAlone) {
    for (int i = 0; i < 4; ++i) {
        source_log_.append(test::make_batch(i, 1, std::string(700, 'v')));
    }
    source_log_.append(test::make_batch(4, 9, std::string(700, 'v')));
    LinkSpec spec = link_spec();
    spec.batch_size = 2'000;
    start(std::move(spec));
    loop_.advance(seconds(3));
    EXPECT_THAT(layout_of_target(), ElementsAre("0+2", "2+2", "4+9"));
    EXPECT_EQ(status().state, PartitionState::running) << status().reason;
}

TEST_F(LinkSettingsTest, MergesNoMoreThanTheTargetsTopicTakes) {
    max_message_bytes_ = "2000";
    for (int i = 0; i < 4; ++i) {
        source_log_.append(test::make_batch(i, 1, std::string(700, 'v')));
    }
    LinkSpec spec = link_spec();
    spec.batch_size = 1 << 20;
    start(std::move(spec));
    loop_.advance(seconds(3));
    EXPECT_THAT(layout_of_target(), ElementsAre("0+2", "2+2"));
    EXPECT_EQ(link_->status().errors, 0U);
}

}  // namespace
}  // namespace lockstep::replication

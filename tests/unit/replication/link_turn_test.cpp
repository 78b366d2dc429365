// A link that gets the turn while it is copying: the topic "orders" with one partition.

#include "base/log.h"
#include "protocol/kafka_error.h"
#include "replication/link.h"
#include "tests/unit/replication/two_clusters.h"
#include "tests/unit/support/fake_coordinator.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using std::chrono::seconds;

/// Large enough to be copied as it is: tiny neighbours are merged.
Bytes make_batch(int64_t base_offset, int records) {
    return test::make_batch(base_offset, records, std::string(2'100, '.'));
}

class LinkTurnTest : public TwoClustersTest {
protected:
    LinkTurnTest() { log::set_level(log::Level::off); }
    ~LinkTurnTest() override {
        test::run(loop_, link_->stop(loop_.now() + seconds(3)));
        log::set_level(log::Level::info);
    }

    void start() {
        LinkSpec spec = link_spec();
        auto filter = TopicFilter::make(spec.topics, {});
        const LinkEnvironment environment{runtime_, budget_, buffers_};
        link_ = std::make_unique<Link>(
            environment,
            LinkSetup{ClusterSpec{"src", {{"src", 1}}}, ClusterSpec{"dst", {{"dst", 1}}},
                      std::move(spec), std::move(*filter), std::nullopt, seconds(2)});
        link_->start();
        loop_.advance(seconds(10));
    }

    void add_gap_at_source() {
        source_log_.append(protocol::make_control_batch({.offset = Offset(source_log_.end)}));
    }

    void write_marker_as_other_worker() {
        protocol::ControlMarker marker;
        marker.offset = Offset(target_log_.end);
        marker.producer_id =
            tagged_producer_id(origin_tag("src-id"), id_of(1), {"orders", PartitionIndex(0)});
        marker.producer_epoch = ProducerEpoch(static_cast<int16_t>(++epoch_));
        target_log_.append(protocol::make_control_batch(marker));
    }

    void give_turn(bool to_us) {
        target_coordinator_.other_has_the_turn = !to_us;
        target_coordinator_.heartbeat_error =
            static_cast<int16_t>(protocol::KafkaError::rebalance_in_progress);
        loop_.advance(seconds(3));
        target_coordinator_.heartbeat_error = 0;
        loop_.advance(seconds(10));
    }

    /// "0+10" for a batch of 10 records at offset 0, "m10" for a marker at offset 10.
    std::string layout_of_target() const {
        std::string layout;
        for (const protocol::RecordBatchView& batch : target_log_.batches()) {
            layout += layout.empty() ? "" : " ";
            layout += batch.is_control()
                          ? fmt::format("m{}", batch.base_offset().value())
                          : fmt::format("{}+{}", batch.base_offset().value(), batch.record_count());
        }
        return layout;
    }

    MemoryBudget budget_{loop_, 64 << 20};
    BufferPool buffers_{1 << 20};
    test::FakeCoordinator target_coordinator_{target_};
    std::unique_ptr<Link> link_;
    int epoch_ = 0;
};

TEST_F(LinkTurnTest, LooksAtTheLogAgain_BeforeItsFirstMarkerInATurn) {
    source_log_.append(make_batch(0, 10));
    add_gap_at_source();
    target_coordinator_.other_has_the_turn = true;
    start();
    EXPECT_EQ(layout_of_target(), "0+10");
    write_marker_as_other_worker();
    loop_.advance(seconds(10));
    EXPECT_EQ(link_->status().partitions[0].state, PartitionState::running);

    write_marker_as_other_worker();  // of the next gap, which this worker has not seen yet
    give_turn(true);
    add_gap_at_source();
    source_log_.append(make_batch(12, 5));
    loop_.advance(seconds(10));
    EXPECT_EQ(layout_of_target(), "0+10 m10 m11 12+5");
    EXPECT_EQ(link_->status().partitions[0].state, PartitionState::running);
    EXPECT_EQ(link_->status().errors, 0U);
}

TEST_F(LinkTurnTest, CountsNoError_WhileItWaitsForItsTurn) {
    source_log_.append(make_batch(0, 10));
    add_gap_at_source();
    target_coordinator_.other_has_the_turn = true;
    start();
    loop_.advance(seconds(60));
    EXPECT_EQ(link_->status().partitions[0].state, PartitionState::retrying);
    EXPECT_EQ(link_->status().errors, 0U);
    give_turn(true);
    EXPECT_EQ(layout_of_target(), "0+10 m10");
    EXPECT_EQ(link_->status().errors, 0U);
}

}  // namespace
}  // namespace lockstep::replication

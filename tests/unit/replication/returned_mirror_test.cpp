#include "replication/returned_mirror.h"

#include "model/tagged_producer_id.h"
#include "tests/unit/replication/two_clusters.h"

#include <gmock/gmock.h>

namespace lockstep::replication {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const OffsetGap kAll{Offset(40), Offset(100)};

/// Records 0 to 4 at offsets 40 to 44 and 5 to 9 at 50 to 54; the mirror's are before 40.
StreamMap two_runs() {
    StreamMap map;
    map.is_behind_mirror = true;
    map.source.add({Ordinal(0), Offset(100)});
    map.target.add({Ordinal(0), Offset(40)});
    map.target.add({Ordinal(5), Offset(50)});
    map.next = Ordinal(10);
    return map;
}

TEST(GapsBetweenOwn, AreBetweenRunsAndBehindThem_TheLatestFirst) {
    EXPECT_THAT(gaps_between_own(two_runs(), kAll, 9),
                ElementsAre(OffsetGap{Offset(55), Offset(100)}, OffsetGap{Offset(45), Offset(50)}));
    EXPECT_THAT(gaps_between_own(two_runs(), kAll, 1),
                ElementsAre(OffsetGap{Offset(55), Offset(100)}));
    EXPECT_THAT(gaps_between_own(two_runs(), {Offset(40), Offset(55)}, 9),
                ElementsAre(OffsetGap{Offset(45), Offset(50)}));
}

TEST(GapsBetweenOwn, AreWithinThePart) {
    EXPECT_THAT(gaps_between_own(two_runs(), {Offset(47), Offset(49)}, 9),
                ElementsAre(OffsetGap{Offset(47), Offset(49)}));
    EXPECT_THAT(gaps_between_own(two_runs(), {Offset(50), Offset(55)}, 9), IsEmpty());
    EXPECT_THAT(gaps_between_own(two_runs(), {Offset(35), Offset(45)}, 9),
                ElementsAre(OffsetGap{Offset(35), Offset(40)}));
    EXPECT_THAT(gaps_between_own(StreamMap(), kAll, 9), IsEmpty());
}

TEST(GapsBetweenOwn, TakeNoRecordsForOwn_ThatTheTargetHasLost) {
    StreamMap map = two_runs();
    map.next = Ordinal(5);
    EXPECT_THAT(gaps_between_own(map, {Offset(40), Offset(47)}, 9),
                ElementsAre(OffsetGap{Offset(45), Offset(47)}));
    map.next = Ordinal(0);
    EXPECT_THAT(gaps_between_own(map, {Offset(40), Offset(47)}, 9),
                ElementsAre(OffsetGap{Offset(40), Offset(47)}));
}

/// The source has records with times from 1000 on and values by them; the target ends with what a
/// test appends.
class FindMirroredTest : public TwoClustersTest {
protected:
    FindMirroredTest() {
        for (int64_t base = 0; base < 100; base += 10) {
            source_log_.append(batch(base, 1000 + base, 10));
        }
        target_log_.append(batch(0, 1000, 10));
    }

    static Bytes batch(int64_t base_offset, int64_t time_ms, int records,
                       ProducerId producer = ProducerId(-1)) {
        protocol::BatchOptions options{.base_offset = Offset(base_offset)};
        options.producer_id = producer;
        if (producer.value() >= 0) {
            options.producer_epoch = ProducerEpoch(0);
            options.base_sequence = Sequence(0);
        }
        protocol::RecordBatchBuilder builder(options);
        for (int64_t time = time_ms; time < time_ms + records; ++time) {
            const std::string value = "v" + std::to_string(time);
            builder.add(time, {.value = as_bytes(value)});
        }
        return *builder.build();
    }

    /// From offset 10 of the target on.
    std::optional<Offset> found() {
        client::Cluster source(runtime_, cluster_specs()[0], {});
        client::Cluster target(runtime_, cluster_specs()[1], {});
        const TopicPartition orders{"orders", PartitionIndex(0)};
        MirrorSearch search{{BrokerId(1), orders, {}},
                            {BrokerId(1), orders, {}},
                            {{Offset(10), Offset(target_log_.end)}}};
        auto result = test::run(loop_, find(source, target, std::move(search)));
        test::run(loop_, source.close());
        test::run(loop_, target.close());
        EXPECT_TRUE(result.has_value()) << result.error().message();
        return result.has_value() ? *result : std::nullopt;
    }

    static runtime::Task<Result<std::optional<Offset>>> find(client::Cluster& source,
                                                             client::Cluster& target,
                                                             MirrorSearch search) {
        LS_CO_CHECK(co_await source.refresh_metadata(nullptr, {}));
        LS_CO_CHECK(co_await target.refresh_metadata(nullptr, {}));
        auto found = co_await find_mirrored(source, target, std::move(search), {});
        co_return found;
    }
};

TEST_F(FindMirroredTest, FindsARecordThatTheSourceHas) {
    target_log_.append(batch(10, 1043, 3));
    EXPECT_EQ(found(), Offset(10));
}

TEST_F(FindMirroredTest, FindsIt_AlsoOfAProducerWithAnId) {
    target_log_.append(batch(10, 1050, 10, ProducerId(2000)));
    EXPECT_EQ(found(), Offset(10));
}

TEST_F(FindMirroredTest, FindsIt_BehindWhatIsSomebodyElses) {
    target_log_.append(batch(10, 7000, 5));
    target_log_.append(batch(15, 1043, 3));
    EXPECT_EQ(found(), Offset(15));
}

TEST_F(FindMirroredTest, FindsNothing_InWhatOnlyTheTargetHas) {
    target_log_.append(batch(10, 7000, 10));
    EXPECT_EQ(found(), std::nullopt) << "later than all";
    target_log_.append(batch(20, 5, 10));
    EXPECT_EQ(found(), std::nullopt) << "earlier";
}

TEST_F(FindMirroredTest, PassesOverWhatLockstepHasWritten_AndMarkers) {
    const ProducerId own = tagged_producer_id(origin_tag("src-id"), id_of(1),
                                              {"orders", PartitionIndex(0)});
    target_log_.append(batch(10, 1000, 10, translated_producer_id(own)));
    protocol::ControlMarker marker;
    marker.offset = Offset(20);
    marker.producer_id = ProducerId(2000);
    marker.producer_epoch = ProducerEpoch(0);
    target_log_.append(protocol::make_control_batch(marker));
    EXPECT_EQ(found(), std::nullopt);
}

TEST_F(FindMirroredTest, TakesAnyForIt_WhereTheTargetGivesItsOwnTimes) {
    constexpr int16_t kLogAppendTime = 1 << 3;
    target_log_.append(test::make_batch(10, 3, "value", kLogAppendTime));
    EXPECT_EQ(found(), Offset(10));
}

}  // namespace
}  // namespace lockstep::replication

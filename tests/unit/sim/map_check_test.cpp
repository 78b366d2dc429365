#include "sim/map_check.h"

#include "protocol/record_batch_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::sim {
namespace {

using replication::Ordinal;
using replication::StreamKey;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kNowMs = 1'700'000'000'000;
constexpr int16_t kProduceVersion = 9;

/// Records "a" and "b", at 10 and 15 of the source, are at 0 and 1 of the target.
class MapCheckTest : public testing::Test {
protected:
    MapCheckTest() {
        protocol::RecordBatchBuilder builder({.producer_id = replication::stream_id(key_),
                                              .producer_epoch = ProducerEpoch(0),
                                              .base_sequence = Sequence(0)});
        for (const auto& [value, offset] : {std::pair{"a", 10}, std::pair{"b", 15}}) {
            builder.add(kNowMs, {.value = as_bytes(std::string_view(value))});
            truth_.records[offset].value = value;
        }
        const auto batch = builder.build();
        copy_.append(*batch, {}, kNowMs, kProduceVersion);
        map_.source.add({Ordinal(0), Offset(10)});
        map_.source.add({Ordinal(1), Offset(15)});
        map_.target.add({Ordinal(0), Offset(0)});
        map_.next = map_.placed = Ordinal(2);
    }

    MapCheck check() {
        maps_[key_] = map_;
        return {maps_, key_.partition};
    }

    const StreamKey key_{"source-id", {}, {"orders", PartitionIndex(0)}};
    sandbox::PartitionLog copy_;
    TruePartition truth_;
    replication::StreamMap map_;
    StoredMaps maps_;
};

TEST_F(MapCheckTest, SaysNothing_OfAMapThatIsRight) {
    EXPECT_THAT(check().problems(copy_, truth_), IsEmpty());
}

TEST_F(MapCheckTest, NamesEachRecordThatIsElsewhereAtTheSource) {
    map_.source = {};
    map_.source.add({Ordinal(0), Offset(10)});
    EXPECT_THAT(check().problems(copy_, truth_),
                ElementsAre(HasSubstr("(\"b\" at 1) is at 11 at the source")));
    map_.source = {};
    map_.source.add({Ordinal(1), Offset(15)});
    EXPECT_THAT(check().problems(copy_, truth_), ElementsAre(HasSubstr("is at nowhere")));
}

TEST_F(MapCheckTest, NamesEachRecordThatIsElsewhereOnTheTarget) {
    map_.target = {};
    map_.target.add({Ordinal(0), Offset(0)});
    map_.target.add({Ordinal(1), Offset(5)});
    EXPECT_THAT(check().problems(copy_, truth_),
                ElementsAre(HasSubstr("(\"b\" at 1) is at 5 on the target")));
}

TEST_F(MapCheckTest, NamesEachRecordWhosePlaceIsNotStored) {
    map_.placed = Ordinal(1);
    EXPECT_THAT(check().problems(copy_, truth_),
                ElementsAre(HasSubstr("(\"b\" at 1) is at nowhere on the target")));
}

TEST_F(MapCheckTest, LooksAtThePartitionsOwnMapsOnly) {
    map_.source = {};
    check();
    EXPECT_THAT(MapCheck(maps_, {"others", PartitionIndex(0)}).problems(copy_, truth_), IsEmpty());
}

}  // namespace
}  // namespace lockstep::sim

#include "replication/stream_chain.h"

#include "model/tagged_producer_id.h"

#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

constexpr ProducerId kFirst{(int64_t{1} << 62) + 5};

std::string text_of(const protocol::BatchRewrite& stamp) {
    return std::to_string(*generation_of(stamp.producer_id, kFirst)) + "/" +
           std::to_string(stamp.producer_epoch.value()) + "/" +
           std::to_string(stamp.base_sequence.value());
}

std::string text_of(const TxnMarker& stamp) {
    return std::to_string(*generation_of(stamp.producer_id, kFirst)) + "/" +
           std::to_string(stamp.epoch.value());
}

StreamChain after_records(int16_t epoch, int32_t last_sequence) {
    return {kFirst, StreamTail{kFirst, ProducerEpoch(epoch), Sequence(last_sequence), false}};
}

StreamChain after_marker(int16_t epoch) {
    return {kFirst, StreamTail{kFirst, ProducerEpoch(epoch), Sequence(0), true}};
}

TEST(StreamChain, CountsRecords_InOneEpoch) {
    StreamChain chain(kFirst);
    EXPECT_EQ(text_of(chain.next_records(10)), "0/0/0");
    EXPECT_EQ(text_of(chain.next_records(1)), "0/0/10");
    EXPECT_EQ(text_of(chain.next_records(5)), "0/0/11");
}

TEST(StreamChain, WrapsSequencesAt2To31) {
    StreamChain chain = after_records(0, INT32_MAX - 5);
    EXPECT_EQ(text_of(chain.next_records(10)), "0/0/2147483643");
    EXPECT_EQ(text_of(chain.next_records(1)), "0/0/5");
    StreamChain at_the_end = after_records(0, INT32_MAX);
    EXPECT_EQ(text_of(at_the_end.next_records(1)), "0/0/0");
}

TEST(StreamChain, GivesEachMarkerAnEpoch_AndBeginsAnewBehindThem) {
    StreamChain chain(kFirst);
    chain.next_records(10);
    const MarkerRun gap = chain.next_gap(3);
    EXPECT_EQ(gap.count(), 3);
    EXPECT_EQ(text_of(gap.at(0)), "0/0") << "refused where a late marker has come before it";
    EXPECT_EQ(text_of(gap.at(2)), "0/2");
    EXPECT_EQ(text_of(chain.next_gap(1).at(0)), "0/3");
    EXPECT_EQ(text_of(chain.next_records(7)), "0/4/0");
    EXPECT_EQ(text_of(chain.next_records(7)), "0/4/7");
    EXPECT_EQ(text_of(chain.next_gap(2).at(1)), "0/6");
}

TEST(StreamChain, GoesOnAfterATail_AsIfItHadWrittenIt) {
    EXPECT_EQ(text_of(after_records(4, 99).next_records(1)), "0/4/100");
    EXPECT_EQ(text_of(after_records(4, 99).next_gap(1).at(0)), "0/4");
    EXPECT_EQ(text_of(after_marker(4).next_records(1)), "0/5/0");
    EXPECT_EQ(text_of(after_marker(4).next_gap(1).at(0)), "0/4");
}

TEST(StreamChain, TakesTheNextId_WhenTheEpochsAreUsedUp) {
    StreamChain chain = after_records(32'766, 3);
    const MarkerRun gap = chain.next_gap(4);
    EXPECT_EQ(text_of(gap.at(1)), "0/32767");  // nothing can follow under this id any more
    EXPECT_EQ(text_of(gap.at(2)), "1/0");
    EXPECT_EQ(text_of(chain.next_records(1)), "1/2/0");
    EXPECT_EQ(text_of(after_marker(32'767).next_records(1)), "1/0/0");
    EXPECT_EQ(text_of(after_marker(32'766).next_records(1)), "1/0/0");
}

TEST(StreamChain, FillsAMillionOffsets) {
    StreamChain chain(kFirst);
    const MarkerRun gap = chain.next_gap(1'000'000);
    EXPECT_EQ(text_of(gap.at(999'999)), "30/16959");
    EXPECT_EQ(text_of(chain.next_records(1)), "30/16960/0");
}

TEST(StreamChain, KnowsAllIdsOfItsStream) {
    StreamChain chain(kFirst, StreamTail{producer_id_of_generation(kFirst, 7), ProducerEpoch(2),
                                         Sequence(8), false});
    EXPECT_EQ(text_of(chain.next_records(1)), "7/2/9");
}

TEST(Generations, StayInTheirStream_EvenAtItsEdge) {
    const ProducerId last((int64_t{1} << 62) | (int64_t{9} << 40) | ((int64_t{1} << 40) - 1));
    const ProducerId next = producer_id_of_generation(last, 1);
    EXPECT_EQ(next.value(), (int64_t{1} << 62) | (int64_t{9} << 40));
    EXPECT_EQ(generation_of(next, last), 1);
    EXPECT_FALSE(generation_of(last, next).has_value());
    EXPECT_FALSE(generation_of(ProducerId(4711), last).has_value());
    EXPECT_FALSE(generation_of(ProducerId(-1), last).has_value());
}

}  // namespace
}  // namespace lockstep::replication

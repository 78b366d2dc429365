#include "replication/stream_search.h"

#include "protocol/kafka_error.h"
#include "protocol/messages/describe_producers.h"
#include "tests/unit/replication/two_clusters.h"

namespace lockstep::replication {
namespace {

using protocol::ApiKey;

const ProducerId kStream(7'000'000);

/// Looks for a stream of which the target's log has records 0 to 9, at offsets 0 to 9.
class StreamSearchTest : public TwoClustersTest {
protected:
    StreamSearchTest() {
        auto& described = target_.versions.api_keys.emplace_back();
        described.api_key = static_cast<int16_t>(ApiKey::describe_producers);
        target_.on(ApiKey::describe_producers,
                   [this](const test::ReceivedRequest& r) { answer_producers(r); });
        protocol::RecordBatchBuilder builder({.producer_id = kStream,
                                              .producer_epoch = ProducerEpoch(0),
                                              .base_sequence = Sequence(0)});
        for (int i = 0; i < 10; ++i) {
            builder.add(1'000 + i, {.value = as_bytes("value")});
        }
        target_log_.append(*builder.build());
        map_.source.add({Ordinal(0), Offset(100)});
        map_.target.add({Ordinal(0), Offset(0)});
    }

    void answer_producers(const test::ReceivedRequest& request) const {
        protocol::DescribeProducersResponse response;
        auto& topic = response.topics.emplace_back();
        topic.name = "orders";
        auto& producer = topic.partitions.emplace_back().active_producers.emplace_back();
        producer.producer_id = kStream.value();
        producer.last_sequence = remembered_;
        request.answer(response);
    }

    StreamSearch search() const {
        return {{BrokerId(1), {"orders", PartitionIndex(0)}, Offset(0)},
                Offset(10),
                kStream,
                StreamTail{kStream, ProducerEpoch(0), Sequence(9), false}};
    }

    /// As whoever is going to write begins.
    Result<void> begin() { return begin(search()); }

    Result<void> begin(const StreamSearch& from) {
        client::Cluster cluster(runtime_, cluster_specs()[1], {});
        const Result<void> result = test::run(loop_, begin_at(cluster, from));
        test::run(loop_, cluster.close());
        return result;
    }

    /// The target's log is empty, as after an unclean election, and so is its leader's memory.
    void begin_where_all_is_lost() {
        remembered_ = -1;
        target_log_.recreate({"orders", id_of(2), {1}, 0});
        StreamSearch empty = search();
        empty.log_end = Offset(0);
        empty.tail.reset();
        EXPECT_TRUE(begin(empty).has_value());
    }

    runtime::Task<Result<void>> begin_at(client::Cluster& cluster, StreamSearch from) {
        LS_CO_CHECK(co_await cluster.refresh_metadata(nullptr, {}));
        LS_CO_CHECK(co_await find_stream(cluster, from, map_, {}));
        auto checked = co_await check_nothing_above(cluster, from, map_, {});
        co_return checked;
    }

    int32_t remembered_ = 9;
    StreamMap map_;
};

TEST_F(StreamSearchTest, BeginsBehindTheTail) {
    const Result<void> begun = begin();
    EXPECT_TRUE(begun.has_value()) << begun.error().message();
    EXPECT_EQ(map_.next, Ordinal(10));
}

TEST_F(StreamSearchTest, FindsThePlaces_WhereTheMapKnowsOnlyTheNumber) {
    map_.next = Ordinal(10);  // as the source's side says, before the target's side is stored
    map_.target = {};
    EXPECT_TRUE(begin().has_value());
    EXPECT_EQ(map_.next, Ordinal(10));
    EXPECT_EQ(map_.target.offset_of(Ordinal(5)), Offset(5));
}

TEST_F(StreamSearchTest, WaitsForWhatIsAboveTheHighWatermark) {
    remembered_ = 12;
    const Result<void> begun = begin();
    ASSERT_TRUE(begun.has_error());
    EXPECT_EQ(begun.error().code,
              make_error_code(protocol::KafkaError::not_enough_replicas_after_append));
    EXPECT_EQ(map_.next, Ordinal(10));
}

TEST_F(StreamSearchTest, KnowsNothingAbove_WhereTheLeaderHasForgottenTheProducer) {
    remembered_ = -1;
    EXPECT_TRUE(begin().has_value());
}

TEST_F(StreamSearchTest, GoesBack_WhereTheTargetHasLostItsLog) {
    map_.next = Ordinal(30);  // as it was copied, before an unclean election
    begin_where_all_is_lost();
    EXPECT_EQ(map_.next, Ordinal(0));
}

// Others had written before the records that are lost, and their records are lost, too.
TEST_F(StreamSearchTest, GoesBack_WhereTheTargetEndsBetweenRecordsOfTheStream) {
    map_.target.add({Ordinal(10), Offset(50)});
    map_.next = map_.placed = Ordinal(30);
    StreamSearch shorter = search();
    shorter.log_end = Offset(10);
    EXPECT_TRUE(begin(shorter).has_value());
    EXPECT_EQ(map_.next, Ordinal(10));
    EXPECT_EQ(map_.target.offset_of(Ordinal(10)), Offset(10));
    EXPECT_EQ(map_.target.offset_of(Ordinal(9)), Offset(9));
}

// What the source does not have any more either does not come again.
TEST_F(StreamSearchTest, GoesBack_WhereTheTargetHasLostItsLog_WhoseBeginWasForgotten) {
    map_.source = {};
    map_.source.add({Ordinal(158), Offset(900)});
    map_.target = {};
    map_.target.add({Ordinal(158), Offset(200)});
    map_.next = map_.placed = Ordinal(300);
    begin_where_all_is_lost();
    EXPECT_EQ(map_.next, Ordinal(158));
    EXPECT_EQ(map_.target.offset_of(Ordinal(158)), Offset(0));
}

// What was stored last said how many records there are, but the worker died before it stored where.
TEST_F(StreamSearchTest, GoesBack_WhereTheTargetHasLostItsLog_AndNobodyStoredWhereItsRecordsWere) {
    map_ = StreamMap();
    map_.source.add({Ordinal(0), Offset(100)});
    map_.next = Ordinal(10);
    begin_where_all_is_lost();
    EXPECT_EQ(map_.next, Ordinal(0));
}

TEST_F(StreamSearchTest, GoesNotBack_WhereRetentionHasEmptiedTheLog_AndNobodyStoredWhereItWas) {
    map_ = StreamMap();
    map_.source.add({Ordinal(0), Offset(100)});
    map_.next = Ordinal(10);
    remembered_ = -1;
    target_log_.recreate({"orders", id_of(2), {1}, 0});
    target_log_.start = target_log_.end = 10;
    StreamSearch empty = search();
    empty.log_start.offset = empty.log_end;
    empty.tail.reset();
    EXPECT_TRUE(begin(empty).has_value());
    EXPECT_EQ(map_.next, Ordinal(10));
}

TEST_F(StreamSearchTest, GuessesNoPlaces_WhereRecordsCameBehindTheEndThatItWasTold) {
    StreamSearch early = search();
    early.log_end = Offset(0);  // what another worker had sent came later
    early.tail.reset();
    const Result<void> begun = begin(early);
    ASSERT_TRUE(begun.has_error());
    EXPECT_TRUE(begun.error().is(Errc::timeout)) << begun.error().message();
    EXPECT_EQ(map_.next, Ordinal(0));
}

// As after another worker has stored what it knew of the target's side before.
TEST_F(StreamSearchTest, LooksForThePlaces_ThatTheMapDoesNotHave) {
    protocol::RecordBatchBuilder others({.base_offset = Offset(10),
                                         .producer_id = ProducerId(1),
                                         .producer_epoch = ProducerEpoch(0),
                                         .base_sequence = Sequence(0)});
    protocol::RecordBatchBuilder own({.base_offset = Offset(15),
                                      .producer_id = kStream,
                                      .producer_epoch = ProducerEpoch(0),
                                      .base_sequence = Sequence(10)});
    for (int i = 0; i < 5; ++i) {
        others.add(1'000, {.value = as_bytes("another's")});
        own.add(1'000, {.value = as_bytes("value")});
    }
    target_log_.append(*others.build());
    target_log_.append(*own.build());
    map_.next = Ordinal(15);
    map_.placed = Ordinal(10);
    remembered_ = 14;
    StreamSearch all = search();
    all.log_end = Offset(20);
    all.tail.reset();
    const Result<void> begun = begin(all);
    ASSERT_TRUE(begun.has_value()) << begun.error().message();
    EXPECT_EQ(map_.next, Ordinal(15));
    EXPECT_EQ(map_.placed, Ordinal(15));
    EXPECT_EQ(map_.target.offset_of(Ordinal(10)), Offset(15));
}

TEST_F(StreamSearchTest, StaysWhereItIs_WhereRetentionHasEmptiedTheLog) {
    map_.next = Ordinal(10);
    remembered_ = -1;
    target_log_.compact({});
    target_log_.start = 10;
    StreamSearch empty = search();
    empty.log_start.offset = Offset(10);
    empty.tail.reset();
    EXPECT_TRUE(begin(empty).has_value());
    EXPECT_EQ(map_.next, Ordinal(10));
}

}  // namespace
}  // namespace lockstep::replication

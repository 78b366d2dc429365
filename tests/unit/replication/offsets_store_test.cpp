#include "replication/offsets_store.h"

#include "base/log.h"
#include "protocol/kafka_error.h"
#include "protocol/records.h"
#include "tests/unit/support/fake_log.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using client::BatchProducer;
using client::Cluster;
using testing::ElementsAre;

const Uuid kTopicId{{7}};
const Uuid kOrdersId{{5}};  // of the topic that the records are in
const ProducerId kId(77);
const test::FakeTopic kTopic{OffsetsStore::kTopic, kTopicId, {1, 1, 1, 1, 1, 1, 1, 1}};

/// The topic as it is on one broker; all partitions in one log, as there is one stream.
class OffsetsStoreTest : public testing::Test {
protected:
    struct Worker {
        explicit Worker(runtime::Runtime& runtime)
            : cluster(runtime, ClusterSpec{"dst", {{"dst", 1}}}, {}) {}
        Cluster cluster;
        BatchProducer producer{cluster};
        OffsetsStore store{cluster, producer};
    };

    OffsetsStoreTest() {
        log::set_level(log::Level::off);
        broker_.metadata = test::metadata_of("dst", 1, {kTopic});
        for (Worker* worker : {&first_, &second_}) {
            const auto refreshed = test::run(loop_, worker->cluster.refresh_metadata(nullptr, {}));
            EXPECT_TRUE(refreshed.has_value());
        }
    }
    ~OffsetsStoreTest() override {
        for (Worker* worker : {&first_, &second_}) {
            worker->producer.request_stop();
            test::run(loop_, worker->cluster.close());
            test::run(loop_, worker->producer.join());
        }
        log::set_level(log::Level::info);
    }

    /// "" or what went wrong.
    std::string add(Worker& worker, std::vector<OffsetRun> runs) {
        std::string outcome = "never told";
        worker.store.add_source_runs(stream_, kId, std::move(runs), [&](const Result<void>& saved) {
            outcome = saved.has_error() ? saved.error().message() : "";
        });
        loop_.advance(std::chrono::milliseconds(100));
        return outcome;
    }

    /// What a link stores of a stream with ten records, which the target has from `at` on.
    void store(const StreamKey& key, StreamForm form = StreamForm::one_origin, int64_t at = 0) {
        StreamMap& map = first_.store.map_of(key);
        map.form = form;
        first_.store.set_target_topic(key, kOrdersId);
        first_.store.add_source_runs(key, stream_id(key), {{Ordinal(0), Offset(5)}},
                                     [](const Result<void>&) {});
        loop_.advance(std::chrono::milliseconds(100));
        map.next = map.placed = Ordinal(10);
        map.target.add({Ordinal(0), Offset(at)});
        first_.store.save_target_runs(key, stream_id(key));
        loop_.advance(std::chrono::milliseconds(100));
    }

    const OffsetsStore& read_all() {
        EXPECT_TRUE(test::run(loop_, second_.store.catch_up_all({})).has_value());
        return second_.store;
    }

    static StreamKey from(const std::string& source, const std::string& origin = "") {
        return {source, Uuid{{9}}, {"orders", PartitionIndex(0)}, "", origin};
    }

    StreamMap& read(Worker& worker) {
        const auto caught_up = test::run(loop_, worker.store.catch_up(stream_, {}));
        EXPECT_TRUE(caught_up.has_value());
        return worker.store.map_of(stream_);
    }

    static std::vector<OffsetRun> runs_with_holes(int from, int count) {
        std::vector<OffsetRun> runs;
        for (int i = from; i < from + count; ++i) {
            runs.push_back({Ordinal(i), Offset(10 * i)});
        }
        return runs;
    }

    /// Keys of the records in the topic, in order; of those without a value with a "-" before it.
    std::vector<std::string> sides_and_chunks() const {
        std::vector<std::string> found;
        for (const auto& batch : log_.batches()) {
            auto reader = *protocol::RecordReader::open(batch);
            while (const auto record = *reader.next()) {
                const auto key = *ChunkKey::parse(as_text(*record->key));
                found.push_back(fmt::format("{}{}{}", record->value ? "" : "-",
                                            static_cast<char>(key.side), key.chunk));
            }
        }
        return found;
    }

    test::ManualLoop loop_;
    test::ScriptedNetwork network_{loop_};
    Rng rng_{1};
    runtime::Runtime runtime_{loop_, network_, rng_};
    test::FakeBroker broker_{network_, {"dst", 1}};
    test::FakeLog log_{loop_, broker_, kTopic};
    Worker first_{runtime_};
    Worker second_{runtime_};
    StreamKey stream_{"source-id", Uuid{{9}}, {"orders", PartitionIndex(0)}};
};

TEST_F(OffsetsStoreTest, AnotherWorkerReadsWhatWasStored) {
    EXPECT_EQ(add(first_, {{Ordinal(0), Offset(100)}, {Ordinal(5), Offset(120)}}), "");
    EXPECT_EQ(add(first_, {{Ordinal(9), Offset(130)}}), "");
    EXPECT_FALSE(second_.store.has(stream_));
    const StreamMap& map = read(second_);
    EXPECT_TRUE(second_.store.has(stream_));
    EXPECT_EQ(map.source.runs(), first_.store.map_of(stream_).source.runs());
    EXPECT_EQ(map.source.offset_of(Ordinal(10)), Offset(131));
    EXPECT_THAT(sides_and_chunks(), ElementsAre("s0", "s0"));
}

TEST_F(OffsetsStoreTest, KeepsARunOnlyWhenItIsStored) {
    log_.on_append = [](ByteView) {
        return test::FakeLog::Appended{
            static_cast<int16_t>(protocol::KafkaError::topic_authorization_failed)};
    };
    EXPECT_THAT(add(first_, {{Ordinal(0), Offset(100)}}),
                testing::HasSubstr("TOPIC_AUTHORIZATION_FAILED"));
    EXPECT_TRUE(first_.store.map_of(stream_).source.is_empty());
}

TEST_F(OffsetsStoreTest, SaysThatAnotherWorkerHasWritten) {
    EXPECT_EQ(add(first_, {{Ordinal(0), Offset(100)}}), "");
    log_.on_append = [](ByteView) {  // as a broker that has a batch of that name
        return test::FakeLog::Appended{0, 0, 1'700'000'000'000};
    };
    EXPECT_THAT(add(second_, {{Ordinal(0), Offset(90)}}),
                testing::HasSubstr("another worker has written"));
    EXPECT_EQ(read(second_).source.offset_of(Ordinal(0)), Offset(100));
}

TEST_F(OffsetsStoreTest, IsOutdated_UntilItHasReadWhatAnotherWorkerWrote) {
    EXPECT_EQ(add(first_, {{Ordinal(0), Offset(100)}}), "");
    EXPECT_FALSE(first_.store.is_outdated(stream_));
    log_.on_append = [](ByteView) {  // as a broker that has a batch of that name
        return test::FakeLog::Appended{0, 0, 1'700'000'000'000};
    };
    first_.store.map_of(stream_).target.add({Ordinal(0), Offset(100)});
    first_.store.save_target_runs(stream_, kId);
    loop_.advance(std::chrono::milliseconds(100));
    EXPECT_TRUE(first_.store.is_outdated(stream_));
    EXPECT_TRUE(test::run(loop_, first_.store.catch_up(stream_, {})).has_value());
    EXPECT_FALSE(first_.store.is_outdated(stream_));
}

TEST_F(OffsetsStoreTest, KeepsWhatItKnows_WhereTheTopicHasLostItsEnd) {
    EXPECT_EQ(add(first_, {{Ordinal(0), Offset(100)}}), "");
    EXPECT_EQ(add(first_, {{Ordinal(5), Offset(120)}}), "");
    for (Worker* worker : {&first_, &second_}) {
        EXPECT_EQ(read(*worker).source.runs().size(), 2u);
    }
    log_.lose_batches(1);
    EXPECT_EQ(read(first_).source.runs().size(), 2u);
    EXPECT_FALSE(first_.store.is_outdated(stream_));
    EXPECT_EQ(add(first_, {{Ordinal(9), Offset(140)}}), "");
    EXPECT_EQ(log_.batches().back().base_sequence(), Sequence(1)) << "behind what is there";
    Worker third(runtime_);
    EXPECT_TRUE(test::run(loop_, third.cluster.refresh_metadata(nullptr, {})).has_value());
    EXPECT_EQ(read(third).source.runs().size(), 3u) << "all is stored again";
    third.producer.request_stop();
    test::run(loop_, third.cluster.close());
    test::run(loop_, third.producer.join());
}

TEST_F(OffsetsStoreTest, KeepsWhatItKnows_WhereTheTopicHasLostAllOfIt) {
    EXPECT_EQ(add(first_, {{Ordinal(0), Offset(100)}, {Ordinal(5), Offset(120)}}), "");
    EXPECT_EQ(read(first_).source.runs().size(), 2u);
    log_.lose_batches(1);
    const StreamMap& map = read(first_);
    EXPECT_EQ(map.source.runs().size(), 2u);
    first_.store.save_target_runs(stream_, kId);
    loop_.advance(std::chrono::milliseconds(100));
    EXPECT_EQ(read(second_).source.runs(), map.source.runs());
}

TEST_F(OffsetsStoreTest, GoesByTheTopic_WhereAnotherWorkerHasWrittenWhatWasLost) {
    EXPECT_EQ(add(first_, {{Ordinal(0), Offset(100)}}), "");
    EXPECT_EQ(add(first_, {{Ordinal(5), Offset(120)}}), "");
    log_.lose_batches(1);
    EXPECT_EQ(read(second_).source.runs().size(), 1u);
    EXPECT_EQ(add(second_, {{Ordinal(5), Offset(130)}}), "");
    const auto as_usual = log_.on_append;
    log_.on_append = [](ByteView) {  // as a broker that has something else of that name
        return test::FakeLog::Appended{
            static_cast<int16_t>(protocol::KafkaError::out_of_order_sequence_number)};
    };
    EXPECT_THAT(add(first_, {{Ordinal(9), Offset(140)}}),
                testing::HasSubstr("OUT_OF_ORDER_SEQUENCE_NUMBER"));
    EXPECT_TRUE(first_.store.is_outdated(stream_));
    log_.on_append = as_usual;
    EXPECT_EQ(read(first_).source.offset_of(Ordinal(9)), Offset(134));
    EXPECT_FALSE(first_.store.is_outdated(stream_));
}

TEST_F(OffsetsStoreTest, ReadsAllOriginsOfAPartition_WhereTheTopicHasLostItsEnd) {
    const StreamKey other{"source-id", Uuid{{9}}, {"orders", PartitionIndex(0)}, "", "us-id"};
    EXPECT_EQ(add(first_, {{Ordinal(0), Offset(100)}}), "");
    EXPECT_EQ(add(first_, {{Ordinal(5), Offset(120)}}), "");
    first_.store.map_of(other);
    read(first_);
    log_.lose_batches(1);
    EXPECT_TRUE(test::run(loop_, first_.store.catch_up_all({})).has_value());
    EXPECT_EQ(first_.store.losses(), 1);
    EXPECT_TRUE(first_.store.is_outdated(other));
    read(first_);
    EXPECT_FALSE(first_.store.is_outdated(other));
}

TEST_F(OffsetsStoreTest, ReadsFromTheLogsStart_WhereverThatIs) {
    EXPECT_EQ(add(first_, {{Ordinal(0), Offset(100)}}), "");
    EXPECT_EQ(add(first_, {{Ordinal(5), Offset(120)}}), "");
    log_.start = 1;
    EXPECT_EQ(read(second_).source.runs().size(), 2u) << "a chunk has all of its runs";
}

// What is read while somebody goes by the map of another stream is not for that one.
TEST_F(OffsetsStoreTest, LeavesAMapThatIsInUse_UntilItsPartitionBeginsAnew) {
    EXPECT_EQ(add(first_, {{Ordinal(0), Offset(100)}}), "");
    EXPECT_EQ(add(first_, {{Ordinal(5), Offset(120)}}), "");
    const StreamMap& map = read(first_);
    log_.lose_batches(1);
    EXPECT_TRUE(test::run(loop_, first_.store.catch_up_all({})).has_value());
    EXPECT_EQ(map.source.runs().size(), 2u);
    EXPECT_TRUE(first_.store.is_outdated(stream_));
    read(first_);
    EXPECT_FALSE(first_.store.is_outdated(stream_));
}

TEST_F(OffsetsStoreTest, ForgetsWhatNeitherLogHas_AlsoInTheTopic) {
    EXPECT_EQ(add(first_, runs_with_holes(0, 200)), "");
    StreamMap& map = first_.store.map_of(stream_);
    for (int i = 0; i < 150; ++i) {
        map.target.add({Ordinal(i), Offset(2 * i)});
    }
    map.next = map.placed = Ordinal(200);
    first_.store.save_target_runs(stream_, kId);
    loop_.advance(std::chrono::milliseconds(100));
    EXPECT_THAT(sides_and_chunks(), ElementsAre("s0", "s1", "s2", "s3", "t0", "t1", "t2"));

    first_.store.forget_before(stream_, kId, {Offset(10 * 130), Offset(2 * 70)});
    loop_.advance(std::chrono::milliseconds(100));
    EXPECT_THAT(sides_and_chunks(),
                ElementsAre("s0", "s1", "s2", "s3", "t0", "t1", "t2", "-s0", "-s1", "-t0"));
    EXPECT_EQ(map.source.forgotten(), 128U);
    EXPECT_EQ(map.target.forgotten(), 64U);
    EXPECT_EQ(map.source.offset_of(Ordinal(130)), Offset(1300));
    EXPECT_EQ(map.source.offset_of(Ordinal(5)), std::nullopt);

    EXPECT_EQ(add(first_, {{Ordinal(300), Offset(5000)}}), "");
    first_.store.save_target_runs(stream_, kId);
    loop_.advance(std::chrono::milliseconds(100));
    EXPECT_EQ(read(second_).source.offset_of(Ordinal(301)), Offset(5001));
    EXPECT_EQ(second_.store.map_of(stream_).target.offset_of(Ordinal(149)), Offset(298));
}

// The target has lost the end of its log (an unclean election).
TEST_F(OffsetsStoreTest, StoresAMapAnew_FromWhereItWasCut) {
    EXPECT_EQ(add(first_, {{Ordinal(0), Offset(0)}}), "");
    StreamMap& map = first_.store.map_of(stream_);
    const auto grow = [&](int from, int to, int64_t each) {
        for (int i = from; i < to; ++i) {
            map.target.add({Ordinal(i), Offset(each * i)});
        }
        map.next = map.placed = Ordinal(to);
    };
    const auto save = [&] {
        first_.store.save_target_runs(stream_, kId);
        loop_.advance(std::chrono::milliseconds(100));
        return read(second_).target.runs();
    };
    grow(0, 200, 2);
    EXPECT_EQ(save(), map.target.runs());
    map.target.cut_behind(Ordinal(99));
    map.next = map.placed = Ordinal(100);
    first_.store.on_target_cut(stream_);
    EXPECT_EQ(save().size(), 100U);

    map.target.cut_behind(Ordinal(49));
    first_.store.on_target_cut(stream_);
    grow(50, 150, 3);  // more than before, before it is stored
    EXPECT_EQ(save(), map.target.runs());
}

TEST_F(OffsetsStoreTest, StoresEverythingAgain_WhereTheTopicIsAnotherOne) {
    EXPECT_EQ(add(first_, runs_with_holes(0, 100)), "");
    StreamMap& map = first_.store.map_of(stream_);
    map.target.add({Ordinal(0), Offset(500)});
    map.next = map.placed = Ordinal(100);
    first_.store.save_target_runs(stream_, kId);
    loop_.advance(std::chrono::milliseconds(100));

    test::FakeTopic another = kTopic;
    another.id = Uuid{{8}};
    broker_.metadata = test::metadata_of("dst", 1, {another});
    log_.recreate(another);
    for (Worker* worker : {&first_, &second_}) {
        EXPECT_TRUE(test::run(loop_, worker->cluster.refresh_metadata(nullptr, {})).has_value());
    }
    for (int i = 0; i < 2; ++i) {  // one side at a time
        first_.store.save_target_runs(stream_, kId);
        loop_.advance(std::chrono::milliseconds(100));
    }
    EXPECT_THAT(sides_and_chunks(), ElementsAre("s0", "s1", "t0"));
    EXPECT_EQ(read(second_).source.runs(), map.source.runs());
    EXPECT_EQ(second_.store.map_of(stream_).target.runs(), map.target.runs());
}

// Compaction keeps the newest of each key.
TEST_F(OffsetsStoreTest, ReadsATopicThatWasCompactedSince) {
    EXPECT_EQ(add(first_, runs_with_holes(0, 200)), "");
    first_.store.map_of(stream_).next = Ordinal(200);
    first_.store.forget_before(stream_, kId, {Offset(10 * 130), Offset(0)});
    EXPECT_EQ(add(first_, {{Ordinal(300), Offset(5000)}}), "");
    const auto batches = log_.batches();
    ASSERT_EQ(batches.size(), 3U);
    Bytes kept;
    {
        protocol::RecordBatchBuilder builder(
            {.base_offset = Offset(2), .producer_id = kId, .base_sequence = Sequence(2)});
        auto reader = *protocol::RecordReader::open(batches[0]);
        std::vector<Bytes> keys;
        while (const auto record = *reader.next()) {
            if (record->offset_delta == 2) {  // s2; the others are gone, or written again
                builder.add(1, {.key = record->key, .value = record->value});
            }
        }
        kept = *builder.build();
    }
    const Bytes last(batches[2].bytes().begin(), batches[2].bytes().end());
    log_.compact({kept, last});
    EXPECT_EQ(read(second_).source.offset_of(Ordinal(130)), Offset(1300));
    EXPECT_EQ(second_.store.map_of(stream_).source.offset_of(Ordinal(300)), Offset(5000));
    EXPECT_EQ(second_.store.map_of(stream_).source.forgotten(), 128U);
}

const OffsetsStore::TargetLog kOrders{kOrdersId, Offset(100)};

TEST_F(OffsetsStoreTest, KeepsTheFormAndTheTargetsTopic) {
    store(stream_, StreamForm::all_of_several);
    const StreamMap& map = read(second_);
    EXPECT_EQ(map.form, StreamForm::all_of_several);
    EXPECT_EQ(map.target_topic_id, kOrdersId);
    EXPECT_EQ(map.next, Ordinal(10));
}

// As after a kill -9: the source's side is stored before each record is sent, the target's later.
TEST_F(OffsetsStoreTest, KnowsHowManyRecordsItHasThePlacesOf) {
    store(stream_);
    first_.store.map_of(stream_).next = Ordinal(30);
    ASSERT_EQ(add(first_, {{Ordinal(30), Offset(100)}}), "");
    ASSERT_TRUE(test::run(loop_, second_.store.catch_up_all({})).has_value());
    EXPECT_EQ(second_.store.map_of(stream_).next, Ordinal(30));
    EXPECT_EQ(second_.store.map_of(stream_).placed, Ordinal(10));
}

TEST_F(OffsetsStoreTest, KeepsThatRecordsComeBackToWhereTheyWereBorn) {
    store(stream_);
    EXPECT_FALSE(read(second_).has_targets_own);
    first_.store.map_of(stream_).has_targets_own = true;
    ASSERT_EQ(add(first_, {{Ordinal(10), Offset(100)}}), "");
    EXPECT_TRUE(read(second_).has_targets_own);
}

// A mirror that is taken over, and once more after it has gone on.
TEST_F(OffsetsStoreTest, StoresWhereAStreamBegins_InThePlaceOfWhatWasThere) {
    for (const int64_t offset : {50, 70}) {
        first_.store.map_of(stream_).is_behind_mirror = true;
        const OffsetsStore::Begin begin{Offset(offset), Offset(offset * 10)};
        const auto stored =
            test::run(loop_, first_.store.store_begin(stream_, stream_id(stream_), begin, {}));
        ASSERT_TRUE(stored.has_value()) << stored.error().message();
        const StreamMap& map = read(second_);
        EXPECT_EQ(map.source.runs(), (std::vector<OffsetRun>{{Ordinal(0), Offset(offset)}}));
        EXPECT_EQ(map.target.runs(), (std::vector<OffsetRun>{{Ordinal(0), Offset(offset * 10)}}));
        EXPECT_EQ(map.next, Ordinal(0));
        EXPECT_TRUE(map.is_behind_mirror);
    }
}

// It had copied ten records, then the other mirror has written again.
TEST_F(OffsetsStoreTest, StoresWhereAStreamGoesOn_WithoutWhatIsBehind) {
    store(stream_);
    StreamMap& own = first_.store.map_of(stream_);
    own.is_behind_mirror = true;
    EXPECT_FALSE(own.is_just_taken_over());
    const OffsetsStore::Begin begin{Offset(50), Offset(500), Ordinal(10)};
    const auto stored =
        test::run(loop_, first_.store.store_begin(stream_, stream_id(stream_), begin, {}));
    ASSERT_TRUE(stored.has_value()) << stored.error().message();
    EXPECT_TRUE(own.is_just_taken_over());
    const StreamMap& map = read(second_);
    EXPECT_EQ(map.source.runs(), (std::vector<OffsetRun>{{Ordinal(10), Offset(50)}}));
    EXPECT_EQ(map.target.runs(), (std::vector<OffsetRun>{{Ordinal(10), Offset(500)}}));
    EXPECT_EQ(map.next, Ordinal(10));
    EXPECT_EQ(map.placed, Ordinal(10));
    EXPECT_TRUE(map.is_just_taken_over());
}

TEST_F(OffsetsStoreTest, StoresAForm_WithoutNewRuns) {
    store(stream_, StreamForm::all);
    first_.store.map_of(stream_).form = StreamForm::all_of_several;
    EXPECT_EQ(add(first_, {}), "");
    EXPECT_EQ(read(second_).form, StreamForm::all_of_several);
    EXPECT_EQ(second_.store.map_of(stream_).source.offset_of(Ordinal(3)), Offset(8));
}

// A hub that has no records of its own: whatever came by it is of other origins.
TEST_F(OffsetsStoreTest, KnowsAFormerTopic_WhateverItsRecordsOrigins) {
    StreamKey relayed = from("hub", "spoke");
    store(relayed);
    StreamKey again = from("hub");
    again.topic_id = Uuid{{10}};
    EXPECT_EQ(read_all().former_of(again, kOrders), relayed.topic_id);
    EXPECT_EQ(second_.store.former_of(from("hub"), kOrders), std::nullopt);
    EXPECT_TRUE(second_.store.has_any_of(from("hub")));
    EXPECT_FALSE(second_.store.has_any_of(again));
}

TEST_F(OffsetsStoreTest, KnowsNoFormerTopic_WhoseCopyWasDeleted) {
    store(from("hub", "spoke"));
    StreamKey again = from("hub");
    again.topic_id = Uuid{{10}};
    EXPECT_EQ(read_all().former_of(again, {Uuid{{6}}, Offset(100)}), std::nullopt);
}

TEST_F(OffsetsStoreTest, KnowsAnotherRoute_OfTheSameOrigin) {
    store(from("eu"));
    const auto found = read_all().other_route_of(from("hub", "eu"), kOrders);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->source_cluster_id, "eu");
    EXPECT_TRUE(found->is_sure);
    EXPECT_FALSE(second_.store.other_route_of(from("hub", "us"), kOrders).has_value());
}

TEST_F(OffsetsStoreTest, KnowsAnotherRoute_ThatBroughtRecordsOfAnyOrigin) {
    store(from("eu"), StreamForm::all_of_several);
    const auto found = read_all().other_route_of(from("us"), kOrders);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->source_cluster_id, "eu");
    EXPECT_FALSE(found->is_sure);
}

TEST_F(OffsetsStoreTest, KnowsNoOtherRoute_WhereItBroughtOnlyItsOwn) {
    store(from("eu"), StreamForm::all);
    EXPECT_FALSE(read_all().other_route_of(from("us"), kOrders).has_value());
}

TEST_F(OffsetsStoreTest, KnowsInWhichFormTheOwnRecordsCame) {
    const StreamKey own = from("eu");
    EXPECT_EQ(read_all().own_form(own, kOrders), std::nullopt);
    store(own, StreamForm::one_origin);
    store(from("us"), StreamForm::all_of_several);
    EXPECT_EQ(read_all().own_form(own, kOrders), StreamForm::one_origin);
    EXPECT_EQ(second_.store.own_form(own, {Uuid{{6}}, Offset(100)}), std::nullopt);
    EXPECT_EQ(second_.store.own_form(own, {kOrdersId, Offset(0)}), std::nullopt);
    EXPECT_EQ(second_.store.own_form(from("us"), kOrders), StreamForm::all_of_several);
    store(from("eu", "asia"));
    EXPECT_EQ(read_all().own_form(own, kOrders), StreamForm::one_of_several);
    store(from("africa", "asia"));
    EXPECT_EQ(read_all().own_form(from("africa"), kOrders), StreamForm::one_of_several);
}

TEST_F(OffsetsStoreTest, KnowsStreamsOfSingleOrigins_BesideAnother) {
    store(from("eu"));
    store(from("asia"), StreamForm::all);
    EXPECT_FALSE(read_all().has_others_beside(from("eu"), kOrders));
    EXPECT_TRUE(second_.store.has_others_beside(from("us"), kOrders));
    store(from("us", "eu"));
    EXPECT_FALSE(read_all().has_others_beside(from("eu"), kOrders));
    EXPECT_FALSE(second_.store.has_others_beside(from("us"), {Uuid{{6}}, Offset(100)}));
}

TEST_F(OffsetsStoreTest, KnowsNoOtherRoute_ToATopicThatWasDeleted) {
    store(from("eu"));
    const OffsetsStore::TargetLog made_anew{Uuid{{6}}, Offset(100)};
    EXPECT_FALSE(read_all().other_route_of(from("hub", "eu"), made_anew).has_value());
}

// Where the target has no topic ids, only the log tells. One that has lost its end may still have
// the beginning of what came.
TEST_F(OffsetsStoreTest, KnowsNoOtherRoute_WhereAllOfItLiesBehindTheLogsEnd) {
    store(from("eu"), StreamForm::one_origin, 50);
    const StreamKey relayed = from("hub", "eu");
    EXPECT_FALSE(read_all().other_route_of(relayed, {Uuid(), Offset(50)}).has_value());
    EXPECT_TRUE(second_.store.other_route_of(relayed, {Uuid(), Offset(51)}).has_value());
}

TEST_F(OffsetsStoreTest, ForgetsWhatWasInATopicThatWasDeleted) {
    store(stream_);
    first_.store.set_target_topic(stream_, Uuid{{6}});
    const StreamMap& map = first_.store.map_of(stream_);
    EXPECT_EQ(map.next, Ordinal(0));
    EXPECT_TRUE(map.source.is_empty());
    EXPECT_TRUE(map.target.is_empty());
    EXPECT_EQ(map.form, StreamForm::unknown);
    EXPECT_EQ(add(first_, {{Ordinal(0), Offset(70)}}), "");
    const StreamMap& read_again = read(second_);
    EXPECT_EQ(read_again.next, Ordinal(0));
    EXPECT_EQ(read_again.source.runs(), (std::vector<OffsetRun>{{Ordinal(0), Offset(70)}}));
    EXPECT_TRUE(read_again.target.is_empty());
}

// Another partition's beginning reads on in the same partition of the topic.
TEST_F(OffsetsStoreTest, LosesNothing_WhenItsOwnWriteIsReadBeforeItsAnswer) {
    StreamMap& map = first_.store.map_of(stream_);
    EXPECT_EQ(add(first_, {{Ordinal(0), Offset(100)}}), "");
    map.target.add({Ordinal(0), Offset(0)});
    map.next = map.placed = Ordinal(10);
    std::vector<test::ReceivedRequest> held;
    broker_.hold(protocol::ApiKey::produce, held);
    first_.store.save_target_runs(stream_, kId);
    loop_.advance(std::chrono::milliseconds(100));
    ASSERT_EQ(held.size(), 1U);
    const auto sent = held[0].as<protocol::ProduceRequest>();
    log_.append_produced(sent.topic_data.at(0).partition_data.at(0).records.view());
    map.target.add({Ordinal(10), Offset(50)});  // meanwhile more was copied
    map.next = Ordinal(20);
    EXPECT_EQ(read(first_).target.offset_of(Ordinal(12)), Offset(52));
    EXPECT_EQ(map.next, Ordinal(20));
    EXPECT_EQ(map.changes, 0U);
}

}  // namespace
}  // namespace lockstep::replication

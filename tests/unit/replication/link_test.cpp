// A whole link between two clusters in memory: the topic "orders" with one partition.

#include "replication/link.h"

#include "protocol/kafka_error.h"
#include "protocol/messages/create_topics.h"
#include "tests/unit/replication/one_link.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using protocol::ApiKey;
using protocol::KafkaError;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::FakeLog;
using test::ReceivedRequest;
using testing::HasSubstr;

/// Large enough to be copied as it is: tiny neighbours are merged.
Bytes make_batch(int64_t base_offset, int records, const std::string& value = "value",
                 int16_t attributes = 0) {
    return test::make_batch(base_offset, records, value + std::string(2'100, '.'), attributes);
}

constexpr int16_t code_of(KafkaError error) {
    return static_cast<int16_t>(error);
}

class LinkTest : public OneLinkTest {
protected:
    void start() { start_link(link_spec()); }

    void start_and_run(runtime::Duration duration = seconds(3)) {
        start();
        loop_.advance(duration);
    }

    PartitionStatus status() const {
        const LinkStatus whole = link_->status();
        EXPECT_EQ(whole.partitions.size(), 1U);
        return whole.partitions.empty() ? PartitionStatus{} : whole.partitions[0];
    }

    ProducerId stream() const {
        return tagged_producer_id(origin_tag("src-id"), id_of(1), {"orders", PartitionIndex(0)});
    }

    /// The target's log is the source's, from its beginning to `end`, each batch once.
    void expect_copied(size_t batches) {
        const auto from = source_log_.batches();
        const auto to = target_log_.batches();
        ASSERT_EQ(to.size(), batches);
        for (size_t i = 0; i < batches; ++i) {
            EXPECT_EQ(to[i].base_offset(), from[i].base_offset());
            EXPECT_EQ(to[i].producer_id(), stream());
            EXPECT_EQ(to[i].producer_epoch(), ProducerEpoch(0));
            EXPECT_EQ(to[i].base_sequence(),
                      Sequence(static_cast<int32_t>(from[i].base_offset().value())));
            EXPECT_TRUE(to[i].verify_crc());
            EXPECT_TRUE(std::ranges::equal(to[i].payload(), from[i].payload()));
        }
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
};

TEST_F(LinkTest, CopiesBatches_WithOffsetsKept_UnderItsOwnProducerId) {
    source_log_.append(make_batch(0, 10, "a"));
    source_log_.append(make_batch(10, 1, "b"));
    source_log_.append(make_batch(11, 5, "c"));
    start_and_run();
    expect_copied(3);
    EXPECT_EQ(status().state, PartitionState::running) << status().reason;
    EXPECT_EQ(status().target_log_end, Offset(16));
    EXPECT_EQ(status().lag_records(), 0);
    EXPECT_EQ(status().copied_records, 16U);
    EXPECT_EQ(status().copied_batches, 3U);
    EXPECT_EQ(status().oldest_waiting_ms, std::nullopt);
    EXPECT_EQ(link_->status().source_cluster_id, "src-id");
    EXPECT_EQ(link_->status().errors, 0U);
}

TEST_F(LinkTest, CopiesWhatComesLater) {
    source_log_.append(make_batch(0, 10));
    start_and_run();
    source_log_.append(make_batch(10, 10));
    loop_.advance(seconds(1));
    source_log_.append(make_batch(20, 10));
    loop_.advance(seconds(1));
    expect_copied(3);
}

TEST_F(LinkTest, CopiesOfClustersWithoutTopicIds) {
    for (test::FakeBroker* broker : {&source_, &target_}) {
        broker->versions = test::versions_without_topic_ids();
        broker->metadata.topics[0].topic_id = Uuid{};
    }
    source_log_.append(make_batch(0, 10));
    start_and_run();
    ASSERT_EQ(target_log_.batches().size(), 1U);
    EXPECT_EQ(target_log_.batches()[0].producer_id(),
              tagged_producer_id(origin_tag("src-id"), Uuid{}, {"orders", PartitionIndex(0)}));
}

TEST_F(LinkTest, GoesOn_WhereTheTargetsLogEnds) {
    for (int64_t base = 0; base < 30; base += 10) {
        source_log_.append(make_batch(base, 10));
    }
    start_and_run();
    stop();
    expect_copied(3);
    source_log_.append(make_batch(30, 10));
    start_and_run();
    expect_copied(4);
    EXPECT_EQ(status().copied_batches, 1U);
}

TEST_F(LinkTest, MergesTinyNeighbours_OfOneAnswer) {
    cleanup_policy_ = "compact";
    source_log_.append(test::make_batch(0, 1, "a"));
    source_log_.append(test::make_batch(1, 2, "b"));
    source_log_.append(test::make_batch(3, 1, std::string(3'000, 'c')));
    source_log_.append(test::make_batch(4, 1, "d"));
    source_log_.append(test::make_batch(8, 1, "e"));
    source_log_.append(test::make_batch(9, 1, "f"));
    start_and_run();
    EXPECT_EQ(layout_of_target(), "0+3 3+1 4+1 m5 m6 m7 8+2");
    EXPECT_EQ(status().copied_records, 7U);
}

/// A batch of one record with a timestamp of its own.
Bytes batch_at_time(int64_t base_offset, int64_t timestamp_ms) {
    protocol::RecordBatchBuilder builder({.base_offset = Offset(base_offset)});
    builder.add(timestamp_ms, {});
    return *builder.build();
}

// As above, where the newest record is not in the last of the merged batches.
TEST_F(LinkTest, GoesOn_WhenTheBrokerKnowsTheMergedBatchAlready) {
    source_log_.append(batch_at_time(0, 9'000));
    source_log_.append(batch_at_time(1, 1'000));
    target_log_.on_append = [&](ByteView records) {
        auto appended = target_log_.append_produced(records);
        appended.log_append_time_ms = protocol::RecordBatchView::open(records)->max_timestamp();
        return appended;
    };
    start_and_run();
    EXPECT_EQ(layout_of_target(), "0+2");
    EXPECT_EQ(status().state, PartitionState::running) << status().reason;
}

TEST_F(LinkTest, LeavesTinyBatchesAlone_WhereTheTargetTakesNoLargerOnes) {
    source_log_.append(test::make_batch(0, 1, "a"));
    source_log_.append(test::make_batch(1, 1, "b"));
    target_log_.on_append = [&](ByteView records) {
        return protocol::RecordBatchView::open(records)->record_count() > 1
                   ? FakeLog::Appended{code_of(KafkaError::message_too_large), -1, -1}
                   : target_log_.append_produced(records);
    };
    start_and_run();
    EXPECT_EQ(layout_of_target(), "0+1 1+1");
    EXPECT_EQ(status().state, PartitionState::running) << status().reason;
}

TEST_F(LinkTest, FillsAHole_WithMarkers) {
    cleanup_policy_ = "compact";
    source_log_.append(make_batch(0, 10));
    source_log_.append(make_batch(10, 5));
    source_log_.append(make_batch(20, 5));
    source_log_.append(make_batch(25, 5));
    start_and_run();
    EXPECT_EQ(layout_of_target(), "0+10 10+5 m15 m16 m17 m18 m19 20+5 25+5");
    EXPECT_EQ(status().target_log_end, Offset(30));
    EXPECT_EQ(status().filled_offsets, 5U);
    EXPECT_EQ(status().copied_records, 25U);
    EXPECT_EQ(status().state, PartitionState::running) << status().reason;
}

TEST_F(LinkTest, CopiesCommittedRecords_AsPlainOnes_AndPutsAMarkerForEachMarker) {
    source_log_.append(make_batch(0, 10));
    source_log_.append(make_batch(10, 2, "x", protocol::batch_attribute::kTransactional));
    source_log_.append(protocol::make_control_batch({.offset = Offset(12)}));
    start_and_run();
    EXPECT_EQ(layout_of_target(), "0+10 10+2 m12");
    EXPECT_FALSE(target_log_.batches()[1].is_transactional());
}

TEST_F(LinkTest, GoesOnInsideAGap_WhereAnotherWorkerStopped) {
    cleanup_policy_ = "compact";
    source_log_.append(make_batch(0, 10));
    source_log_.append(make_batch(14, 5));
    Bytes copy = make_batch(0, 10);
    ASSERT_TRUE(
        protocol::rewrite_for_produce(copy, {stream(), ProducerEpoch(0), Sequence(0)}).has_value());
    target_log_.append_produced(copy);
    for (const int16_t epoch : {1, 2}) {
        protocol::ControlMarker marker;
        marker.offset = Offset(target_log_.end);
        marker.producer_id = stream();
        marker.producer_epoch = ProducerEpoch(epoch);
        target_log_.append(protocol::make_control_batch(marker));
    }
    start_and_run();
    EXPECT_EQ(layout_of_target(), "0+10 m10 m11 m12 m13 14+5");
}

TEST_F(LinkTest, FillsNoGap_BeforeThePartitionIsItsOwn) {
    source_log_.append(make_batch(0, 10));
    source_log_.append(protocol::make_control_batch({.offset = Offset(10)}));
    source_log_.append(protocol::make_control_batch({.offset = Offset(11)}));
    source_log_.append(make_batch(12, 5));
    target_coordinator_.holds_joins = true;
    start_and_run(seconds(20));
    EXPECT_EQ(layout_of_target(), "0+10");
    EXPECT_EQ(status().state, PartitionState::retrying);
    EXPECT_THAT(status().reason, HasSubstr("not known yet whether this worker or another one"));
    target_coordinator_.let_in();
    loop_.advance(seconds(2));
    EXPECT_EQ(layout_of_target(), "0+10 m10 m11 12+5");
}

TEST_F(LinkTest, SaysWhichOffsetsItMayNotFill) {
    cleanup_policy_ = "compact";
    source_log_.append(make_batch(0, 10));
    source_log_.append(make_batch(14, 5));
    target_log_.refuse_markers_with = code_of(KafkaError::cluster_authorization_failed);
    start_and_run();
    EXPECT_EQ(layout_of_target(), "0+10");
    EXPECT_EQ(status().state, PartitionState::blocked);
    EXPECT_THAT(status().reason, HasSubstr("fill offsets [10, 14) of orders-0"));
    target_log_.refuse_markers_with = 0;
    loop_.advance(seconds(30));
    EXPECT_EQ(layout_of_target(), "0+10 m10 m11 m12 m13 14+5");
    EXPECT_EQ(status().state, PartitionState::running) << status().reason;
}

TEST_F(LinkTest, Blocks_WhenTheTargetPutsABatchElsewhere) {
    source_log_.append(make_batch(0, 10));
    source_log_.append(make_batch(10, 10));
    int produced = 0;
    target_log_.on_append = [&](ByteView records) {
        if (++produced == 1) {
            target_log_.append(make_batch(0, 3, "somebody else's"));
        }
        return target_log_.append_produced(records);
    };
    start_and_run(seconds(30));
    EXPECT_EQ(status().state, PartitionState::blocked);
    EXPECT_EQ(status().reason,
              "the target put the records of offset 0 at offset 3: someone else "
              "writes to orders-0 there");
    const int written = produced;
    loop_.advance(seconds(60));
    EXPECT_EQ(produced, written);  // trying again would only write more of the same
}

TEST_F(LinkTest, Blocks_WhenTheTargetStampsItsOwnTime) {
    source_log_.append(make_batch(0, 10));
    target_log_.on_append = [&](ByteView records) {
        auto appended = target_log_.append_produced(records);
        appended.log_append_time_ms = 77;
        return appended;
    };
    start_and_run();
    EXPECT_EQ(status().state, PartitionState::blocked);
    EXPECT_THAT(status().reason, HasSubstr("first at offset 0"));
}

// A repeated batch is answered with its own max timestamp as append time (seen on 3.9.1).
TEST_F(LinkTest, GoesOn_WhenTheBrokerKnowsTheBatchAlready) {
    const Bytes batch = make_batch(0, 10);
    source_log_.append(batch);
    ByteView rest(batch);
    const int64_t max_timestamp = (*protocol::next_batch(rest))->max_timestamp();
    target_log_.on_append = [&](ByteView records) {
        auto appended = target_log_.append_produced(records);
        appended.log_append_time_ms = max_timestamp;
        return appended;
    };
    start_and_run();
    EXPECT_EQ(status().state, PartitionState::running);
    EXPECT_EQ(status().lag_records(), 0);
}

TEST_F(LinkTest, Blocks_WhenSomeoneElseWroteToTheTarget) {
    source_log_.append(make_batch(0, 10));
    target_log_.append(make_batch(0, 4));
    start_and_run();
    EXPECT_EQ(status().state, PartitionState::blocked);
    EXPECT_THAT(status().reason, HasSubstr("(offset 3) was written by someone else"));
    EXPECT_EQ(target_.count(ApiKey::produce), 0);
}

TEST_F(LinkTest, TriesAgain_FromTheTargetsLogEnd_WhenTheLeaderHasMoved) {
    for (int64_t base = 0; base < 50; base += 10) {
        source_log_.append(make_batch(base, 10));
    }
    int produced = 0;
    target_log_.on_append = [&](ByteView records) {
        ++produced;
        if (produced == 3) {
            return FakeLog::Appended{code_of(KafkaError::not_leader_or_follower), -1, -1};
        }
        if (produced <= 5) {  // what was on its way behind it
            return produced < 3 ? target_log_.append_produced(records)
                                : FakeLog::Appended{
                                      code_of(KafkaError::out_of_order_sequence_number), -1, -1};
        }
        return target_log_.append_produced(records);
    };
    start_and_run(seconds(10));
    expect_copied(5);
    EXPECT_EQ(status().state, PartitionState::running) << status().reason;
    EXPECT_GE(link_->status().errors, 1U);
    EXPECT_GE(target_.count(ApiKey::metadata), 2);
}

TEST_F(LinkTest, Blocks_WhenTheSequenceIsRefusedAgainAndAgain) {
    source_log_.append(make_batch(0, 10));
    target_log_.on_append = [](ByteView) {
        return FakeLog::Appended{code_of(KafkaError::out_of_order_sequence_number), -1, -1};
    };
    start_and_run(seconds(30));
    EXPECT_EQ(status().state, PartitionState::blocked);
    EXPECT_THAT(status().reason, HasSubstr("OUT_OF_ORDER_SEQUENCE_NUMBER"));
    target_log_.on_append = [&](ByteView r) { return target_log_.append_produced(r); };
    loop_.advance(seconds(30));  // looked at again from time to time
    expect_copied(1);
    EXPECT_EQ(status().state, PartitionState::running) << status().reason;
}

// The fetch from offset 20 is on its way when what came before it is refused. The log is read again
// from offset 0 on; what the old fetch brings would look like a hole.
TEST_F(LinkTest, IgnoresAFetchsAnswer_ThatIsForAnOldPosition) {
    source_log_.append(make_batch(0, 10));
    source_log_.append(make_batch(10, 10));
    std::optional<ReceivedRequest> old_fetch;
    source_log_.intercept_fetch = [&](const ReceivedRequest& request) {
        const auto message = request.as<protocol::FetchRequest>();
        const bool is_after_all =
            !message.topics.empty() && message.topics[0].partitions.at(0).fetch_offset == 20;
        if (is_after_all && !old_fetch) {
            old_fetch = request;
            return true;
        }
        return false;
    };
    int produced = 0;
    target_log_.on_append = [&](ByteView records) {
        return ++produced <= 2
                   ? FakeLog::Appended{code_of(KafkaError::not_leader_or_follower), -1, -1}
                   : target_log_.append_produced(records);
    };
    start_and_run(seconds(1));
    ASSERT_TRUE(old_fetch.has_value());
    EXPECT_GE(produced, 2);
    source_log_.append(make_batch(20, 10));
    source_log_.answer_fetch(*old_fetch);
    loop_.advance(seconds(5));
    EXPECT_EQ(status().state, PartitionState::running) << status().reason;
    expect_copied(3);
}

TEST_F(LinkTest, SaysThatItRetries_WhileTheSourceIsAway_AndGoesOn) {
    source_log_.append(make_batch(0, 10));
    start_and_run();
    source_.hang_up();
    loop_.advance(milliseconds(1));
    EXPECT_EQ(status().state, PartitionState::retrying);
    EXPECT_THAT(status().reason, HasSubstr("fetch orders-0"));
    source_log_.append(make_batch(10, 10));
    loop_.advance(seconds(10));
    EXPECT_EQ(status().state, PartitionState::running) << status().reason;
    expect_copied(2);
}

TEST_F(LinkTest, Orphans_ATopicThatWasCreatedAgain) {
    source_log_.append(make_batch(0, 10));
    start_and_run();
    source_.metadata = test::metadata_of("src", 1, {{"orders", id_of(9), {1}, 0}});
    loop_.advance(seconds(5));
    EXPECT_EQ(status().state, PartitionState::blocked);
    EXPECT_THAT(status().reason, HasSubstr("was deleted at the source and created again"));
    EXPECT_THAT(status().reason, HasSubstr(id_of(9).to_string()));
    expect_copied(1);
}

TEST_F(LinkTest, Orphans_ATopicThatIsGone_ButNotAtTheFirstMiss) {
    source_log_.append(make_batch(0, 10));
    start_and_run();
    const auto before = source_.metadata;
    source_.metadata = test::metadata_of("src", 1, {});
    loop_.advance(milliseconds(1'900));
    source_.metadata = before;
    loop_.advance(seconds(5));
    EXPECT_EQ(status().state, PartitionState::running) << status().reason;
    source_.metadata = test::metadata_of("src", 1, {});
    loop_.advance(seconds(6));
    EXPECT_EQ(status().state, PartitionState::blocked);
    EXPECT_THAT(status().reason, HasSubstr("was deleted at the source; the copy is kept"));
}

TEST_F(LinkTest, IsNotSaidToBeDeleted_WhenItsTopicIsThereAgain) {
    source_log_.append(make_batch(0, 10));
    start_and_run();
    source_log_.intercept_fetch = [this](const ReceivedRequest& request) {
        const auto message = request.as<protocol::FetchRequest>();
        const bool is_of_what_was_copied =
            !message.topics.empty() && message.topics[0].partitions[0].fetch_offset < 10;
        if (!is_of_what_was_copied) {
            loop_.add_timer(loop_.now() + milliseconds(500),
                            [request] { request.answer(protocol::FetchResponse{}); });
        }
        return !is_of_what_was_copied;
    };
    const auto before = source_.metadata;
    source_.metadata = test::metadata_of("src", 1, {});
    loop_.advance(seconds(6));
    EXPECT_EQ(status().state, PartitionState::blocked);
    source_log_.append(make_batch(10, 10));
    source_.metadata = before;
    loop_.advance(seconds(5));
    EXPECT_EQ(status().state, PartitionState::running) << status().reason;
    EXPECT_EQ(status().lag_records(), 10);  // though nothing of it has come yet
}

TEST_F(LinkTest, SaysAgainWhyItIsBlockedForGood_WhenItsTopicWasAway) {
    source_log_.append(make_batch(0, 10));
    target_log_.on_append = [&](ByteView records) {
        auto appended = target_log_.append_produced(records);
        appended.log_append_time_ms = 1'700'000'000'000;
        return appended;
    };
    start_and_run();
    const auto before = source_.metadata;
    source_.metadata = test::metadata_of("src", 1, {});
    loop_.advance(seconds(6));
    EXPECT_THAT(status().reason, HasSubstr("was deleted at the source"));
    source_.metadata = before;
    loop_.advance(seconds(30));
    EXPECT_EQ(status().state, PartitionState::blocked);
    EXPECT_THAT(status().reason, HasSubstr("stamps its own time"));
}

TEST_F(LinkTest, CreatesATopic_ThatTheTargetLacks) {
    target_.metadata = test::metadata_of("dst", 1, {});
    const auto describe = [](const ReceivedRequest& request) {
        request.answer(protocol::DescribeConfigsResponse{});
    };
    source_.on(ApiKey::describe_configs, describe);
    target_.on(ApiKey::describe_configs, describe);
    std::vector<protocol::CreateTopicsRequest> created;
    target_.on(ApiKey::create_topics, [&](const ReceivedRequest& request) {
        created.push_back(request.as<protocol::CreateTopicsRequest>());
        target_.metadata = test::metadata_of("dst", 1, {{"orders", id_of(2), {1}, 0}});
        protocol::CreateTopicsResponse response;
        response.topics.emplace_back().name = "orders";
        request.answer(response);
    });
    source_log_.append(make_batch(0, 10));
    start_and_run();
    ASSERT_EQ(created.size(), 1U);
    EXPECT_EQ(created[0].topics.at(0).name, "orders");
    EXPECT_EQ(created[0].topics.at(0).num_partitions, 1);
    expect_copied(1);
}

TEST_F(LinkTest, CopiesNothing_BetweenAClusterAndItself) {
    target_.metadata.cluster_id = "src-id";
    start_and_run();
    EXPECT_THAT(link_->status().problem, HasSubstr("are the same cluster"));
    EXPECT_FALSE(link_->status().discovered);
}

// Another worker copies the same partition: what it adds between two looks must not look as if the
// target were ahead of the source.
TEST_F(LinkTest, IsNotMisledByAnotherWorker_WhileItLooksAtTheLogs) {
    source_log_.append(make_batch(0, 10));
    target_log_.on_append = [&](ByteView records) {
        const auto batch = *protocol::RecordBatchView::open(records);
        return batch.base_sequence().value() == target_log_.end
                   ? target_log_.append_produced(records)
                   : FakeLog::Appended{code_of(KafkaError::out_of_order_sequence_number), -1, -1};
    };
    int looks = 0;
    source_log_.on_list_offsets = target_log_.on_list_offsets = [&] {
        if (++looks == 3) {  // one cluster's start and end are known, the other's not yet
            for (const int32_t base : {0, 10}) {
                Bytes copy = make_batch(base, 10);
                ASSERT_TRUE(protocol::rewrite_for_produce(
                                copy, {stream(), ProducerEpoch(0), Sequence(base)})
                                .has_value());
                target_log_.append_produced(copy);
            }
            source_log_.append(make_batch(10, 10));
        }
    };
    start_and_run(seconds(5));
    EXPECT_EQ(status().state, PartitionState::running) << status().reason;
    EXPECT_EQ(target_log_.end, 20);
}

TEST_F(LinkTest, Stop_DeliversWhatWasFetched) {
    source_log_.append(make_batch(0, 10));
    std::vector<ReceivedRequest> held;
    target_.hold(ApiKey::produce, held);
    start_and_run();
    ASSERT_EQ(held.size(), 1U);
    loop_.add_timer(loop_.now() + seconds(1), [&] {
        const auto message = held[0].as<protocol::ProduceRequest>();
        target_log_.append_produced(message.topic_data.at(0).partition_data.at(0).records.view());
        protocol::ProduceResponse response;
        auto& topic = response.responses.emplace_back();
        topic.topic_id = id_of(2);
        topic.partition_responses.emplace_back();
        held[0].answer(response);
    });
    const auto begun = loop_.now();
    test::run(loop_, link_->stop(loop_.now() + seconds(3)));
    EXPECT_EQ(loop_.now() - begun, seconds(1));
    EXPECT_EQ(status().target_log_end, Offset(10));
    link_.reset();
    EXPECT_EQ(budget_.used_bytes(), 0);
}

TEST_F(LinkTest, Stop_EndsAtItsDeadline_WhenTheTargetIsSilent) {
    source_log_.append(make_batch(0, 10));
    std::vector<ReceivedRequest> held;
    target_.hold(ApiKey::produce, held);
    start_and_run();
    const auto begun = loop_.now();
    stop();
    EXPECT_EQ(loop_.now() - begun, seconds(3));
    EXPECT_EQ(budget_.used_bytes(), 0);
}

TEST_F(LinkTest, SurvivesAnError_AtEachReadAndWrite) {
    for (int64_t base = 0; base < 50; base += 10) {
        source_log_.append(make_batch(base, 10));
    }
    start();
    for (int at = 3; at < 120; ++at) {
        auto& errors = network_.errors();
        errors = {.failing_read = at % 2 == 0 ? at / 2 : -1,
                  .failing_write = at % 2 == 1 ? at / 2 : -1};
        source_log_.append(make_batch(source_log_.end, 10));
        loop_.advance(seconds(20));
        ASSERT_EQ(status().state, PartitionState::running) << at << status().reason;
        ASSERT_EQ(target_log_.end, source_log_.end) << at;
    }
    expect_copied(source_log_.batches().size());
}

}  // namespace
}  // namespace lockstep::replication

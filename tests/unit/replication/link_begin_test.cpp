// What a link takes for granted when it begins to copy, and what it looks at once more: the topic
// "orders" with one partition.

#include "protocol/messages/create_topics.h"
#include "protocol/messages/describe_producers.h"
#include "tests/unit/replication/one_link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace lockstep::replication {
namespace {

using protocol::ApiKey;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::ReceivedRequest;
using testing::HasSubstr;

/// Large enough to be copied as it is: tiny neighbours are merged.
Bytes make_batch(int64_t base_offset, int records) {
    return test::make_batch(base_offset, records, std::string(2'100, '.'));
}

class LinkBeginTest : public OneLinkTest {
protected:
    void start_and_run(runtime::Duration duration,
                       RecreatedRule on_recreated = RecreatedRule::stop) {
        LinkSpec spec = link_spec();
        spec.on_recreated = on_recreated;
        start_link(std::move(spec));
        loop_.advance(duration);
    }

    void expect_source_offsets_on_target(size_t batches) {
        const auto copied = target_log_.batches();
        ASSERT_EQ(copied.size(), batches);
        for (size_t i = 0; i < batches; ++i) {
            EXPECT_EQ(copied[i].base_offset(), source_log_.batches()[i].base_offset());
            EXPECT_EQ(copied[i].base_sequence().value(), copied[i].base_offset().value());
        }
    }

    void recreate_at_source() {
        const test::FakeTopic again{"orders", id_of(9), {1}, 0};
        source_.metadata = test::metadata_of("src", 1, {again});
        source_log_.recreate(again);
    }
};

// The target's broker dies before anything was sent to it, and comes back without its log's end.
TEST_F(LinkBeginTest, LooksAtTheTargetAgain_WhereItsConnectionWasLostBeforeTheFirstBatch) {
    source_log_.append(make_batch(0, 10));
    source_log_.append(make_batch(10, 10));
    start_and_run(seconds(1));
    expect_source_offsets_on_target(2);
    test::run(loop_, link_->stop(loop_.now() + seconds(3)));

    std::vector<ReceivedRequest> fetches;
    source_log_.intercept_fetch = [&fetches](const ReceivedRequest& request) {
        fetches.push_back(request);
        return true;
    };
    start_and_run(milliseconds(300));
    ASSERT_FALSE(fetches.empty());
    target_.hang_up();
    Bytes first = make_batch(0, 10);
    target_log_.recreate({"orders", id_of(2), {1}, 0});
    source_log_.append(make_batch(20, 10));
    source_log_.intercept_fetch = {};
    for (const ReceivedRequest& fetch : fetches) {
        source_log_.answer_fetch(fetch);
    }
    loop_.advance(seconds(5));
    EXPECT_EQ(status().state, PartitionState::running) << status().reason;
    expect_source_offsets_on_target(3);
}

// While a topic is compacted, two workers at once see different records in it.
TEST_F(LinkBeginTest, CopiesWhatIsItsOwnOnly_WhereItCannotBeKnownWhetherATopicIsCompacted) {
    source_.on(ApiKey::describe_configs, [](const ReceivedRequest& request) {
        request.answer(protocol::DescribeConfigsResponse{});
    });
    target_coordinator_.holds_joins = true;
    source_log_.append(make_batch(0, 10));
    start_and_run(seconds(5));
    EXPECT_TRUE(target_log_.batches().empty());
    EXPECT_THAT(status().reason, HasSubstr("not known yet whether this worker or another one"));
    target_coordinator_.let_in();
    loop_.advance(seconds(5));
    expect_source_offsets_on_target(1);
}

// The target's log was emptied, but its leader remembers who wrote to it.
TEST_F(LinkBeginTest, Blocks_WhereAnEmptiedTargetIsOfAFormerTopic) {
    const TopicPartition orders{"orders", PartitionIndex(0)};
    const ProducerId former =
        filler_producer_id(tagged_producer_id(origin_tag("src-id"), id_of(7), orders));
    target_.versions.api_keys.emplace_back().api_key =
        static_cast<int16_t>(ApiKey::describe_producers);
    target_.on(ApiKey::describe_producers, [former](const ReceivedRequest& request) {
        protocol::DescribeProducersResponse response;
        auto& topic = response.topics.emplace_back();
        topic.name = "orders";
        auto& producer = topic.partitions.emplace_back().active_producers.emplace_back();
        producer.producer_id = former.value();
        producer.last_sequence = 9;
        request.answer(response);
    });
    target_log_.start = target_log_.end = 10;
    source_log_.append(make_batch(0, 10));
    source_log_.append(make_batch(10, 10));
    start_and_run(seconds(5));
    EXPECT_EQ(status().state, PartitionState::blocked);
    EXPECT_THAT(status().reason, HasSubstr("deleted at the source and created again"));
    EXPECT_TRUE(target_log_.batches().empty());
}

// Before Kafka 3.1, records are fetched by their topic's name.
TEST_F(LinkBeginTest, TakesNothingFromATopicThatWasCreatedSince_WhereFetchesNameNoIds) {
    for (auto& api : source_.versions.api_keys) {
        if (api.api_key == static_cast<int16_t>(ApiKey::fetch)) {
            api.max_version = 12;
        }
    }
    source_log_.on_list_offsets = [this] {
        if (source_log_.batches().empty()) {
            recreate_at_source();
            source_log_.append(make_batch(0, 10));
        }
    };
    start_and_run(seconds(5));
    EXPECT_EQ(status().state, PartitionState::blocked);
    EXPECT_THAT(status().reason, HasSubstr("deleted at the source and created again"));
    EXPECT_TRUE(target_log_.batches().empty());
}

// Records of two topics would be mixed.
TEST_F(LinkBeginTest, BeginsWithATopicCreatedAgain_OnceWhatWasFetchedOfTheFormerIsDelivered) {
    std::vector<ReceivedRequest> produced;
    source_log_.append(make_batch(0, 10));
    target_.on(ApiKey::produce,
               [&produced](const ReceivedRequest& request) { produced.push_back(request); });
    start_and_run(seconds(1), RecreatedRule::continue_behind);
    ASSERT_EQ(produced.size(), 1U);
    recreate_at_source();
    const int looked = target_.count(ApiKey::list_offsets);
    loop_.advance(seconds(5));
    EXPECT_EQ(status().state, PartitionState::starting) << status().reason;
    EXPECT_EQ(target_.count(ApiKey::list_offsets), looked);

    protocol::ProduceResponse response;
    auto& topic = response.responses.emplace_back();
    topic.topic_id = id_of(2);
    topic.partition_responses.emplace_back();
    produced.front().answer(response);
    loop_.advance(seconds(1));
    EXPECT_GT(target_.count(ApiKey::list_offsets), looked);
}

// Another worker takes it at once, and what comes after that of this one is late.
TEST_F(LinkBeginTest, KeepsTheTurnUntilAllIsDelivered_WhenItIsStopped) {
    cleanup_policy_ = "compact";
    for (int64_t base = 0; base < 100; base += 10) {
        source_log_.append(make_batch(base, 10));
    }
    std::vector<int> leaves;
    target_.on(ApiKey::produce, [this, &leaves](const ReceivedRequest& request) {
        leaves.push_back(target_coordinator_.leaves);
        loop_.add_timer(loop_.now() + milliseconds(100), [this, request] {
            const auto message = request.as<protocol::ProduceRequest>();
            const auto& records = message.topic_data.at(0).partition_data.at(0).records;
            const auto appended = target_log_.append_produced(records.view());
            protocol::ProduceResponse response;
            auto& topic = response.responses.emplace_back();
            topic.topic_id = id_of(2);
            topic.partition_responses.emplace_back().base_offset = appended.base_offset;
            request.answer(response);
        });
    });
    start_and_run(milliseconds(0));
    while (leaves.empty()) {
        loop_.advance(milliseconds(1));
    }
    test::run(loop_, link_->stop(loop_.now() + seconds(3)));
    EXPECT_EQ(leaves, std::vector<int>(10, 0));
    expect_source_offsets_on_target(10);
    EXPECT_EQ(target_coordinator_.leaves, 1);
}

// As on services that offer only a part of Kafka's requests.
TEST_F(LinkBeginTest, TranslatesOffsets_WhereTheTargetKnowsNoMarkers) {
    std::erase_if(target_.versions.api_keys, [](const auto& api) {
        return api.api_key == static_cast<int16_t>(ApiKey::write_txn_markers);
    });
    std::set<std::string> created;
    target_.on(ApiKey::create_topics, [&created](const ReceivedRequest& request) {
        protocol::CreateTopicsResponse response;
        for (const auto& topic : request.as<protocol::CreateTopicsRequest>().topics) {
            created.insert(topic.name);
            response.topics.emplace_back().name = topic.name;
        }
        request.answer(response);
    });
    source_log_.append(make_batch(0, 10));
    LinkSpec spec = link_spec();
    spec.offsets = OffsetsMode::automatic;
    start_link(std::move(spec));
    loop_.advance(seconds(5));
    EXPECT_THAT(link_->status().marker_problem, HasSubstr("WriteTxnMarkers"));
    EXPECT_TRUE(created.contains("__lockstep_offsets")) << "the maps are kept there";
    stop();  // while `created` is there
}

}  // namespace
}  // namespace lockstep::replication

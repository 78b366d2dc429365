#include "replication/continuous_verifier.h"

#include "base/log.h"
#include "protocol/messages/describe_configs.h"
#include "replication/link.h"
#include "tests/unit/replication/two_clusters.h"
#include "tests/unit/support/fake_coordinator.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace lockstep::replication {
namespace {

using protocol::ApiKey;
using protocol::KafkaError;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::make_batch;
using test::ReceivedRequest;
using testing::HasSubstr;

/// Whether a fetch is the proof's: copying waits for more, and reads whole answers.
bool is_of_the_proof(const ReceivedRequest& request) {
    const auto message = request.as<protocol::FetchRequest>();
    return message.max_wait_ms == 0 && message.max_bytes > 1;
}

class ContinuousVerifierTest : public TwoClustersTest {
protected:
    ContinuousVerifierTest() {
        log::set_level(log::Level::off);
        for (test::FakeBroker* broker : {&source_, &target_}) {
            broker->on(ApiKey::describe_configs, [](const ReceivedRequest& request) {
                request.answer(protocol::DescribeConfigsResponse{});
            });
        }
        for (client::Cluster* cluster : {&source_cluster_, &target_cluster_}) {
            EXPECT_TRUE(test::run(loop_, cluster->refresh_metadata(nullptr, {})).has_value());
        }
        status_.id = {"orders", PartitionIndex(0)};
        status_.state = PartitionState::running;
        status_.source_log_start = Offset(0);
    }

    ~ContinuousVerifierTest() override {
        tasks_.request_stop();
        test::run(loop_, source_cluster_.close());
        test::run(loop_, target_cluster_.close());
        test::run(loop_, tasks_.join());
        log::set_level(log::Level::info);
    }

    void start() { tasks_.spawn("verify", verifier_.run(tasks_.stop_token())); }

    /// As the link would know it, when all has been copied that can be.
    void know_the_logs() {
        status_.source_high_watermark = Offset(source_log_.end);
        status_.target_log_end = Offset(target_log_.end);
        status_.next_offset = Offset(target_log_.end);
    }

    VerifiedStatus run_for(runtime::Duration duration) {
        know_the_logs();
        loop_.advance(duration);
        return told().value_or(VerifiedStatus());
    }

    void append_to_both(int64_t base_offset, int records, const std::string& value = "value") {
        source_log_.append(make_batch(base_offset, records, value));
        target_log_.append(make_batch(base_offset, records, value));
    }

    std::vector<PartitionStatus> all() const {
        std::vector<PartitionStatus> partitions = others_;
        partitions.push_back(status_);
        return partitions;
    }

    void visit_copied(const CopyId* last, const CopyVisitor& visitor) const {
        const auto partitions = all();
        bool goes_on = true;
        for (auto next = partitions.begin(); goes_on && next != partitions.end(); ++next) {
            if (last == nullptr || last->partition < next->id) {
                goes_on =
                    visitor(CopiedPartition{next->id, *next, 0, records_, translated_, begins_at_});
            }
        }
    }

    std::optional<CopiedPartition> copied(const CopyId& copy) const {
        if (copy.partition == status_.id) {
            return CopiedPartition{status_.id, status_,     copy.stream,
                                   records_,   translated_, begins_at_};
        }
        const auto other = std::ranges::find(others_, copy.partition, &PartitionStatus::id);
        if (other == others_.end()) {
            return std::nullopt;
        }
        return CopiedPartition{other->id, *other, copy.stream, records_, translated_, begins_at_};
    }

    /// What it says of status_'s partition.
    std::optional<VerifiedStatus> told() const {
        auto partitions = all();
        verifier_.add_to(partitions);
        return partitions.back().verified;
    }

    PartitionStatus status_;
    std::vector<PartitionStatus> others_;  // before it, by their ids
    CopiedRecordsId records_{id_of(1), id_of(2), 0};
    std::optional<TranslatedCopy> translated_;
    std::optional<Offset> begins_at_;
    const std::string name_ = "test";
    client::Cluster source_cluster_{runtime_, {"src", {{"src", 1}}}, {}};
    client::Cluster target_cluster_{runtime_, {"dst", {{"dst", 1}}}, {}};
    ReadRate rate_{int64_t{16} << 20};
    int metadata_wanted_ = 0;
    ContinuousVerifier verifier_{ProofServices{
        name_, source_cluster_, target_cluster_, rate_,
        [this](const CopyId* last, const CopyVisitor& visitor) { visit_copied(last, visitor); },
        [this](const CopyId& copy) { return copied(copy); }, [this] { ++metadata_wanted_; }}};
    runtime::TaskGroup tasks_{loop_};
};

ProducerId stream_of(const char* cluster) {
    return tagged_producer_id(origin_tag(cluster), id_of(1), {"orders", PartitionIndex(0)});
}

Bytes batch_of(ProducerId producer, int64_t base_offset, int records) {
    protocol::RecordBatchBuilder builder(
        {.base_offset = Offset(base_offset), .producer_id = producer});
    for (int i = 0; i < records; ++i) {
        builder.add(1000, {.value = as_bytes("value")});
    }
    return *builder.build();
}

/// Offsets are not kept, and both clusters are written to: ten records have been copied.
class TranslatedProofTest : public ContinuousVerifierTest {
protected:
    TranslatedProofTest() {
        map_.source.add({Ordinal(0), Offset(0)});
        map_.target.add({Ordinal(0), Offset(0)});
        map_.next = map_.placed = Ordinal(10);
        translated_ = TranslatedCopy{&map_, kOurs,
                                     CarriedOrigins::only({std::nullopt}, origin_tag("target")), 0};
        source_log_.append(batch_of(ProducerId(-1), 0, 10));
        target_log_.append(batch_of(kOurs, 0, 10));
        target_log_.intercept_fetch = [this](const ReceivedRequest& request) {
            const auto message = request.as<protocol::FetchRequest>();
            fetched_from_.push_back(message.topics.at(0).partitions.at(0).fetch_offset);
            return false;
        };
    }

    /// All that the source has was copied, or passed over.
    VerifiedStatus run_on() {
        know_the_logs();
        status_.next_offset = Offset(source_log_.end);
        loop_.advance(seconds(4));
        return told().value_or(VerifiedStatus());
    }

    const ProducerId kOurs = stream_of("source");
    const ProducerId kTheirs = stream_of("target");
    StreamMap map_;
    std::vector<int64_t> fetched_from_;  // of the target
};

TEST_F(TranslatedProofTest, PassesOverWhatIsNotCarried_AtTheEndOfBothLogs) {
    start();
    EXPECT_EQ(run_on().to, Offset(10));
    source_log_.append(batch_of(kTheirs, 10, 6));
    const VerifiedStatus verified = run_on();
    EXPECT_EQ(verified.to, Offset(16));
    EXPECT_EQ(verified.records, 10U);
    EXPECT_EQ(verified.differences, 0U);
}

TEST_F(TranslatedProofTest, ReadsOnce_WhatOthersWroteToTheTarget) {
    start();
    run_on();
    target_log_.append(batch_of(ProducerId(-1), 10, 500));
    source_log_.append(batch_of(kTheirs, 10, 6));
    EXPECT_EQ(run_on().to, Offset(16));
    fetched_from_.clear();
    source_log_.append(batch_of(kTheirs, 16, 4));
    EXPECT_EQ(run_on().to, Offset(20));
    EXPECT_THAT(fetched_from_, testing::Each(510));
}

TEST_F(TranslatedProofTest, GoesOn_WhereRetentionDeletesWhatOthersWroteToTheTarget) {
    start();
    run_on();
    target_log_.append(batch_of(ProducerId(-1), 10, 500));
    target_log_.start = 510;
    source_log_.append(batch_of(kTheirs, 10, 6));
    const VerifiedStatus verified = run_on();
    EXPECT_EQ(verified.to, Offset(16));
    EXPECT_EQ(verified.records, 10U);
    EXPECT_EQ(verified.problem, "");
}

TEST_F(TranslatedProofTest, FindsARecordThatCameTwice_BetweenTwoLooks) {
    start();
    EXPECT_EQ(run_on().to, Offset(10));
    target_log_.append(batch_of(kOurs, 10, 1));
    target_log_.append(batch_of(kOurs, 11, 1));
    source_log_.append(batch_of(ProducerId(-1), 10, 1));
    map_.target.add({Ordinal(10), Offset(11)});
    map_.next = map_.placed = Ordinal(11);
    const VerifiedStatus verified = run_on();
    EXPECT_EQ(verified.differences, 1U);
    EXPECT_EQ(verified.to, Offset(10));
}

TEST_F(TranslatedProofTest, BeginsWhereTheLinkBegan) {
    source_log_.append(batch_of(ProducerId(-1), 10, 10));
    map_.source = RunList();
    map_.source.add({Ordinal(0), Offset(10)});
    begins_at_ = Offset(10);
    start();
    const VerifiedStatus verified = run_on();
    EXPECT_EQ(verified.from, Offset(10));
    EXPECT_EQ(verified.to, Offset(20));
    EXPECT_EQ(verified.differences, 0U);
}

TEST_F(ContinuousVerifierTest, FollowsBothLogs) {
    append_to_both(0, 10);
    start();
    VerifiedStatus verified = run_for(seconds(2));
    EXPECT_EQ(verified.from, Offset(0));
    EXPECT_EQ(verified.to, Offset(10));
    EXPECT_EQ(verified.records, 10U);
    append_to_both(10, 5);
    verified = run_for(seconds(2));
    EXPECT_EQ(verified.to, Offset(15));
    EXPECT_EQ(verified.records, 15U);
    EXPECT_EQ(verified.differences, 0U);
    EXPECT_EQ(verified.problem, "");
}

TEST_F(ContinuousVerifierTest, AsksNoBroker_WhileNothingIsNew) {
    append_to_both(0, 10);
    start();
    run_for(seconds(2));
    const int fetches = source_.count(ApiKey::fetch) + target_.count(ApiKey::fetch);
    EXPECT_EQ(fetches, 2);
    run_for(seconds(60));
    EXPECT_EQ(source_.count(ApiKey::fetch) + target_.count(ApiKey::fetch), fetches);
}

TEST_F(ContinuousVerifierTest, FindsTheOneThatIsDue_BehindManyThatAreNot) {
    for (int index = 0; index < 1000; ++index) {
        PartitionStatus& other = others_.emplace_back();
        other.id = {"a", PartitionIndex(index)};
        other.state = index % 2 == 0 ? PartitionState::running : PartitionState::starting;
        other.source_log_start = other.source_high_watermark = other.target_log_end = Offset(7);
    }
    append_to_both(0, 10);
    start();
    EXPECT_EQ(run_for(seconds(2)).to, Offset(10));
    append_to_both(10, 5);
    EXPECT_EQ(run_for(seconds(2)).to, Offset(15));
    EXPECT_EQ(source_.count(ApiKey::fetch), 2);
    auto partitions = all();
    verifier_.add_to(partitions);
    EXPECT_EQ(partitions[998].verified->to, Offset(7));
    EXPECT_FALSE(partitions[999].verified.has_value());
}

TEST_F(ContinuousVerifierTest, WaitsForTheTarget) {
    append_to_both(0, 10);
    source_log_.append(make_batch(10, 10));
    start();
    EXPECT_EQ(run_for(seconds(3)).to, Offset(10));
    target_log_.append(make_batch(10, 10));
    EXPECT_EQ(run_for(seconds(3)).to, Offset(20));
}

TEST_F(ContinuousVerifierTest, ComparesEachRecordOnce_WhereverTheChunksEnd) {
    const std::string value(100'000, 'v');
    for (int64_t base = 0; base < 120; base += 8) {
        source_log_.append(make_batch(base, 8, value));
    }
    for (int64_t base = 0; base < 120; base += 5) {
        target_log_.append(make_batch(base, 5, value));
    }
    start();
    const VerifiedStatus verified = run_for(seconds(10));
    EXPECT_EQ(verified.to, Offset(120));
    EXPECT_EQ(verified.records, 120U);
    EXPECT_EQ(verified.differences, 0U);
    EXPECT_GT(source_.count(ApiKey::fetch), 5);
}

TEST_F(ContinuousVerifierTest, FindsTheRecordThatDiffers_AndGoesOn) {
    append_to_both(0, 10);
    source_log_.append(make_batch(10, 1, "one"));
    target_log_.append(make_batch(10, 1, "two"));
    append_to_both(11, 9);
    start();
    const VerifiedStatus verified = run_for(seconds(5));
    EXPECT_EQ(verified.to, Offset(10));
    EXPECT_EQ(verified.compared_to, Offset(20));
    EXPECT_EQ(verified.records, 19U);
    EXPECT_EQ(verified.differences, 1U);
    ASSERT_TRUE(verified.first_difference.has_value());
    EXPECT_EQ(verified.first_difference->offset, Offset(10));
    EXPECT_EQ(verified.first_difference->kind, Difference::Kind::content);
}

TEST_F(ContinuousVerifierTest, TellsADifference_OnlyWhenItSeesItTwice) {
    append_to_both(0, 10);
    source_log_.append(make_batch(10, 10));
    target_log_.append(make_batch(15, 5));
    bool is_compacted = false;  // as the topic's config says
    source_.on(ApiKey::describe_configs, [&](const ReceivedRequest& request) {
        protocol::DescribeConfigsResponse response;
        auto& result = response.results.emplace_back();
        result.resource_name = "orders";
        auto& config = result.configs.emplace_back();
        config.name = "cleanup.policy";
        config.value = std::exchange(is_compacted, true) ? "compact" : "delete";
        request.answer(response);
    });
    start();
    const VerifiedStatus verified = run_for(seconds(5));
    EXPECT_EQ(verified.to, Offset(20));
    EXPECT_EQ(verified.records, 15U);
    EXPECT_EQ(verified.compacted, 5U);
    EXPECT_EQ(verified.differences, 0U);
    EXPECT_EQ(metadata_wanted_, 1);
}

TEST_F(ContinuousVerifierTest, LeavesAPartitionAlone_WhileItCatchesUp) {
    append_to_both(0, 10);
    know_the_logs();
    status_.source_high_watermark = Offset(1'000'000);
    start();
    loop_.advance(seconds(60));
    EXPECT_EQ(source_.count(ApiKey::fetch), 0);
    EXPECT_EQ(run_for(seconds(3)).to, Offset(10));
}

TEST_F(ContinuousVerifierTest, LeavesAPartitionAlone_WhoseLogsAreNotReady) {
    append_to_both(0, 10);
    know_the_logs();
    start();
    for (const PartitionState state :
         {PartitionState::starting, PartitionState::preparing, PartitionState::retrying}) {
        status_.state = state;
        loop_.advance(seconds(60));
    }
    EXPECT_EQ(source_.count(ApiKey::fetch), 0);
}

// Its target's log is not known to hold what somebody else has written there.
TEST_F(ContinuousVerifierTest, ComparesABlockedPartition_ToTheEnd) {
    append_to_both(0, 10);
    source_log_.append(make_batch(10, 1, "one"));
    target_log_.append(make_batch(10, 1, "two"));
    know_the_logs();
    status_.state = PartitionState::blocked;
    status_.target_log_end = Offset(10);
    status_.next_offset = Offset(10);
    start();
    loop_.advance(seconds(5));
    EXPECT_EQ(told()->first_difference->offset, Offset(10));
}

TEST_F(ContinuousVerifierTest, KeepsToItsRate) {
    rate_ = ReadRate(1 << 20);
    constexpr int64_t kBatches = 16;
    for (int64_t base = 0; base < kBatches; ++base) {
        append_to_both(base, 1, std::string(1 << 20, 'v'));
    }
    start();
    EXPECT_LE(run_for(seconds(5)).to, Offset(8));
    EXPECT_GE(run_for(seconds(0)).to, Offset(4));
    EXPECT_EQ(run_for(seconds(14)).to, Offset(kBatches));
}

TEST_F(ContinuousVerifierTest, GoesOn_BehindWhatRetentionDeletes) {
    for (int64_t base = 0; base < 40; base += 10) {
        append_to_both(base, 10);
    }
    target_log_.start = 20;  // the first fetch there finds it gone
    source_log_.start = 15;
    start();
    const VerifiedStatus verified = run_for(seconds(5));
    EXPECT_EQ(verified.from, Offset(20));
    EXPECT_EQ(verified.to, Offset(40));
    EXPECT_EQ(verified.records, 20U);
}

TEST_F(ContinuousVerifierTest, BeginsAnew_WhenTheTargetTopicIsAnother) {
    append_to_both(0, 10);
    start();
    run_for(seconds(2));
    records_.target_topic_id = id_of(9);
    const VerifiedStatus verified = run_for(seconds(2));
    EXPECT_EQ(verified.to, Offset(10));
    EXPECT_EQ(verified.records, 10U);
    EXPECT_EQ(source_.count(ApiKey::fetch), 2);
}

TEST_F(ContinuousVerifierTest, BeginsAnew_WhenTheSourceTopicIsAnother) {
    append_to_both(0, 10);
    start();
    run_for(seconds(2));
    records_.source_topic_id = id_of(8);
    EXPECT_EQ(run_for(seconds(2)).records, 10U);
    EXPECT_EQ(source_.count(ApiKey::fetch), 2);
}

TEST_F(ContinuousVerifierTest, BeginsAnew_WhenTheTargetHadLostItsEnd) {
    append_to_both(0, 10);
    start();
    run_for(seconds(2));
    ++records_.rewrites;
    EXPECT_EQ(run_for(seconds(2)).records, 10U);
    EXPECT_EQ(source_.count(ApiKey::fetch), 2);
}

TEST_F(ContinuousVerifierTest, TakesBackWhatASourceHasLost) {
    append_to_both(0, 10);
    append_to_both(10, 10);
    start();
    EXPECT_EQ(run_for(seconds(2)).to, Offset(20));
    source_log_.compact({make_batch(0, 10)});
    source_log_.end = 10;
    status_.state = PartitionState::blocked;
    EXPECT_EQ(run_for(seconds(4)).to, Offset(10));
}

TEST_F(ContinuousVerifierTest, DoesNotWait_ForATransactionThatHangs) {
    append_to_both(0, 10);
    start();
    know_the_logs();
    status_.source_high_watermark = Offset(1'000'000);
    status_.open_transaction = OpenTransaction{Offset(10), ProducerId(7), 0};
    loop_.advance(seconds(2));
    ASSERT_TRUE(told().has_value());
    EXPECT_EQ(told()->to, Offset(10));
}

TEST_F(ContinuousVerifierTest, AsksAgainHowTopicsAreCleaned) {
    append_to_both(0, 10);
    start();
    run_for(seconds(2));
    EXPECT_EQ(source_.count(ApiKey::describe_configs), 1);
    append_to_both(10, 5);
    run_for(seconds(30));
    EXPECT_EQ(source_.count(ApiKey::describe_configs), 1);
    loop_.advance(seconds(60));
    append_to_both(15, 5);
    EXPECT_EQ(run_for(seconds(2)).to, Offset(20));
    EXPECT_EQ(source_.count(ApiKey::describe_configs), 2);
}

TEST_F(ContinuousVerifierTest, SaysWhyItDoesNotGoOn_AndTriesAgain) {
    append_to_both(0, 10);
    bool is_away = true;
    target_log_.intercept_fetch = [&](const ReceivedRequest& request) {
        if (is_away) {
            protocol::FetchResponse response;
            auto& topic = response.responses.emplace_back();
            topic.topic = "orders";
            topic.partitions.emplace_back().error_code =
                static_cast<int16_t>(KafkaError::not_leader_or_follower);
            request.answer(response);
        }
        return is_away;
    };
    start();
    VerifiedStatus verified = run_for(seconds(30));
    EXPECT_THAT(verified.problem, HasSubstr("read orders-0 at offset 0 from dst"));
    EXPECT_EQ(verified.to, Offset(0));
    EXPECT_LT(target_.count(ApiKey::fetch), 10);
    EXPECT_EQ(metadata_wanted_, target_.count(ApiKey::fetch));
    is_away = false;
    verified = run_for(seconds(60));
    EXPECT_EQ(verified.problem, "");
    EXPECT_EQ(verified.to, Offset(10));
}

TEST_F(ContinuousVerifierTest, SaysThatABatchIsDamaged) {
    append_to_both(0, 10);
    source_log_.append(make_batch(10, 10));
    Bytes damaged = make_batch(10, 10);
    damaged.back() ^= 1;
    target_log_.append(std::move(damaged));
    start();
    EXPECT_THAT(run_for(seconds(5)).problem, HasSubstr("batch at offset 10 of orders-0 on dst"));
}

/// A whole link that proves what it copies.
class ProvingLinkTest : public TwoClustersTest {
protected:
    ProvingLinkTest() {
        log::set_level(log::Level::off);
        for (test::FakeBroker* broker : {&source_, &target_}) {
            broker->on(ApiKey::describe_configs, [](const ReceivedRequest& request) {
                request.answer(protocol::DescribeConfigsResponse{});
            });
        }
        auto filter = TopicFilter::make({"orders"}, {});
        const LinkEnvironment environment{runtime_, budget_, buffers_, &rate_};
        link_ = std::make_unique<Link>(
            environment,
            LinkSetup{ClusterSpec{"src", {{"src", 1}}}, ClusterSpec{"dst", {{"dst", 1}}},
                      link_spec(), std::move(*filter), std::nullopt, seconds(2)});
    }
    ~ProvingLinkTest() override {
        test::run(loop_, link_->stop(loop_.now() + seconds(3)));
        log::set_level(log::Level::info);
    }

    PartitionStatus status() const { return link_->status().partitions.at(0); }

    MemoryBudget budget_{loop_, 64 << 20};
    BufferPool buffers_{1 << 20};
    ReadRate rate_{int64_t{16} << 20};
    test::FakeCoordinator target_coordinator_{target_};
    std::unique_ptr<Link> link_;
};

TEST_F(ProvingLinkTest, ShowsHowFarItHasCome) {
    source_log_.append(make_batch(0, 10));
    link_->start();
    loop_.advance(seconds(5));
    ASSERT_TRUE(status().verified.has_value());
    EXPECT_EQ(status().verified->to, Offset(10));
    EXPECT_EQ(status().verified->records, 10U);
}

TEST_F(ProvingLinkTest, CopiesOn_WhileTheProofGetsNoAnswer) {
    std::vector<ReceivedRequest> held;
    for (test::FakeLog* log : {&source_log_, &target_log_}) {
        log->intercept_fetch = [&](const ReceivedRequest& request) {
            const bool is_held = is_of_the_proof(request);
            if (is_held) {
                held.push_back(request);
            }
            return is_held;
        };
    }
    source_log_.append(make_batch(0, 10));
    link_->start();
    loop_.advance(seconds(5));
    EXPECT_EQ(held.size(), 1U);
    source_log_.append(make_batch(10, 10));
    loop_.advance(seconds(5));
    EXPECT_EQ(target_log_.end, 20);
    EXPECT_EQ(status().state, PartitionState::running);
    EXPECT_EQ(status().verified->to, Offset(0));
}

TEST_F(ProvingLinkTest, ComparesNothing_WhereTheTopicIsGoneAtTheSource) {
    source_log_.append(make_batch(0, 10));
    link_->start();
    loop_.advance(seconds(5));
    source_.metadata = test::metadata_of("src", 1, {{"orders", id_of(9), {1}, 0}});
    loop_.advance(seconds(5));
    const auto fetches = target_.count(ApiKey::fetch);
    source_log_.append(make_batch(10, 10));
    target_log_.append(make_batch(10, 10, "other"));
    loop_.advance(seconds(20));
    EXPECT_EQ(target_.count(ApiKey::fetch), fetches);
    EXPECT_EQ(status().verified->differences, 0U);
}

}  // namespace
}  // namespace lockstep::replication

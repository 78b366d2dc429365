#include "replication/consistent_cut.h"

#include "protocol/kafka_error.h"
#include "protocol/transaction_log.h"
#include "tests/unit/replication/coordinator_log.h"
#include "tests/unit/replication/transaction_batches.h"
#include "tests/unit/replication/two_clusters.h"

#include <gmock/gmock.h>

#include <functional>
#include <map>

namespace lockstep::replication {
namespace {

using protocol::ApiKey;
using protocol::KafkaError;
using protocol::kTransactionLogTopic;
using test::ReceivedRequest;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr Writer kOne{1, 0};
constexpr Writer kNew{2, 4};      // whose epoch rises with each transaction
constexpr Writer kNewNext{2, 5};  // the epoch of its markers

int16_t code_of(KafkaError error) {
    return static_cast<int16_t>(error);
}

/// The logs of one broker's partitions: answers ListOffsets, also by time, and Fetch.
class FakeLogs {
public:
    explicit FakeLogs(test::FakeBroker& broker) {
        broker.on(ApiKey::list_offsets, [this](const ReceivedRequest& r) { list_offsets(r); });
        broker.on(ApiKey::fetch, [this](const ReceivedRequest& r) { fetch(r); });
    }
    FakeLogs(const FakeLogs&) = delete;
    FakeLogs& operator=(const FakeLogs&) = delete;

    /// What a partition has; it must outlive this.
    template <typename Log>
    void serve(const std::string& topic, int32_t partition, const Log& log) {
        logs_[{topic, PartitionIndex(partition)}] = {[&log] { return log.end; },
                                                     [&log] { return log.batches(); }};
    }

    std::map<TopicPartition, int64_t> starts;
    std::map<TopicPartition, KafkaError> list_errors;
    std::map<TopicPartition, KafkaError> fetch_errors;
    std::function<void(Bytes&)> damage = [](Bytes&) {};

private:
    struct Log {
        std::function<int64_t()> end;
        std::function<std::vector<protocol::RecordBatchView>()> batches;
    };

    void list_offsets(const ReceivedRequest& request) {
        protocol::ListOffsetsResponse response;
        const auto message = request.as<protocol::ListOffsetsRequest>();
        for (const auto& topic : message.topics) {
            auto& entry = response.topics.emplace_back();
            entry.name = topic.name;
            for (const auto& asked : topic.partitions) {
                const TopicPartition id{topic.name, PartitionIndex(asked.partition_index)};
                auto& answer = entry.partitions.emplace_back();
                answer.partition_index = asked.partition_index;
                answer.offset = offset_of(id, asked.timestamp);
                answer.error_code =
                    list_errors.contains(id) ? code_of(list_errors[id]) : int16_t{0};
            }
        }
        request.answer(response);
    }

    int64_t offset_of(const TopicPartition& id, int64_t timestamp) {
        const Log& log = logs_.at(id);
        if (timestamp == -1) {
            return log.end();
        }
        if (timestamp == -2) {
            return starts[id];
        }
        for (const protocol::RecordBatchView& batch : log.batches()) {
            if (batch.max_timestamp() >= timestamp) {
                return batch.base_offset().value();
            }
        }
        return -1;
    }

    void fetch(const ReceivedRequest& request) {
        protocol::FetchResponse response;
        Bytes records;
        const auto message = request.as<protocol::FetchRequest>();
        EXPECT_EQ(message.isolation_level, 0);  // what is open is to be seen
        const auto& topic = message.topics.at(0);
        const auto& asked = topic.partitions.at(0);
        const TopicPartition id{topic.topic, PartitionIndex(asked.partition)};
        for (const protocol::RecordBatchView& batch : logs_.at(id).batches()) {
            if (batch.last_offset().value() >= asked.fetch_offset) {
                records.insert(records.end(), batch.bytes().begin(), batch.bytes().end());
            }
        }
        damage(records);
        auto& entry = response.responses.emplace_back();
        entry.topic = topic.topic;
        auto& data = entry.partitions.emplace_back();
        data.partition_index = asked.partition;
        data.error_code = fetch_errors.contains(id) ? code_of(fetch_errors[id]) : int16_t{0};
        data.records.data = records;
        request.answer(response);
    }

    std::map<TopicPartition, Log> logs_;
};

TopicPartition orders(int32_t partition) {
    return {"orders", PartitionIndex(partition)};
}

const TopicPartition kLog{kTransactionLogTopic, PartitionIndex(0)};

class ConsistentCutTest : public TwoClustersTest {
protected:
    ConsistentCutTest() {
        source_.metadata = test::metadata_of(
            "src", 1, {{"orders", id_of(1), {1, 1}, 0}, {kTransactionLogTopic, id_of(3), {1}, 0}});
        source_.metadata.topics.back().is_internal = true;
        target_.metadata = test::metadata_of("dst", 1, {{"orders", id_of(2), {1, 1}, 0}});
        at_source_.serve("orders", 0, first_);
        at_source_.serve("orders", 1, second_);
        at_source_.serve(kTransactionLogTopic, 0, log_);
        at_target_.serve("orders", 0, first_copy_);
        at_target_.serve("orders", 1, second_copy_);
    }

    LinkCut find() {
        CutRequest request;
        request.clusters = cluster_specs();
        request.link = link_spec();
        return test::run(loop_, find_cut(runtime_, std::move(request), {}));
    }

    /// "copied to 7, cut at 3" for each partition, or the problem.
    std::vector<std::string> cuts() {
        const LinkCut link = find();
        std::vector<std::string> texts;
        if (!link.is_known()) {
            EXPECT_TRUE(link.partitions.empty());
            return {link.problem};
        }
        for (const CutPartition& partition : link.partitions) {
            texts.push_back("copied to " + std::to_string(partition.copied_to) + ", cut at " +
                            std::to_string(partition.cut));
        }
        return texts;
    }

    /// What was copied.
    void copy(int64_t first, int64_t second) {
        first_copy_.end = first;
        second_copy_.end = second;
    }

    BatchLog first_;
    BatchLog second_;
    CoordinatorLog log_;
    BatchLog first_copy_;
    BatchLog second_copy_;
    FakeLogs at_source_{source_};
    FakeLogs at_target_{target_};
};

TEST_F(ConsistentCutTest, IsWhatWasCopied_WhereThatIsAll) {
    first_.records(kOne, 2).commit(kOne);
    copy(3, 0);
    EXPECT_THAT(cuts(), ElementsAre("copied to 3, cut at 3", "copied to 0, cut at 0"));
    EXPECT_EQ(source_.count(ApiKey::fetch), 0);  // nothing needed to be looked at
}

TEST_F(ConsistentCutTest, IsWhatWasCopied_WhereOnlyPlainRecordsAreNot) {
    first_.plain(5);
    second_.records(kOne, 2).commit(kOne);
    copy(2, 3);
    EXPECT_THAT(cuts(), ElementsAre("copied to 2, cut at 2", "copied to 3, cut at 3"));
    EXPECT_EQ(source_.count(ApiKey::fetch), 1);  // of the partition that is behind
}

TEST_F(ConsistentCutTest, TellsTransactionsApart_ByTheirEpochs) {
    first_.plain(4).records(kNew, 2).commit(kNewNext);
    second_.records({2, 3}, 1).commit(kNew).records(kNew, 3).commit(kNewNext);
    copy(7, 2);
    EXPECT_THAT(cuts(), ElementsAre("copied to 7, cut at 4", "copied to 2, cut at 2"));
    const LinkCut link = find();
    const CutPartition& partition = link.partitions.at(0);
    EXPECT_EQ(partition.records_behind(), 3);
    EXPECT_EQ(partition.transactions_cut, 1U);
    ASSERT_EQ(partition.first.size(), 1U);
    const CutTransaction& cut = partition.first.at(0);
    EXPECT_EQ(cut.producer_id, 2);
    EXPECT_EQ(cut.producer_epoch, 4);
    EXPECT_EQ(cut.first_offset, 4);
    EXPECT_EQ(cut.last_offset, 5);
    EXPECT_EQ(cut.marker_offset, 6);
    EXPECT_TRUE(cut.is_told_apart);
    EXPECT_EQ(link.partitions.at(1).transactions_cut, 0U);  // nothing of it was copied there
    EXPECT_EQ(link.note, "");
}

TEST_F(ConsistentCutTest, TakesWhatIsStillOpenAtTheSource) {
    first_.records(kNew, 2).commit(kNewNext);
    second_.plain(1).records(kNew, 3);  // its marker is not there yet
    copy(3, 1);
    EXPECT_THAT(cuts(), ElementsAre("copied to 3, cut at 0", "copied to 1, cut at 1"));
}

TEST_F(ConsistentCutTest, TellsTransactionsApart_ByWhatTheCoordinatorWroteDown) {
    first_.records(kOne, 1).commit(kOne, 1'000).records(kOne, 1).commit(kOne, 2'000);
    second_.records(kOne, 1).commit(kOne, 1'000).records(kOne, 1).commit(kOne, 2'000);
    log_.prepare(kOne, {orders(0), orders(1)}).complete(kOne);
    log_.prepare(kOne, {orders(0), orders(1)}).complete(kOne);
    copy(4, 2);
    EXPECT_THAT(cuts(), ElementsAre("copied to 4, cut at 2", "copied to 2, cut at 2"));
    EXPECT_EQ(find().note, "");
}

TEST_F(ConsistentCutTest, TakesAllOfAnEpochAsOne_WhereThatCannotBeRead) {
    first_.records(kOne, 1).commit(kOne).records(kOne, 1).commit(kOne);
    second_.records(kOne, 1).commit(kOne).records(kOne, 1).commit(kOne);
    log_.prepare(kOne, {orders(0), orders(1)}).complete(kOne);
    log_.prepare(kOne, {orders(0), orders(1)}).complete(kOne);
    copy(4, 2);
    at_source_.fetch_errors[kLog] = KafkaError::topic_authorization_failed;
    const LinkCut unread = find();
    EXPECT_EQ(unread.partitions.at(0).cut, 0);
    EXPECT_EQ(unread.partitions.at(1).cut, 0);
    EXPECT_EQ(unread.partitions.at(0).transactions_cut, 2U);
    EXPECT_FALSE(unread.partitions.at(0).first.at(0).is_told_apart);
    EXPECT_THAT(unread.note, HasSubstr("TOPIC_AUTHORIZATION_FAILED"));
    at_source_.list_errors[kLog] = KafkaError::topic_authorization_failed;
    EXPECT_THAT(find().note, HasSubstr("list the offsets of __transaction_state-0 on src"));
    source_.metadata = test::metadata_of("src", 1, {{"orders", id_of(1), {1, 1}, 0}});
    EXPECT_THAT(find().note, HasSubstr("src has no topic __transaction_state that we may see"));
}

TEST_F(ConsistentCutTest, CountsAPartitionThatTheTargetLacks_AsNotCopied) {
    first_.records(kNew, 2).commit(kNewNext);
    second_.records(kNew, 2).commit(kNewNext);
    target_.metadata = test::metadata_of("dst", 1, {{"orders", id_of(2), {1}, 0}});
    copy(3, 99);
    EXPECT_THAT(cuts(), ElementsAre("copied to 3, cut at 0", "copied to 0, cut at 0"));
    target_.metadata = test::metadata_of("dst", 1, {});
    EXPECT_THAT(cuts(), ElementsAre("copied to 0, cut at 0", "copied to 0, cut at 0"));
}

TEST_F(ConsistentCutTest, LooksFurtherBack_ThanAtFirst) {
    for (Writer writer : {Writer{2, 3}, kNew}) {
        first_.records(writer, 1, 0).commit({2, static_cast<int16_t>(writer.epoch + 1)}, 50'000);
        for (int i = 0; i < 30; ++i) {
            first_.plain(100);
        }
    }
    second_.plain(1).records(kNew, 1, 0).commit(kNewNext, 50'000);
    copy(6004, 1);
    EXPECT_THAT(cuts(), ElementsAre("copied to 6004, cut at 3002", "copied to 1, cut at 1"));
}

TEST_F(ConsistentCutTest, IsNotKnown_WhenTheTargetIsAhead) {
    first_.plain(3);
    copy(4, 0);
    EXPECT_THAT(cuts(),
                ElementsAre(HasSubstr("orders-0: the target ends at 4, the source already at 3")));
}

TEST_F(ConsistentCutTest, IsNotKnown_WhenAPartitionDoesNotAnswer) {
    first_.records(kOne, 3);
    at_source_.list_errors[orders(1)] = KafkaError::leader_not_available;
    EXPECT_THAT(cuts(), ElementsAre(HasSubstr("list the offsets of orders-1 on src")));
    at_source_.list_errors.clear();
    at_target_.list_errors[orders(0)] = KafkaError::leader_not_available;
    EXPECT_THAT(cuts(), ElementsAre(HasSubstr("list the offsets of orders-0 on dst")));
    at_target_.list_errors.clear();
    at_source_.fetch_errors[orders(0)] = KafkaError::offset_out_of_range;
    EXPECT_THAT(cuts(), ElementsAre(HasSubstr("read orders-0 at offset 0 from src")));
    at_source_.fetch_errors.clear();
    source_.metadata = test::metadata_of("src", 1, {{"orders", id_of(1), {1, -1}, 0}});
    EXPECT_THAT(cuts(), ElementsAre(HasSubstr("orders-1 has no leader on src")));
}

TEST_F(ConsistentCutTest, IsNotKnown_WhenABatchIsDamaged_OrTheLogIsShorterThanItSaid) {
    first_.records(kOne, 3);
    at_source_.damage = [](Bytes& records) { records.back() ^= 1; };
    EXPECT_THAT(cuts(), ElementsAre(HasSubstr("batch at offset 0 of orders-0 on src")));
    at_source_.damage = [](Bytes& records) { records.clear(); };
    EXPECT_THAT(cuts(), ElementsAre(HasSubstr("orders-0 on src ends at offset 0")));
}

TEST_F(ConsistentCutTest, IsNotKnown_WhereNoTopicMatches_OrAClusterIsAway) {
    network_.refuse({"dst", 1});
    EXPECT_THAT(cuts(), ElementsAre(HasSubstr("target")));
    source_.metadata = test::metadata_of("src", 1, {});
    EXPECT_THAT(cuts(), ElementsAre(testing::_));
}

}  // namespace
}  // namespace lockstep::replication

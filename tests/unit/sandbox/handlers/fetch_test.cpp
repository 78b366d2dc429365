#include "protocol/messages/fetch.h"

#include "tests/unit/sandbox/transaction_world.h"

namespace lockstep::sandbox {

runtime::Task<protocol::FetchResponse> fetch(Call& call, const protocol::FetchRequest& request);

namespace {

using protocol::FetchRequest;
using protocol::FetchResponse;
using std::chrono::seconds;

constexpr int16_t kVersion = 12;

class FetchTest : public TransactionWorld {
protected:
    explicit FetchTest(KafkaVersion version = KafkaVersion::v4_3) : TransactionWorld(version) {}

    static FetchRequest asking_for(const std::vector<int32_t>& partitions) {
        FetchRequest request;
        request.session_epoch = -1;
        if (!partitions.empty()) {
            auto& topic = request.topics.emplace_back();
            topic.topic = "orders";
            for (const int32_t index : partitions) {
                auto& partition = topic.partitions.emplace_back();
                partition.partition = index;
                partition.partition_max_bytes = 1 << 20;
            }
        }
        return request;
    }
    static FetchRequest in_session(int32_t id, int32_t epoch,
                                   const std::vector<int32_t>& partitions = {}) {
        FetchRequest request = asking_for(partitions);
        request.session_id = id;
        request.session_epoch = epoch;
        return request;
    }
    void append_to(int32_t partition) {
        const Bytes batch = batch_of({ProducerIdentity(), 0, 1, false});
        ASSERT_FALSE(log(partition)
                         .append(batch, LogConfig{}, cluster.now_ms(), kVersion)
                         .refusal.is_refused());
    }
    void set_compression(const std::string& type) {
        Topic& topic = *cluster.find_topic("orders");
        topic.config["compression.type"] = type;
        cluster.apply_config(topic);
    }
    KafkaError error_of_fetch(int16_t version) {
        const auto answer = ask(asking_for({0}), version);
        return KafkaError(answer.responses.at(0).partitions.at(0).error_code);
    }
};

class FetchOf39Test : public FetchTest {
protected:
    FetchOf39Test() : FetchTest(KafkaVersion::v3_9) {}
};

TEST_F(FetchTest, Session_GoesOn_WhereOneRequestForgetsWhatAnotherWaitsFor) {
    const int32_t session = ask(in_session(0, 0, {0}), kVersion).session_id;
    append_to(1);
    FetchRequest waiting = in_session(session, 1, {1});
    waiting.min_bytes = 1 << 20;
    waiting.max_wait_ms = 1'000;
    Call call{cluster, broker, connection, kVersion, "waiting", {}, {}};
    std::optional<FetchResponse> answer;
    runtime::TaskGroup group(loop);
    group.spawn("fetch", test::keep_result(sandbox::fetch(call, waiting), &answer));
    loop.settle();
    ASSERT_FALSE(answer.has_value());

    FetchRequest other = in_session(session, 2);
    other.forgotten_topics_data.emplace_back().topic = "orders";
    other.forgotten_topics_data.back().partitions = {1};
    EXPECT_EQ(ask(other, kVersion).error_code, 0);
    loop.advance(seconds(2));
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->responses.at(0).partitions.at(0).partition_index, 1);

    append_to(0);
    const FetchResponse next = ask(in_session(session, 3), kVersion);
    ASSERT_EQ(next.responses.size(), 1U);
    EXPECT_EQ(next.responses[0].topic, "orders");
    EXPECT_EQ(next.responses[0].partitions.at(0).partition_index, 0);
    EXPECT_GT(next.responses[0].partitions.at(0).records.size(), 0U);
}

TEST_F(FetchTest, TopicOfZstd_IsReadByAllVersions) {
    set_compression("zstd");
    EXPECT_EQ(error_of_fetch(9), KafkaError::none);
}

TEST_F(FetchOf39Test, TopicOfZstd_NeedsVersion10) {
    set_compression("zstd");
    EXPECT_EQ(error_of_fetch(9), KafkaError::unsupported_compression_type);
    EXPECT_EQ(error_of_fetch(10), KafkaError::none);
    set_compression("producer");
    EXPECT_EQ(error_of_fetch(9), KafkaError::none);
}

}  // namespace
}  // namespace lockstep::sandbox

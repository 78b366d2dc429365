// What operators did, written to a cluster in memory.

#include "replication/audit_log.h"

#include "base/log.h"
#include "protocol/messages/create_topics.h"
#include "protocol/records.h"
#include "tests/unit/support/fake_log.h"

#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using protocol::ApiKey;
using protocol::KafkaError;
using std::chrono::seconds;

Uuid audit_id() {
    Uuid id;
    id.bytes.fill(9);
    return id;
}

const test::FakeTopic kTopic{AuditLog::kTopic, audit_id(), {1}, 0};

class AuditLogTest : public testing::Test {
protected:
    AuditLogTest() {
        log::set_level(log::Level::off);
        broker_.metadata = test::metadata_of("dst", 1, {});
        broker_.on(ApiKey::create_topics, [this](const test::ReceivedRequest& request) {
            const auto message = request.as<protocol::CreateTopicsRequest>();
            protocol::CreateTopicsResponse response;
            auto& topic = response.topics.emplace_back();
            topic.name = message.topics.at(0).name;
            topic.error_code = refuse_creation_with_;
            if (refuse_creation_with_ == 0) {
                broker_.metadata = test::metadata_of("dst", 1, {kTopic});
            }
            request.answer(response);
        });
        tasks_.spawn("audit", audit_.run(tasks_.stop_token()));
    }
    ~AuditLogTest() override {
        tasks_.request_stop();
        test::run(loop_, cluster_.close());
        test::run(loop_, tasks_.join());
        log::set_level(log::Level::info);
    }

    /// "key=value" of each record in the log.
    std::vector<std::string> written() const {
        std::vector<std::string> found;
        for (const protocol::RecordBatchView& batch : log_.batches()) {
            auto reader = protocol::RecordReader::open(batch);
            for (auto next = reader->next(); *next; next = reader->next()) {
                found.push_back(std::string(as_text(*(*next)->key)) + "=" +
                                std::string(as_text(*(*next)->value)));
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
    client::Cluster cluster_{runtime_, ClusterSpec{"dst", {{"dst", 1}}}, {}};
    AuditLog audit_{cluster_};
    runtime::TaskGroup tasks_{loop_};
    int16_t refuse_creation_with_ = 0;
};

TEST_F(AuditLogTest, TouchesNothing_UntilThereIsSomething) {
    loop_.advance(seconds(60));
    EXPECT_EQ(broker_.count(ApiKey::metadata), 0);
}

TEST_F(AuditLogTest, CreatesItsTopicOnce_AndWritesInOrder) {
    audit_.add("w-1", "first");
    audit_.add("w-2", "second");
    loop_.advance(seconds(2));
    audit_.add("w-3", "third");
    loop_.advance(seconds(2));
    EXPECT_EQ(broker_.count(ApiKey::create_topics), 1);
    EXPECT_EQ(written(), (std::vector<std::string>{"w-1=first", "w-2=second", "w-3=third"}));
}

TEST_F(AuditLogTest, TriesAgain_WhenTheClusterFails) {
    int failures = 3;
    log_.on_append = [&](ByteView records) {
        if (failures-- > 0) {
            return test::FakeLog::Appended{static_cast<int16_t>(KafkaError::not_enough_replicas),
                                           -1, -1};
        }
        return log_.append_produced(records);
    };
    audit_.add("w-1", "first");
    audit_.add("w-2", "second");
    loop_.advance(seconds(30));
    EXPECT_EQ(written(), (std::vector<std::string>{"w-1=first", "w-2=second"}));
}

TEST_F(AuditLogTest, GivesUp_WhereItIsNotAllowed) {
    refuse_creation_with_ = static_cast<int16_t>(KafkaError::topic_authorization_failed);
    audit_.add("w-1", "first");
    loop_.advance(seconds(60));
    EXPECT_EQ(broker_.count(ApiKey::create_topics), 1);
    refuse_creation_with_ = 0;
    audit_.add("w-2", "second");
    loop_.advance(seconds(2));
    EXPECT_EQ(written(), (std::vector<std::string>{"w-2=second"}));
}

TEST_F(AuditLogTest, KeepsABoundedNumber_WhileTheClusterIsAway) {
    log_.on_append = [&](ByteView) {
        return test::FakeLog::Appended{static_cast<int16_t>(KafkaError::not_enough_replicas), -1,
                                       -1};
    };
    for (size_t i = 0; i < AuditLog::kMostWaiting + 10; ++i) {
        audit_.add(std::to_string(i), "x");
    }
    loop_.advance(seconds(10));
    log_.on_append = [&](ByteView records) { return log_.append_produced(records); };
    loop_.advance(seconds(60));
    EXPECT_EQ(written().size(), AuditLog::kMostWaiting);
}

TEST_F(AuditLogTest, DrainsUntilItsDeadline) {
    audit_.add("w-1", "first");
    test::run(loop_, audit_.drain(loop_.now() + seconds(3)));
    EXPECT_EQ(written().size(), 1U);
    log_.on_append = [&](ByteView) {
        return test::FakeLog::Appended{static_cast<int16_t>(KafkaError::not_enough_replicas), -1,
                                       -1};
    };
    audit_.add("w-2", "second");
    const auto begun = loop_.now();
    test::run(loop_, audit_.drain(begun + seconds(3)));
    EXPECT_EQ(loop_.now() - begun, seconds(3));
}

}  // namespace
}  // namespace lockstep::replication

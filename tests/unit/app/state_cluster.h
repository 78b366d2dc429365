#pragma once

#include "app/config_store.h"
#include "base/log.h"
#include "protocol/messages/create_topics.h"
#include "tests/unit/support/fake_log.h"

#include <gtest/gtest.h>

#include <string>

namespace lockstep::app {

/// A cluster in memory that keeps a desired state, in a topic that a test gives it.
class StateClusterTest : public testing::Test {
protected:
    StateClusterTest() {
        broker_.metadata = test::metadata_of("east", 1, {});
        broker_.on(protocol::ApiKey::create_topics, [this](const test::ReceivedRequest& request) {
            protocol::CreateTopicsResponse response;
            auto& topic = response.topics.emplace_back();
            topic.name = ConfigStore::kTopic;
            topic.error_code = create_topic();
            request.answer(response);
        });
        log::set_level(log::Level::off);
    }
    ~StateClusterTest() override { log::set_level(log::Level::info); }

    static test::FakeTopic topic(uint8_t id = 1, int32_t leader = 1) {
        test::FakeTopic topic{ConfigStore::kTopic, Uuid{}, {leader}, 0};
        topic.id.bytes.fill(id);
        return topic;
    }

    /// The topic is there from now on; without a leader where `leader` is -1.
    void show_topic(uint8_t id = 1, int32_t leader = 1) {
        broker_.metadata = test::metadata_of("east", 1, {topic(id, leader)});
    }

    void append_record(const std::string& key, const std::string& value) {
        protocol::RecordBatchBuilder builder({.base_offset = Offset(log_.end)});
        builder.add(test::kRecordTimeMs, {.key = as_bytes(key), .value = as_bytes(value)});
        log_.append(*builder.build());
    }

    void append_version(int64_t number, const std::string& text = "") {
        const ConfigVersion version{number, test::kRecordTimeMs, "alice@host", "", text};
        append_record(version.key(), version.value());
    }

    /// What the broker answers when the topic is to be created.
    virtual int16_t create_topic() {
        show_topic();
        return 0;
    }

    test::ManualLoop loop_;
    test::ScriptedNetwork network_{loop_};
    Rng rng_{1};
    runtime::Runtime runtime_{loop_, network_, rng_};
    test::FakeBroker broker_{network_, {"east", 1}};
    test::FakeLog log_{loop_, broker_, topic()};
};

}  // namespace lockstep::app

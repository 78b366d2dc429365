#pragma once

#include "model/link.h"
#include "protocol/messages/describe_configs.h"
#include "tests/unit/support/fake_log.h"

#include <gtest/gtest.h>

#include <vector>

namespace lockstep::replication {

inline Uuid id_of(uint8_t byte) {
    Uuid id;
    id.bytes.fill(byte);
    return id;
}

/// Two clusters in memory, "src" and "dst", with the topic "orders" of one partition each.
class TwoClustersTest : public testing::Test {
protected:
    TwoClustersTest() {
        source_.metadata = test::metadata_of("src", 1, {{"orders", id_of(1), {1}, 0}});
        target_.metadata = test::metadata_of("dst", 1, {{"orders", id_of(2), {1}, 0}});
        for (test::FakeBroker* broker : {&source_, &target_}) {
            broker->on(protocol::ApiKey::describe_configs,
                       [this](const test::ReceivedRequest& r) { answer_configs(r); });
        }
    }

    static LinkSpec link_spec() {
        LinkSpec spec;
        spec.name = "test";
        spec.source = "src";
        spec.target = "dst";
        spec.topics = {"orders"};
        spec.offsets = OffsetsMode::preserve;
        return spec;
    }

    static std::vector<ClusterSpec> cluster_specs() {
        return {{"src", {Endpoint{"src", 1}}}, {"dst", {Endpoint{"dst", 1}}}};
    }

    void answer_configs(const test::ReceivedRequest& request) const {
        protocol::DescribeConfigsResponse response;
        for (const auto& asked : request.as<protocol::DescribeConfigsRequest>().resources) {
            auto& result = response.results.emplace_back();
            result.resource_type = asked.resource_type;
            result.resource_name = asked.resource_name;
            for (const auto& [name, value] : {std::pair{"cleanup.policy", cleanup_policy_},
                                              std::pair{"max.message.bytes", max_message_bytes_}}) {
                auto& config = result.configs.emplace_back();
                config.name = name;
                config.value = value;
            }
        }
        request.answer(response);
    }

    std::string cleanup_policy_ = "delete";
    std::string max_message_bytes_ = "1048588";
    test::ManualLoop loop_;
    test::ScriptedNetwork network_{loop_};
    Rng rng_{1};
    runtime::Runtime runtime_{loop_, network_, rng_};
    test::FakeBroker source_{network_, {"src", 1}};
    test::FakeBroker target_{network_, {"dst", 1}};
    test::FakeLog source_log_{loop_, source_, {"orders", id_of(1), {1}, 0}};
    test::FakeLog target_log_{loop_, target_, {"orders", id_of(2), {1}, 0}};
};

}  // namespace lockstep::replication

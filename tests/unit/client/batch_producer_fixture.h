#pragma once

#include "client/batch_producer.h"
#include "protocol/kafka_error.h"
#include "tests/unit/client/two_brokers.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::client {

using protocol::ApiKey;
using protocol::KafkaError;
using protocol::ProduceRequest;
using protocol::ProduceResponse;
using runtime::Task;
using test::ReceivedRequest;

inline Uuid orders_id() {
    Uuid id;
    id.bytes.fill(7);
    return id;
}

/// Writes down what it is told: "acknowledged 5", "stopped: ...".
class NotingListener : public ProduceListener {
public:
    Result<void> may_send() override {
        return may_not_send ? Result<void>(Error(*may_not_send)) : Result<void>();
    }
    bool on_acknowledged(const OutgoingBatch& batch, const Acknowledgement& answer) override {
        events.push_back(fmt::format("acknowledged {}", batch.base_offset.value()));
        last_answer = answer;
        return batch.base_offset != refuses;
    }
    void on_filled(const OutgoingGap& gap) override {
        events.push_back(fmt::format("filled {}+{}", gap.base_offset.value(), gap.count));
    }
    void on_stopped(const Error& error) override {
        events.emplace_back("stopped");
        stopped_with = error;
        then();
    }

    std::vector<std::string> events;
    std::optional<Acknowledgement> last_answer;
    std::optional<Error> stopped_with;
    std::optional<Error> may_not_send;
    std::optional<Offset> refuses;  // answers false to the acknowledgement of this one
    std::function<void()> then = [] {};  // after it was stopped
};

/// One partition's lane with its listener.
struct TestLane {
    NotingListener listener;
    std::shared_ptr<BatchProducer::Lane> lane;
};

/// A producer to a cluster of two brokers that keep what they are sent until the test answers.
class BatchProducerTest : public TwoBrokersTest {
protected:
    BatchProducerTest() {
        broker1_.hold(ApiKey::produce, held_);
        broker2_.hold(ApiKey::produce, held_by_2_);
        producer_ = std::make_unique<BatchProducer>(cluster_);
    }

    ~BatchProducerTest() override {
        producer_->request_stop();
        test::run(loop_, cluster_.close());
        test::run(loop_, producer_->join());
    }

    /// It lives until the producer has ended, as every owner of a lane must.
    TestLane* lane(int32_t index, int32_t leader = 1) {
        TestLane* made = lanes_.emplace_back(std::make_unique<TestLane>()).get();
        made->lane = producer_->add_lane({"orders", PartitionIndex(index)}, made->listener);
        made->lane->start(BrokerId(leader), orders_id());
        return made;
    }

    static OutgoingBatch batch(int64_t base_offset, size_t size = 100) {
        OutgoingBatch made;
        made.bytes.owner = std::shared_ptr<uint8_t[]>(new uint8_t[size]());
        made.bytes.data = made.bytes.owner.get();
        made.bytes.size = size;
        made.bytes.data[0] = static_cast<uint8_t>(base_offset);
        made.base_offset = Offset(base_offset);
        made.record_count = 1;
        return made;
    }

    void send(TestLane& to, std::vector<int64_t> base_offsets) {
        for (const int64_t offset : base_offsets) {
            to.lane->send(batch(offset));
        }
        loop_.settle();
    }

    /// Which batches a request holds: "orders-0:5" for the one of base offset 5.
    static std::vector<std::string> contents(const ReceivedRequest& request) {
        std::vector<std::string> texts;
        const auto message = request.as<ProduceRequest>();
        for (const auto& topic : message.topic_data) {
            for (const auto& partition : topic.partition_data) {
                texts.push_back(fmt::format("{}-{}:{}", topic.name.empty() ? "id" : topic.name,
                                            partition.index, partition.records.view()[0]));
            }
        }
        return texts;
    }

    /// Answers request number `index` of broker 1: each batch landed where it was to, or `error`.
    void answer(size_t index, KafkaError error = KafkaError::none) {
        ASSERT_LT(index, held_.size());
        answer_to(held_[index], error);
    }
    void answer_to(const ReceivedRequest& request, KafkaError error = KafkaError::none) {
        request.answer(response_to(request, error));
        loop_.settle();
    }

    static ProduceResponse response_to(const ReceivedRequest& request, KafkaError error) {
        ProduceResponse response;
        const auto message = request.as<ProduceRequest>();
        for (const auto& topic : message.topic_data) {
            auto& entry = response.responses.emplace_back();
            entry.name = topic.name;
            entry.topic_id = topic.topic_id;
            for (const auto& partition : topic.partition_data) {
                auto& answered = entry.partition_responses.emplace_back();
                answered.index = partition.index;
                answered.error_code = static_cast<int16_t>(error);
                answered.base_offset = error == KafkaError::none ? partition.records.view()[0] : -1;
            }
        }
        return response;
    }

    std::vector<ReceivedRequest> held_;
    std::vector<ReceivedRequest> held_by_2_;
    std::vector<std::unique_ptr<TestLane>> lanes_;
    std::unique_ptr<BatchProducer> producer_;
};

}  // namespace lockstep::client

#pragma once

// A cluster in virtual time, with the requests that transactional producers send.

#include "protocol/messages/add_offsets_to_txn.h"
#include "protocol/messages/add_partitions_to_txn.h"
#include "protocol/messages/end_txn.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/init_producer_id.h"
#include "protocol/messages/produce.h"
#include "protocol/record_batch_builder.h"
#include "sandbox/handler_table.h"
#include "sandbox/partition_log.h"
#include "sandbox/transaction_coordinator.h"
#include "tests/unit/support/manual_loop.h"

#include <gtest/gtest.h>

#include <deque>

namespace lockstep::sandbox {

using protocol::KafkaError;

/// What a batch is made of.
struct BatchSpec {
    ProducerIdentity producer;
    int32_t first_sequence = 0;
    int count = 1;
    bool is_transactional = true;
};

inline Bytes batch_of(const BatchSpec& spec) {
    protocol::RecordBatchBuilder builder(
        {.producer_id = spec.producer.id,
         .producer_epoch = spec.producer.epoch,
         .base_sequence = Sequence(spec.first_sequence),
         .attributes =
             spec.is_transactional ? protocol::batch_attribute::kTransactional : int16_t{0}});
    const uint8_t letter = 'x';
    for (int i = 0; i < spec.count; ++i) {
        builder.add(1'700'000'000'000,
                    {.key = ByteView(&letter, 1), .value = ByteView(&letter, 1)});
    }
    return *builder.build();
}

class TransactionWorld : public testing::Test {
protected:
    explicit TransactionWorld(KafkaVersion version = KafkaVersion::v4_3, int32_t brokers = 1)
        : cluster(loop, rng, options(version, brokers)) {
        cluster.create_topic("orders", 2, 1);
    }

    static ClusterOptions options(KafkaVersion version, int32_t brokers) {
        ClusterOptions options;
        options.version = version;
        options.brokers = brokers;
        return options;
    }

    /// Through the table of handlers, as the broker's connections do it.
    template <typename Request>
    typename Request::Response ask(const Request& request, int16_t version) {
        Call call{cluster, broker, connection, version, "test", {}, {}};
        protocol::WireWriter body;
        protocol::encode(request, version, body);
        const Bytes bytes = body.flatten();
        protocol::WireWriter answer;
        const auto* handler = HandlerTable::instance().find(Request::kKey);
        const Result<void> handled = test::run(loop, (*handler)(call, bytes, answer));
        EXPECT_FALSE(handled.has_error());
        answers_.push_back(answer.flatten());
        return *protocol::decode<typename Request::Response>(answers_.back(), version);
    }

    protocol::InitProducerIdResponse init(const std::string& id, ProducerIdentity known = {}) {
        protocol::InitProducerIdRequest request;
        request.transactional_id = id;
        request.transaction_timeout_ms = 60'000;
        request.producer_id = known.id.value();
        request.producer_epoch = known.epoch.value();
        return ask(request, 4);
    }

    /// A producer that is initialised.
    ProducerIdentity producer(const std::string& id) {
        const auto response = init(id);
        EXPECT_EQ(response.error_code, 0);
        return {ProducerId(response.producer_id), ProducerEpoch(response.producer_epoch)};
    }

    KafkaError add(const std::string& id, ProducerIdentity producer,
                   const std::vector<int32_t>& partitions = {0}, int16_t version = 3) {
        protocol::AddPartitionsToTxnRequest request;
        request.v3_and_below_transactional_id = id;
        request.v3_and_below_producer_id = producer.id.value();
        request.v3_and_below_producer_epoch = producer.epoch.value();
        request.v3_and_below_topics.push_back({"orders", partitions, {}});
        const auto response = ask(request, version);
        return KafkaError(response.results_by_topic_v3_and_below.at(0)
                              .results_by_partition.at(0)
                              .partition_error_code);
    }

    protocol::ProduceResponse::PartitionProduceResponse produce(const std::string& id,
                                                                const BatchSpec& spec,
                                                                int16_t version = 11) {
        const Bytes batch = batch_of(spec);
        return produce_bytes(id, batch, version);
    }

    protocol::ProduceResponse::PartitionProduceResponse produce_bytes(std::optional<std::string> id,
                                                                      const Bytes& batch,
                                                                      int16_t version) {
        protocol::ProduceRequest request;
        request.transactional_id = std::move(id);
        request.acks = -1;
        auto& topic = request.topic_data.emplace_back();
        topic.name = "orders";
        auto& data = topic.partition_data.emplace_back();
        data.index = 0;
        data.records = ByteView(batch);
        return ask(request, version).responses.at(0).partition_responses.at(0);
    }

    KafkaError error_of_produce(const std::string& id, const BatchSpec& spec,
                                int16_t version = 11) {
        return KafkaError(produce(id, spec, version).error_code);
    }

    protocol::EndTxnResponse end(const std::string& id, ProducerIdentity producer, bool is_commit,
                                 int16_t version = 3) {
        protocol::EndTxnRequest request;
        request.transactional_id = id;
        request.producer_id = producer.id.value();
        request.producer_epoch = producer.epoch.value();
        request.committed = is_commit;
        return ask(request, version);
    }

    KafkaError error_of_end(const std::string& id, ProducerIdentity producer, bool is_commit,
                            int16_t version = 3) {
        return KafkaError(end(id, producer, is_commit, version).error_code);
    }

    /// One partition of a read-committed Fetch.
    protocol::FetchResponse::PartitionData fetch(int64_t from = 0) {
        protocol::FetchRequest request;
        request.isolation_level = 1;
        request.session_epoch = -1;
        auto& topic = request.topics.emplace_back();
        topic.topic = "orders";
        auto& partition = topic.partitions.emplace_back();
        partition.fetch_offset = from;
        partition.partition_max_bytes = 1 << 20;
        return ask(request, 12).responses.at(0).partitions.at(0);
    }

    PartitionLog& log(int32_t partition = 0) {
        return cluster.find_partition("orders", partition)->log;
    }
    int64_t log_end(int32_t partition = 0) { return log(partition).end_offset().value(); }

    const TransactionEntry& entry(const std::string& id) {
        return *cluster.transactions().find(id);
    }
    std::string state(const std::string& id) { return std::string(name_of(entry(id).status)); }

    void set_leaderless(int32_t partition) {
        cluster.move_leader(*cluster.find_partition("orders", partition), kNoBroker);
    }

    test::ManualLoop loop;
    Rng rng{1};
    Cluster cluster;
    ClientConnection connection;
    BrokerId broker{1};

private:
    std::deque<Bytes> answers_;  // what records in answers point into
};

inline ProducerIdentity risen(ProducerIdentity producer, int by = 1) {
    return {producer.id, ProducerEpoch(static_cast<int16_t>(producer.epoch.value() + by))};
}

}  // namespace lockstep::sandbox

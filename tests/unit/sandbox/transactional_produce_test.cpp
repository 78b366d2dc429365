#include "tests/unit/sandbox/transaction_world.h"

namespace lockstep::sandbox {
namespace {

class ProduceTo28 : public TransactionWorld {
protected:
    ProduceTo28() : TransactionWorld(KafkaVersion::v2_8) {}
};

class ProduceTo39 : public TransactionWorld {
protected:
    ProduceTo39() : TransactionWorld(KafkaVersion::v3_9) {}
};

class ProduceTo43 : public TransactionWorld {};

TEST_F(ProduceTo28, NobodyAsksTheCoordinator) {
    EXPECT_EQ(error_of_produce("nobody", {{ProducerId(99), ProducerEpoch(0)}, 5}, 9),
              KafkaError::none);
    EXPECT_EQ(log().last_stable_offset(), Offset(0));
}

TEST_F(ProduceTo39, PartitionThatWasNotAdded_IsRefusedAsTheClientUnderstandsIt) {
    const ProducerIdentity writer = producer("a");
    EXPECT_EQ(error_of_produce("a", {writer, 0}, 10), KafkaError::invalid_txn_state);
    EXPECT_EQ(error_of_produce("a", {writer, 0}, 11), KafkaError::transaction_abortable);
    EXPECT_EQ(log_end(), 0);
    ASSERT_EQ(add("a", writer), KafkaError::none);
    EXPECT_EQ(error_of_produce("a", {writer, 0}, 11), KafkaError::none);
}

TEST_F(ProduceTo39, ProducerThatTheCoordinatorDoesNotKnow_IsRefused) {
    const ProducerIdentity invented{ProducerId(1'000'000), ProducerEpoch(0)};
    EXPECT_EQ(error_of_produce("a", {invented, 0}), KafkaError::invalid_producer_id_mapping);
    producer("a");
    EXPECT_EQ(error_of_produce("a", {invented, 0}), KafkaError::invalid_producer_id_mapping);
    EXPECT_EQ(log_end(), 0);
}

TEST_F(ProduceTo39, OldEpoch_IsRefused_AlsoByALeaderThatHasNotHeardOfTheNewOne) {
    const ProducerIdentity writer = producer("a");
    producer("a");
    EXPECT_EQ(error_of_produce("a", {writer, 0}), KafkaError::invalid_producer_epoch);
}

TEST_F(ProduceTo39, DataAfterTheEnd_IsRefused_SoThatNoTransactionHangs) {
    const ProducerIdentity writer = producer("a");
    ASSERT_EQ(add("a", writer), KafkaError::none);
    ASSERT_EQ(error_of_produce("a", {writer, 0}), KafkaError::none);
    ASSERT_EQ(error_of_end("a", writer, true), KafkaError::none);
    EXPECT_EQ(error_of_produce("a", {writer, 1}), KafkaError::transaction_abortable);
    EXPECT_EQ(log_end(), 2);
    EXPECT_EQ(log().last_stable_offset(), Offset(2));
}

TEST_F(ProduceTo39, NoAnswerWhetherItEnded_LooksLikeTooFewReplicas) {
    const ProducerIdentity writer = producer("a");
    ASSERT_EQ(add("a", writer, {0, 1}), KafkaError::none);
    set_leaderless(1);
    ASSERT_EQ(error_of_end("a", writer, true), KafkaError::none);
    ASSERT_EQ(state("a"), "PrepareCommit");
    EXPECT_EQ(error_of_produce("a", {writer, 0}), KafkaError::not_enough_replicas);
}

TEST_F(ProduceTo43, TransactionalBatches_NeedATransactionalId) {
    const ProducerIdentity writer = producer("a");
    ASSERT_EQ(add("a", writer), KafkaError::none);
    const Bytes batch = batch_of({writer, 0});
    EXPECT_EQ(produce_bytes(std::nullopt, batch, 11).error_code,
              code(KafkaError::transactional_id_authorization_failed));
    EXPECT_EQ(log_end(), 0);
}

TEST_F(ProduceTo43, PlainBatches_NeedNoTransaction) {
    EXPECT_EQ(error_of_produce("a", {{ProducerId(99), ProducerEpoch(0)}, 5, 1, false}),
              KafkaError::none);
    EXPECT_EQ(cluster.transactions().find("a"), nullptr);
}

TEST_F(ProduceTo43, TwoProducersInOneRequest_AreRefused) {
    const ProducerIdentity writer = producer("a");
    const Bytes first = batch_of({writer, 0});
    const Bytes second = batch_of({risen(writer), 0});
    protocol::ProduceRequest request;
    request.transactional_id = "a";
    request.acks = -1;
    auto& topic = request.topic_data.emplace_back();
    topic.name = "orders";
    topic.partition_data.push_back({0, ByteView(first), {}});
    topic.partition_data.push_back({1, ByteView(second), {}});
    const auto response = ask(request, 12);
    for (const auto& answer : response.responses.at(0).partition_responses) {
        EXPECT_EQ(answer.error_code, code(KafkaError::invalid_producer_id_mapping));
    }
    EXPECT_EQ(log_end(0) + log_end(1), 0);
}

TEST_F(ProduceTo43, NewClients_BeginTheTransactionByProducing) {
    const ProducerIdentity writer = producer("a");
    EXPECT_EQ(error_of_produce("a", {writer, 0}, 12), KafkaError::none);
    EXPECT_EQ(state("a"), "Ongoing");
    EXPECT_EQ(entry("a").partitions.size(), 1);
    EXPECT_EQ(error_of_produce("a", {writer, 1}, 12), KafkaError::none);
}

TEST_F(ProduceTo43, NewClients_WaitForThePreviousEnd) {
    const ProducerIdentity writer = producer("a");
    ASSERT_EQ(error_of_produce("a", {writer, 0}, 12), KafkaError::none);
    cluster.transactions().add("a", writer, {{"orders", PartitionIndex(1)}}, 2);
    set_leaderless(1);
    ASSERT_EQ(error_of_end("a", writer, true, 5), KafkaError::none);
    EXPECT_EQ(error_of_produce("a", {risen(writer), 0}, 12), KafkaError::concurrent_transactions);
    EXPECT_EQ(log_end(), 2);
}

TEST_F(ProduceTo43, SequencesBeginAgain_WithEachTransaction) {
    const ProducerIdentity writer = producer("a");
    ASSERT_EQ(error_of_produce("a", {writer, 0, 3}, 12), KafkaError::none);
    ASSERT_EQ(error_of_end("a", writer, true, 5), KafkaError::none);
    EXPECT_EQ(error_of_produce("a", {risen(writer), 3}, 12),
              KafkaError::out_of_order_sequence_number);
    EXPECT_EQ(error_of_produce("a", {risen(writer), 0}, 12), KafkaError::none);
    EXPECT_EQ(error_of_produce("a", {writer, 3}, 12), KafkaError::invalid_producer_epoch);
}

TEST_F(ProduceTo43, Retry_GetsItsOldOffset_WhileTheTransactionIsOpen) {
    const ProducerIdentity writer = producer("a");
    ASSERT_EQ(error_of_produce("a", {writer, 0}, 12), KafkaError::none);
    ASSERT_EQ(error_of_produce("a", {writer, 1}, 12), KafkaError::none);
    EXPECT_EQ(produce("a", {writer, 0}, 12).base_offset, 0);
    EXPECT_EQ(log_end(), 2);
}

TEST(UnverifiedProduce, IsTaken_WhereBrokersAreToldNotToVerify) {
    test::ManualLoop loop;
    Rng rng(1);
    ClusterOptions options;
    options.broker_config["transaction.partition.verification.enable"] = "false";
    Cluster cluster(loop, rng, options);
    Topic& topic = cluster.create_topic("orders", 1, 1);
    ClientConnection connection;
    Call call{cluster, BrokerId(1), connection, 11, "test", {}, {}};
    const Bytes batch = batch_of({{ProducerId(99), ProducerEpoch(0)}, 5});
    protocol::ProduceRequest request;
    request.transactional_id = "any";
    request.acks = -1;
    auto& data = request.topic_data.emplace_back();
    data.name = "orders";
    data.partition_data.push_back({0, ByteView(batch), {}});
    protocol::WireWriter body;
    protocol::encode(request, 11, body);
    const Bytes bytes = body.flatten();
    protocol::WireWriter answer;
    const auto* handler = HandlerTable::instance().find(protocol::ApiKey::produce);
    EXPECT_FALSE(test::run(loop, (*handler)(call, bytes, answer)).has_error());
    EXPECT_EQ(topic.partitions.at(0)->log.end_offset(), Offset(1));
    EXPECT_EQ(topic.partitions.at(0)->log.last_stable_offset(), Offset(0));
}

TEST_F(ProduceTo43, FetchShowsDecidedDataOnly_AndWhatWasAborted) {
    const ProducerIdentity first = producer("a");
    const ProducerIdentity second = producer("b");
    ASSERT_EQ(error_of_produce("a", {first, 0, 2}, 12), KafkaError::none);
    ASSERT_EQ(error_of_produce("b", {second, 0, 3}, 12), KafkaError::none);
    EXPECT_EQ(fetch().last_stable_offset, 0);
    EXPECT_EQ(fetch().records.size(), 0);
    ASSERT_EQ(error_of_end("a", first, false, 5), KafkaError::none);
    EXPECT_EQ(fetch().last_stable_offset, 2);
    ASSERT_EQ(fetch().aborted_transactions->size(), 1);
    ASSERT_EQ(error_of_end("b", second, true, 5), KafkaError::none);
    const auto fetched = fetch();
    EXPECT_EQ(fetched.high_watermark, 7);
    EXPECT_EQ(fetched.last_stable_offset, 7);
    ASSERT_EQ(fetched.aborted_transactions->size(), 1);
    EXPECT_EQ(fetched.aborted_transactions->at(0).producer_id, first.id.value());
    EXPECT_EQ(fetched.aborted_transactions->at(0).first_offset, 0);
    EXPECT_TRUE(fetch(6).aborted_transactions->empty());
}

}  // namespace
}  // namespace lockstep::sandbox

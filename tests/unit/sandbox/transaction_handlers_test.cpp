#include "protocol/messages/describe_producers.h"
#include "protocol/messages/describe_transactions.h"
#include "protocol/messages/list_transactions.h"
#include "protocol/messages/txn_offset_commit.h"
#include "protocol/messages/write_txn_markers.h"
#include "tests/unit/sandbox/transaction_world.h"

namespace lockstep::sandbox {
namespace {

class TransactionHandlers : public TransactionWorld {
protected:
    static protocol::WriteTxnMarkersRequest markers(ProducerIdentity producer, int count,
                                                    int32_t coordinator_epoch = 0) {
        protocol::WriteTxnMarkersRequest request;
        for (int i = 0; i < count; ++i) {
            auto& marker = request.markers.emplace_back();
            marker.producer_id = producer.id.value();
            marker.producer_epoch = producer.epoch.value();
            marker.coordinator_epoch = coordinator_epoch;
            marker.topics.push_back({"orders", {0}, {}});
        }
        return request;
    }
    KafkaError mark(ProducerIdentity producer, int32_t coordinator_epoch = 0) {
        const auto response = ask(markers(producer, 1, coordinator_epoch), 1);
        return KafkaError(response.markers.at(0).topics.at(0).partitions.at(0).error_code);
    }

    KafkaError commit_offset(const std::string& id, ProducerIdentity producer, int16_t version,
                             const std::string& topic = "orders") {
        protocol::TxnOffsetCommitRequest request;
        request.transactional_id = id;
        request.group_id = "readers";
        request.producer_id = producer.id.value();
        request.producer_epoch = producer.epoch.value();
        auto& asked = request.topics.emplace_back();
        asked.name = topic;
        asked.partitions.emplace_back().committed_offset = 17;
        const auto response = ask(request, version);
        return KafkaError(response.topics.at(0).partitions.at(0).error_code);
    }
    KafkaError add_offsets(const std::string& id, ProducerIdentity producer, int16_t version = 3) {
        protocol::AddOffsetsToTxnRequest request;
        request.transactional_id = id;
        request.producer_id = producer.id.value();
        request.producer_epoch = producer.epoch.value();
        request.group_id = "readers";
        return KafkaError(ask(request, version).error_code);
    }

    std::vector<std::string> listed(const protocol::ListTransactionsRequest& request) {
        std::vector<std::string> ids;
        for (const auto& told : ask(request, 2).transaction_states) {
            ids.push_back(told.transactional_id);
        }
        return ids;
    }
};

TEST_F(TransactionHandlers, ProducerIdWithoutTransactionalId_ComesFromAnyBroker) {
    protocol::InitProducerIdRequest request;
    request.transactional_id.reset();
    EXPECT_EQ(ask(request, 0).producer_id, 0);
    EXPECT_EQ(ask(request, 4).producer_id, 1);
    EXPECT_EQ(ask(request, 4).producer_epoch, 0);
    request.producer_id = 5;
    EXPECT_EQ(ask(request, 4).error_code, code(KafkaError::invalid_request));
    EXPECT_EQ(ask(request, 4).producer_id, -1);
}

TEST_F(TransactionHandlers, FencedInit_IsAnOldEpochBeforeVersion4) {
    const ProducerIdentity writer = producer("a");
    producer("a");
    protocol::InitProducerIdRequest request;
    request.transactional_id = "a";
    request.transaction_timeout_ms = 1'000;
    request.producer_id = writer.id.value();
    request.producer_epoch = writer.epoch.value();
    EXPECT_EQ(ask(request, 3).error_code, code(KafkaError::invalid_producer_epoch));
    EXPECT_EQ(ask(request, 4).error_code, code(KafkaError::producer_fenced));
}

TEST_F(TransactionHandlers, TwoPhaseCommit_IsSwitchedOff) {
    protocol::InitProducerIdRequest request;
    request.transactional_id = "a";
    request.transaction_timeout_ms = 1'000;
    request.enable2_pc = true;
    EXPECT_EQ(ask(request, 6).error_code, code(KafkaError::transactional_id_authorization_failed));
    request.enable2_pc = false;
    request.keep_prepared_txn = true;
    EXPECT_EQ(ask(request, 6).error_code, code(KafkaError::unsupported_version));
}

TEST_F(TransactionHandlers, AddPartitions_AddsAllOrNone) {
    const ProducerIdentity writer = producer("a");
    protocol::AddPartitionsToTxnRequest request;
    request.v3_and_below_transactional_id = "a";
    request.v3_and_below_producer_id = writer.id.value();
    request.v3_and_below_producer_epoch = writer.epoch.value();
    request.v3_and_below_topics.push_back({"orders", {0, 7}, {}});
    request.v3_and_below_topics.push_back({protocol::kTransactionLogTopic, {0}, {}});
    const auto response = ask(request, 3);
    std::map<std::string, std::vector<int16_t>> errors;
    for (const auto& topic : response.results_by_topic_v3_and_below) {
        for (const auto& result : topic.results_by_partition) {
            errors[topic.name].push_back(result.partition_error_code);
        }
    }
    EXPECT_EQ(errors["orders"],
              (std::vector<int16_t>{code(KafkaError::operation_not_attempted),
                                    code(KafkaError::unknown_topic_or_partition)}));
    EXPECT_EQ(errors[protocol::kTransactionLogTopic].at(0),
              code(KafkaError::topic_authorization_failed));
    EXPECT_EQ(state("a"), "Empty");
}

TEST_F(TransactionHandlers, AddPartitionsOfBrokers_AddsOrAsks_ForManyTransactions) {
    const ProducerIdentity first = producer("a");
    const ProducerIdentity second = producer("b");
    protocol::AddPartitionsToTxnRequest request;
    for (const auto& [id, writer] : {std::pair("a", first), std::pair("b", second)}) {
        auto& transaction = request.transactions.emplace_back();
        transaction.transactional_id = id;
        transaction.producer_id = writer.id.value();
        transaction.producer_epoch = writer.epoch.value();
        transaction.verify_only = writer == second;
        transaction.topics.push_back({"orders", {0, 1}, {}});
    }
    const auto response = ask(request, 5);
    ASSERT_EQ(response.results_by_transaction.size(), 2);
    const auto error = [&](size_t transaction, size_t partition) {
        return response.results_by_transaction.at(transaction)
            .topic_results.at(0)
            .results_by_partition.at(partition)
            .partition_error_code;
    };
    EXPECT_EQ(error(0, 0), 0);
    EXPECT_EQ(error(0, 1), 0);
    EXPECT_EQ(error(1, 0), code(KafkaError::transaction_abortable));
    EXPECT_EQ(state("a"), "Ongoing");
    EXPECT_EQ(state("b"), "Empty");
}

TEST_F(TransactionHandlers, Offsets_NeedTheirGroupInTheTransaction) {
    const ProducerIdentity writer = producer("a");
    EXPECT_EQ(commit_offset("a", writer, 3), KafkaError::invalid_txn_state);
    EXPECT_EQ(commit_offset("a", writer, 4), KafkaError::transaction_abortable);
    EXPECT_EQ(add_offsets("a", writer), KafkaError::none);
    EXPECT_EQ(commit_offset("a", writer, 3), KafkaError::none);
    EXPECT_EQ(commit_offset("a", writer, 3, "absent"), KafkaError::unknown_topic_or_partition);
    EXPECT_EQ(error_of_end("a", writer, true), KafkaError::none);
    EXPECT_EQ(state("a"), "CompleteCommit");
}

TEST_F(TransactionHandlers, Offsets_BringTheirGroupAlong_FromVersion5On) {
    const ProducerIdentity writer = producer("a");
    EXPECT_EQ(commit_offset("a", writer, 5), KafkaError::none);
    EXPECT_EQ(state("a"), "Ongoing");
    EXPECT_EQ(entry("a").partitions.begin()->topic, "__consumer_offsets");
    EXPECT_EQ(error_of_end("a", writer, true, 5), KafkaError::none);
    EXPECT_EQ(commit_offset("a", writer, 5), KafkaError::invalid_producer_epoch);
    EXPECT_EQ(add_offsets("a", writer, 1), KafkaError::invalid_producer_epoch);
    EXPECT_EQ(add_offsets("a", writer, 2), KafkaError::producer_fenced);
}

TEST_F(TransactionHandlers, ThousandMarkers_AreAThousandOffsets_AndOneAnswer) {
    const ProducerIdentity filler{ProducerId(1LL << 62), ProducerEpoch(0)};
    const auto response = ask(markers(filler, 1'000), 1);
    ASSERT_EQ(response.markers.size(), 1);
    ASSERT_EQ(response.markers.at(0).topics.size(), 1);
    ASSERT_EQ(response.markers.at(0).topics.at(0).partitions.size(), 1);
    EXPECT_EQ(response.markers.at(0).topics.at(0).partitions.at(0).error_code, 0);
    EXPECT_EQ(log_end(), 1'000);
    EXPECT_EQ(log().size_bytes(), 78'000);
    EXPECT_EQ(log().last_stable_offset(), Offset(1'000));
    EXPECT_EQ(log().producers().entries().size(), 1);
    EXPECT_TRUE(log().aborted_between(Offset(0), Offset(1'000)).empty());
}

TEST_F(TransactionHandlers, Marker_IsWrittenOnceIntoAPartitionThatItNamesTwice) {
    auto request = markers({ProducerId(1), ProducerEpoch(0)}, 1);
    request.markers.at(0).topics.at(0).partition_indexes = {1, 0, 1};
    ask(request, 1);
    EXPECT_EQ(log_end(0), 1);
    EXPECT_EQ(log_end(1), 1);
}

TEST_F(TransactionHandlers, Markers_AreRefusedFromOlderCoordinatorsAndElsewhere) {
    const ProducerIdentity filler{ProducerId(1LL << 62), ProducerEpoch(0)};
    EXPECT_EQ(mark(filler, 5), KafkaError::none);
    EXPECT_EQ(mark(filler, 0), KafkaError::transaction_coordinator_fenced);
    set_leaderless(0);
    EXPECT_EQ(mark(filler, 5), KafkaError::not_leader_or_follower);
    auto request = markers(filler, 1);
    request.markers.at(0).topics.at(0).name = "absent";
    EXPECT_EQ(ask(request, 1).markers.at(0).topics.at(0).partitions.at(0).error_code,
              code(KafkaError::unknown_topic_or_partition));
}

TEST_F(TransactionHandlers, MarkerByHand_EndsATransaction_ButNotForItsCoordinator) {
    const ProducerIdentity writer = producer("a");
    ASSERT_EQ(add("a", writer), KafkaError::none);
    ASSERT_EQ(error_of_produce("a", {writer, 0}), KafkaError::none);
    EXPECT_EQ(mark(writer), KafkaError::none);
    EXPECT_EQ(log().last_stable_offset(), Offset(2));
    EXPECT_EQ(error_of_end("a", writer, true), KafkaError::none);
    EXPECT_EQ(log_end(), 3);  // one marker more
}

TEST_F(TransactionHandlers, Describe_TellsStateProducerAndPartitions) {
    const ProducerIdentity writer = producer("a");
    ASSERT_EQ(add("a", writer, {0, 1}), KafkaError::none);
    protocol::DescribeTransactionsRequest request;
    request.transactional_ids = {"a", "absent", ""};
    const auto states = ask(request, 0).transaction_states;
    ASSERT_EQ(states.size(), 3);
    EXPECT_EQ(states[0].transaction_state, "Ongoing");
    EXPECT_EQ(states[0].producer_id, writer.id.value());
    EXPECT_EQ(states[0].transaction_timeout_ms, 60'000);
    EXPECT_EQ(states[0].transaction_start_time_ms, cluster.now_ms());
    EXPECT_EQ(states[0].topics.at(0).partitions, (std::vector<int32_t>{0, 1}));
    EXPECT_EQ(states[1].error_code, code(KafkaError::transactional_id_not_found));
    EXPECT_EQ(states[2].error_code, code(KafkaError::invalid_request));
}

TEST_F(TransactionHandlers, List_FiltersByStateProducerAgeAndPattern) {
    const ProducerIdentity first = producer("app-1");
    producer("app-2");
    ASSERT_EQ(add("app-1", first), KafkaError::none);
    EXPECT_EQ(listed({}), (std::vector<std::string>{"app-1", "app-2"}));
    protocol::ListTransactionsRequest request;
    request.state_filters = {"Ongoing", "Nonsense"};
    EXPECT_EQ(listed(request), (std::vector<std::string>{"app-1"}));
    EXPECT_EQ(ask(request, 2).unknown_state_filters, (std::vector<std::string>{"Nonsense"}));
    request = {};
    request.producer_id_filters = {1};
    EXPECT_EQ(listed(request), (std::vector<std::string>{"app-2"}));
    request = {};
    request.duration_filter = 500;
    request.state_filters = {"Ongoing"};
    EXPECT_TRUE(listed(request).empty());
    loop.advance(std::chrono::seconds(1));
    EXPECT_EQ(listed(request), (std::vector<std::string>{"app-1"}));
    request = {};
    request.transactional_id_pattern = ".*-2";
    EXPECT_EQ(listed(request), (std::vector<std::string>{"app-2"}));
    request.transactional_id_pattern = "(";
    EXPECT_EQ(ask(request, 2).error_code, code(KafkaError::invalid_regular_expression));
}

TEST_F(TransactionHandlers, DescribeProducers_TellsSequencesAndOpenTransactions) {
    const ProducerIdentity writer = producer("a");
    ASSERT_EQ(error_of_produce("a", {writer, 0, 3}, 12), KafkaError::none);
    protocol::DescribeProducersRequest request;
    request.topics.push_back({"orders", {0, 9}, {}});
    const auto partitions = ask(request, 0).topics.at(0).partitions;
    ASSERT_EQ(partitions.at(0).active_producers.size(), 1);
    const auto& told = partitions.at(0).active_producers.at(0);
    EXPECT_EQ(told.producer_id, writer.id.value());
    EXPECT_EQ(told.last_sequence, 2);
    EXPECT_EQ(told.coordinator_epoch, -1);
    EXPECT_EQ(told.current_txn_start_offset, 0);
    EXPECT_EQ(partitions.at(1).error_code, code(KafkaError::unknown_topic_or_partition));
}

class ThreeBrokers : public TransactionWorld {
protected:
    ThreeBrokers() : TransactionWorld(KafkaVersion::v4_3, 3) {
        broker = cluster.coordinator_of("a");
    }
};

TEST_F(ThreeBrokers, OnlyTheCoordinatorAnswers) {
    const ProducerIdentity writer = producer("a");
    const BrokerId coordinator = broker;
    broker = BrokerId(coordinator.value() % 3 + 1);
    EXPECT_EQ(init("a").error_code, code(KafkaError::not_coordinator));
    EXPECT_EQ(add("a", writer), KafkaError::not_coordinator);
    EXPECT_EQ(error_of_end("a", writer, true), KafkaError::not_coordinator);
    EXPECT_EQ(init("").error_code, code(KafkaError::invalid_request));
    EXPECT_EQ(add("", writer), KafkaError::invalid_request);
    EXPECT_EQ(error_of_end("", writer, true), KafkaError::invalid_request);
    protocol::ListTransactionsRequest request;
    EXPECT_TRUE(ask(request, 0).transaction_states.empty());
}

TEST_F(ThreeBrokers, TransactionSurvivesItsCoordinator) {
    const ProducerIdentity writer = producer("a");
    ASSERT_EQ(add("a", writer, {0, 1}), KafkaError::none);
    const BrokerId before = broker;
    cluster.set_broker_up(before, false);
    broker = cluster.coordinator_of("a");
    ASSERT_NE(broker, before);
    EXPECT_EQ(state("a"), "Ongoing");
    EXPECT_EQ(error_of_end("a", writer, true), KafkaError::none);
    cluster.set_broker_up(before, true);
    loop.advance(std::chrono::seconds(1));
    EXPECT_EQ(state("a"), "CompleteCommit");
    EXPECT_EQ(log_end(0), 1);
    EXPECT_EQ(log_end(1), 1);
}

TEST_F(ThreeBrokers, MarkersWaitForReplicasInSync) {
    cluster.delete_topic("orders");
    Topic& topic = cluster.create_topic("orders", 1, 2);
    topic.config["min.insync.replicas"] = "2";
    cluster.apply_config(topic);
    const ProducerIdentity writer = producer("a");
    ASSERT_EQ(add("a", writer), KafkaError::none);
    Partition& partition = *topic.partitions.at(0);
    const std::vector<BrokerId> all = partition.in_sync;
    partition.in_sync = {partition.leader};
    EXPECT_EQ(error_of_end("a", writer, true), KafkaError::none);
    EXPECT_EQ(state("a"), "PrepareCommit");

    broker = partition.leader;
    protocol::WriteTxnMarkersRequest by_hand;
    by_hand.markers.emplace_back().topics.push_back({"orders", {0}, {}});
    EXPECT_EQ(ask(by_hand, 1).markers.at(0).topics.at(0).partitions.at(0).error_code,
              code(KafkaError::not_enough_replicas));

    partition.in_sync = all;
    loop.advance(std::chrono::seconds(1));
    EXPECT_EQ(state("a"), "CompleteCommit");
    EXPECT_EQ(log_end(), 1);
}

}  // namespace
}  // namespace lockstep::sandbox

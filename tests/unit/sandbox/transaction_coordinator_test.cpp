#include "sandbox/transaction_coordinator.h"

#include "protocol/records.h"
#include "tests/unit/sandbox/transaction_world.h"

namespace lockstep::sandbox {
namespace {

using protocol::TransactionStatus;

class OldTransactions : public TransactionWorld {
protected:
    OldTransactions() : TransactionWorld(KafkaVersion::v2_8) {}
};

class NewTransactions : public TransactionWorld {};

/// What __transaction_state says, the oldest first.
std::vector<protocol::TransactionState> history(const Cluster& cluster) {
    std::vector<protocol::TransactionState> states;
    const auto topic = cluster.find_topic(protocol::kTransactionLogTopic);
    for (const auto& partition : topic->partitions) {
        partition->log.segments().for_each(
            Offset(0), [&](const BatchPlace&, const protocol::RecordBatchView& view) {
                auto reader = protocol::RecordReader::open(view);
                const auto record = reader->next();
                const auto state = protocol::parse_transaction_state(**record);
                if (*state) {
                    states.push_back(**state);
                }
                return true;
            });
    }
    return states;
}

TEST_F(NewTransactions, ProducerIds_CountFromZero) {
    EXPECT_EQ(producer("a"), (ProducerIdentity{ProducerId(0), ProducerEpoch(0)}));
    EXPECT_EQ(producer("b"), (ProducerIdentity{ProducerId(1), ProducerEpoch(0)}));
    EXPECT_EQ(producer("a"), (ProducerIdentity{ProducerId(0), ProducerEpoch(1)}));
    EXPECT_EQ(cluster.transactions().new_producer_id(), ProducerId(2));
}

TEST_F(NewTransactions, Timeouts_MustBeBetweenOneAndTheBrokersLimit) {
    TransactionCoordinator& coordinator = cluster.transactions();
    EXPECT_EQ(coordinator.init("a", 900'001, {}).error, KafkaError::invalid_transaction_timeout);
    EXPECT_EQ(coordinator.init("a", 0, {}).error, KafkaError::invalid_transaction_timeout);
    EXPECT_EQ(coordinator.init("a", 900'000, {}).error, KafkaError::none);
    EXPECT_EQ(coordinator.init("", 1, {}).error, KafkaError::invalid_request);
}

TEST_F(OldTransactions, States_AreKafkas_FromEmptyToComplete) {
    const ProducerIdentity writer = producer("a");
    EXPECT_EQ(state("a"), "Empty");
    EXPECT_EQ(add("a", writer), KafkaError::none);
    EXPECT_EQ(state("a"), "Ongoing");
    EXPECT_EQ(error_of_end("a", writer, true), KafkaError::none);
    EXPECT_EQ(state("a"), "CompleteCommit");
    EXPECT_EQ(error_of_end("a", writer, true), KafkaError::none);  // the answer got lost
    EXPECT_EQ(error_of_end("a", writer, false), KafkaError::invalid_txn_state);
    EXPECT_EQ(add("a", writer), KafkaError::none);
    EXPECT_EQ(error_of_end("a", writer, false), KafkaError::none);
    EXPECT_EQ(state("a"), "CompleteAbort");
    EXPECT_EQ(log_end(), 2);
    EXPECT_EQ(log_end(1), 0);
}

TEST_F(OldTransactions, Init_AbortsWhatIsOpen_AndFencesItsProducer) {
    const ProducerIdentity writer = producer("a");
    ASSERT_EQ(add("a", writer), KafkaError::none);
    ASSERT_EQ(error_of_produce("a", {writer, 0}, 9), KafkaError::none);
    EXPECT_EQ(init("a").error_code, code(KafkaError::concurrent_transactions));
    EXPECT_EQ(state("a"), "CompleteAbort");
    EXPECT_EQ(fetch().aborted_transactions->size(), 1);
    EXPECT_EQ(producer("a"), risen(writer, 2));
    EXPECT_EQ(add("a", writer), KafkaError::producer_fenced);
    EXPECT_EQ(add("a", writer, {0}, 1), KafkaError::invalid_producer_epoch);
    EXPECT_EQ(error_of_end("a", writer, true), KafkaError::producer_fenced);
    EXPECT_EQ(error_of_end("a", writer, true, 1), KafkaError::invalid_producer_epoch);
    EXPECT_EQ(error_of_produce("a", {writer, 1}, 9), KafkaError::invalid_producer_epoch);
}

TEST_F(OldTransactions, Add_KnowsProducersByTheirIds) {
    const ProducerIdentity writer = producer("a");
    EXPECT_EQ(add("b", writer), KafkaError::invalid_producer_id_mapping);
    EXPECT_EQ(add("a", {ProducerId(77), writer.epoch}), KafkaError::invalid_producer_id_mapping);
    EXPECT_EQ(error_of_end("b", writer, true), KafkaError::invalid_producer_id_mapping);
}

TEST_F(OldTransactions, Timeout_AbortsWithANewEpoch) {
    const ProducerIdentity writer = producer("a");
    ASSERT_EQ(add("a", writer), KafkaError::none);
    ASSERT_EQ(error_of_produce("a", {writer, 0}, 9), KafkaError::none);
    loop.advance(std::chrono::seconds(60));
    EXPECT_EQ(state("a"), "Ongoing");
    EXPECT_EQ(log().last_stable_offset(), Offset(0));
    loop.advance(std::chrono::milliseconds(2));
    EXPECT_EQ(state("a"), "CompleteAbort");
    EXPECT_EQ(entry("a").producer, risen(writer));
    EXPECT_EQ(log().last_stable_offset(), Offset(2));
    EXPECT_EQ(error_of_end("a", writer, true), KafkaError::producer_fenced);
    EXPECT_EQ(init("a", writer).error_code, code(KafkaError::producer_fenced));
    EXPECT_FALSE(loop.has_timers());
}

TEST_F(NewTransactions, Timeout_LeavesTheProducerItsNextEpoch) {
    const ProducerIdentity writer = producer("a");
    ASSERT_EQ(error_of_produce("a", {writer, 0}, 12), KafkaError::none);
    loop.advance(std::chrono::seconds(61));
    EXPECT_EQ(state("a"), "CompleteAbort");
    EXPECT_EQ(error_of_end("a", writer, true, 5), KafkaError::invalid_txn_state);
    const auto response = init("a", writer);
    EXPECT_EQ(response.error_code, 0);
    EXPECT_EQ(response.producer_epoch, risen(writer).epoch.value());
}

TEST_F(NewTransactions, CleanUp_EndsWhatTheBrokersClockSaysIsOver) {
    const ProducerIdentity writer = producer("a");
    ASSERT_EQ(add("a", writer), KafkaError::none);
    cluster.shift_clock(60'001);
    cluster.clean_up();
    EXPECT_EQ(state("a"), "CompleteAbort");
}

TEST_F(NewTransactions, CleanUp_ForgetsUnusedIds_ButNotOpenTransactions) {
    producer("unused");
    const ProducerIdentity writer = producer("open");
    set_leaderless(0);
    ASSERT_EQ(add("open", writer), KafkaError::none);
    cluster.shift_clock(604'800'000);
    cluster.clean_up();
    EXPECT_EQ(cluster.transactions().find("unused"), nullptr);
    EXPECT_EQ(state("open"), "PrepareAbort");
    EXPECT_EQ(add("unused", {ProducerId(0), ProducerEpoch(0)}),
              KafkaError::invalid_producer_id_mapping);
}

TEST_F(OldTransactions, PartitionWithoutLeader_GetsItsMarkerLater) {
    const ProducerIdentity writer = producer("a");
    ASSERT_EQ(add("a", writer, {0, 1}), KafkaError::none);
    set_leaderless(1);
    EXPECT_EQ(error_of_end("a", writer, true), KafkaError::none);
    EXPECT_EQ(state("a"), "PrepareCommit");
    EXPECT_EQ(log_end(0), 1);
    EXPECT_EQ(error_of_end("a", writer, true), KafkaError::concurrent_transactions);
    EXPECT_EQ(add("a", writer), KafkaError::concurrent_transactions);
    EXPECT_EQ(init("a").error_code, code(KafkaError::concurrent_transactions));
    loop.advance(std::chrono::seconds(5));
    EXPECT_EQ(state("a"), "PrepareCommit");
    cluster.move_leader(*cluster.find_partition("orders", 1), BrokerId(1));
    loop.advance(std::chrono::seconds(1));
    EXPECT_EQ(state("a"), "CompleteCommit");
    EXPECT_EQ(log_end(0), 1);
    EXPECT_EQ(log_end(1), 1);
    EXPECT_EQ(add("a", writer), KafkaError::none);
}

TEST_F(OldTransactions, DeletedTopic_NeedsNoMarker) {
    const ProducerIdentity writer = producer("a");
    ASSERT_EQ(add("a", writer), KafkaError::none);
    cluster.delete_topic("orders");
    EXPECT_EQ(error_of_end("a", writer, true), KafkaError::none);
    EXPECT_EQ(state("a"), "CompleteCommit");
}

TEST_F(OldTransactions, LastEpoch_LeadsToANewProducerId) {
    ProducerIdentity writer = producer("a");
    while (writer.epoch.value() < TransactionEntry::kLastEpoch) {
        writer = cluster.transactions().init("a", 1'000, {}).producer;
    }
    EXPECT_EQ(writer.id, ProducerId(0));
    EXPECT_EQ(init("a", writer).producer_id, 1);
    EXPECT_EQ(init("a", writer).producer_id, 1);  // the answer got lost
    EXPECT_EQ(entry("a").producer, (ProducerIdentity{ProducerId(1), ProducerEpoch(0)}));
}

TEST_F(OldTransactions, LastEpoch_IsNoWayBack_WhenAnotherProducerTookTheNextId) {
    ProducerIdentity writer = producer("a");
    while (writer.epoch.value() < TransactionEntry::kLastEpoch) {
        writer = cluster.transactions().init("a", 1'000, {}).producer;
    }
    EXPECT_EQ(producer("a"), (ProducerIdentity{ProducerId(1), ProducerEpoch(0)}));
    EXPECT_EQ(init("a", writer).error_code, code(KafkaError::producer_fenced));
}

TEST_F(NewTransactions, LastEpoch_IsReplacedByTheEndOfATransaction) {
    ProducerIdentity writer = producer("a");
    while (writer.epoch.value() < TransactionEntry::kLastEpoch) {
        writer = cluster.transactions().init("a", 1'000, {}).producer;
    }
    ASSERT_EQ(error_of_produce("a", {writer, 0}, 12), KafkaError::none);
    const auto ended = end("a", writer, true, 5);
    EXPECT_EQ(ended.error_code, 0);
    EXPECT_EQ(ended.producer_id, 1);
    EXPECT_EQ(ended.producer_epoch, 0);
    EXPECT_EQ(log().producers().entries().at(writer.id).epoch, ProducerEpoch(0x7fff));
    EXPECT_EQ(end("a", writer, true, 5).producer_id, 1);  // the answer got lost
    EXPECT_EQ(error_of_produce("a", {{ProducerId(1), ProducerEpoch(0)}, 0}, 12), KafkaError::none);
}

TEST_F(NewTransactions, EachTransactionHasItsEpoch) {
    ProducerIdentity writer = producer("a");
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(error_of_produce("a", {writer, 0}, 12), KafkaError::none);
        const auto ended = end("a", writer, i != 1, 5);
        ASSERT_EQ(ended.error_code, 0);
        writer = risen(writer);
        EXPECT_EQ(ended.producer_epoch, writer.epoch.value());
    }
    EXPECT_EQ(log_end(), 6);
    const auto fetched = fetch();
    EXPECT_EQ(fetched.last_stable_offset, 6);
    ASSERT_EQ(fetched.aborted_transactions->size(), 1);
    EXPECT_EQ(fetched.aborted_transactions->at(0).first_offset, 2);
}

TEST_F(NewTransactions, EmptyTransaction_CanBeAborted_WithANewEpoch) {
    const ProducerIdentity writer = producer("a");
    EXPECT_EQ(error_of_end("a", writer, true, 5), KafkaError::invalid_txn_state);
    const auto ended = end("a", writer, false, 5);
    EXPECT_EQ(ended.error_code, 0);
    EXPECT_EQ(ended.producer_epoch, writer.epoch.value() + 1);
    EXPECT_EQ(log_end(), 0);
}

TEST_F(NewTransactions, WhoHasTheNextIdAlready_WaitsForTheMarkers) {
    const ProducerIdentity writer = producer("a");
    ASSERT_EQ(error_of_produce("a", {writer, 0}, 12), KafkaError::none);
    set_leaderless(0);
    const auto ended = end("a", writer, true, 5);
    ASSERT_EQ(ended.error_code, 0);
    EXPECT_EQ(add("a", risen(writer), {1}), KafkaError::concurrent_transactions);
    EXPECT_EQ(error_of_end("a", writer, true, 5), KafkaError::concurrent_transactions);
}

TEST_F(NewTransactions, StateLog_TellsEachStep) {
    const ProducerIdentity writer = producer("a");
    ASSERT_EQ(add("a", writer, {0, 1}), KafkaError::none);
    ASSERT_EQ(error_of_end("a", writer, true), KafkaError::none);
    const auto states = history(cluster);
    ASSERT_EQ(states.size(), 4);
    EXPECT_EQ(states[0].status, TransactionStatus::empty);
    EXPECT_EQ(states[1].status, TransactionStatus::ongoing);
    EXPECT_EQ(states[2].status, TransactionStatus::prepare_commit);
    EXPECT_EQ(states[2].partitions.size(), 2);
    EXPECT_EQ(states[2].producer_id, writer.id);
    EXPECT_EQ(states[2].transaction_version, 0);
    EXPECT_EQ(states[3].status, TransactionStatus::complete_commit);
    EXPECT_TRUE(states[3].partitions.empty());
    EXPECT_TRUE(cluster.find_topic(protocol::kTransactionLogTopic)->is_internal);
    EXPECT_EQ(cluster.find_topic(protocol::kTransactionLogTopic)->partitions.size(), 50);
}

TEST_F(OldTransactions, StateLog_HasNoTags) {
    producer("a");
    const auto states = history(cluster);
    ASSERT_EQ(states.size(), 1);
    EXPECT_EQ(states[0].transactional_id, "a");
    EXPECT_EQ(states[0].producer_epoch, ProducerEpoch(0));
}

TEST_F(NewTransactions, StateLog_SaysTheVersionOfTheTransaction) {
    const ProducerIdentity writer = producer("a");
    ASSERT_EQ(error_of_produce("a", {writer, 0}, 12), KafkaError::none);
    ASSERT_EQ(error_of_end("a", writer, true, 5), KafkaError::none);
    EXPECT_EQ(history(cluster).back().transaction_version, 2);
}

/// Kafka's coordinators give a marker up that its partition's leader calls too large: nothing but a
/// new coordinator ends the transaction (kafka-facts 0.10).
TEST_F(NewTransactions, MarkerThatIsTooLarge_LeavesItsTransactionOpen_TillTheCoordinatorMoves) {
    const auto set_limit = [this](const std::string& bytes) {
        Topic& topic = *cluster.find_topic("orders");
        topic.config["max.message.bytes"] = bytes;
        cluster.apply_config(topic);
    };
    const ProducerIdentity writer = producer("a");
    ASSERT_EQ(add("a", writer, {0, 1}), KafkaError::none);
    ASSERT_EQ(error_of_produce("a", {writer, 0}), KafkaError::none);
    set_limit("1");
    EXPECT_EQ(error_of_end("a", writer, true), KafkaError::none);
    EXPECT_EQ(state("a"), "PrepareCommit");
    set_limit("1000000");
    for (int i = 0; i < 20; ++i) {
        loop.advance(std::chrono::seconds(1));
        cluster.clean_up();
    }
    EXPECT_EQ(state("a"), "PrepareCommit");
    EXPECT_EQ(log().last_stable_offset(), Offset(0));
    EXPECT_EQ(init("a").error_code, code(KafkaError::concurrent_transactions));

    const auto state_log = cluster.find_topic(protocol::kTransactionLogTopic);
    cluster.move_leader(*state_log->partitions[static_cast<size_t>(partition_for("a", 50))],
                        BrokerId(1));
    cluster.clean_up();
    EXPECT_EQ(state("a"), "CompleteCommit");
    EXPECT_EQ(log_end(0), 2);
    EXPECT_EQ(log_end(1), 1);
}

TEST_F(NewTransactions, StateLogThatTakesNothing_DoesNotEndTheBroker) {
    cluster.change_broker_config(std::nullopt, {{"message.max.bytes", "10"}});
    const ProducerIdentity writer = producer("a");
    EXPECT_EQ(writer.epoch, ProducerEpoch(0));
    EXPECT_TRUE(history(cluster).empty());
    cluster.change_broker_config(std::nullopt, {});
    cluster.clean_up();
    ASSERT_EQ(history(cluster).size(), 1U);
    EXPECT_EQ(history(cluster)[0].producer_id, writer.id);
}

TEST(PartitionFor, IsJavasHash) {
    EXPECT_EQ(partition_for("hello", 50), 99162322 % 50);
    EXPECT_EQ(partition_for("polygenelubricants", 50), 0);  // the smallest of all hashes
    EXPECT_EQ(partition_for("", 50), 0);
}

}  // namespace
}  // namespace lockstep::sandbox

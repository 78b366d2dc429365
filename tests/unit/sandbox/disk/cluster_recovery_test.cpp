#include "tests/unit/sandbox/disk/disk_world.h"

#include "sandbox/acls.h"
#include "sandbox/quotas.h"
#include "sandbox/transaction_coordinator.h"
#include "sandbox/users.h"

#include <fstream>

namespace lockstep::sandbox::test {
namespace {

class ClusterRecovery : public DiskWorld {
protected:
    void SetUp() override { restart(); }

    Result<void> start_error() {
        Result<void> started = start();
        EXPECT_TRUE(started.has_error());
        return started;
    }
    CommittedOffset offset_at(int64_t offset) {
        return {Offset(offset), LeaderEpoch(2), "m", 5, 9};
    }
};

TEST_F(ClusterRecovery, TopicsKeepTheirIdsConfigsAndReplicas) {
    const std::string id = cluster_->id();
    Topic& created = cluster_->create_topic("orders", 3, 1);
    created.config["retention.ms"] = "1234";
    cluster_->apply_config(created);
    const Uuid topic_id = created.id;
    save();
    restart();
    EXPECT_EQ(cluster_->id(), id);
    EXPECT_EQ(topic("orders").id, topic_id);
    EXPECT_EQ(topic("orders").partitions.size(), 3U);
    EXPECT_EQ(topic("orders").log_config.retention_ms, 1234);
    EXPECT_EQ(topic("orders").partitions[2]->replicas, std::vector{BrokerId(1)});
    EXPECT_EQ(cluster_->find_topic(topic_id)->name, "orders");
}

TEST_F(ClusterRecovery, WhatWasNotSavedIsNotThere) {
    cluster_->create_topic("orders", 1, 1);
    append("orders", make_batch(1));
    restart();
    EXPECT_EQ(cluster_->find_topic("orders"), nullptr);
    EXPECT_TRUE(runtime::list_directory(directory_.path() + "/topics").empty());
}

TEST_F(ClusterRecovery, DeletedTopicsStayDeleted_WithTheirFiles) {
    cluster_->create_topic("orders", 1, 1);
    append("orders", make_batch(1));
    save();
    cluster_->delete_topic("orders");
    cluster_->create_topic("orders", 1, 1);
    save();
    EXPECT_TRUE(runtime::list_directory(directory_.path() + "/topics").empty());
    restart();
    EXPECT_EQ(log("orders").end_offset(), Offset(0));
}

TEST_F(ClusterRecovery, OffsetsOfGroupsAndThoseOfOpenTransactions) {
    cluster_->create_topic("t", 2, 1);
    auto& groups = cluster_->groups();
    groups.commit("g", {"t", PartitionIndex(0)}, offset_at(11));
    groups.stage_offset(ProducerId(4), "g", {"t", PartitionIndex(1)}, offset_at(12));
    groups.stage_offset(ProducerId(5), "h", {"t", PartitionIndex(1)}, offset_at(13));
    save();
    restart();
    auto& again = cluster_->groups();
    const CommittedOffset* found = again.find("g")->offsets.find({"t", PartitionIndex(0)});
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->offset, Offset(11));
    EXPECT_EQ(found->leader_epoch, LeaderEpoch(2));
    EXPECT_EQ(found->metadata, "m");
    EXPECT_EQ(found->expires_at_ms, 9);
    EXPECT_TRUE(again.find("g")->offsets.is_unstable({"t", PartitionIndex(1)}));
    again.end_transaction(ProducerId(4), true);
    again.end_transaction(ProducerId(5), false);
    save();
    restart();
    EXPECT_EQ(cluster_->groups().find("g")->offsets.find({"t", PartitionIndex(1)})->offset,
              Offset(12));
    EXPECT_EQ(cluster_->groups().find("h"), nullptr);
    EXPECT_EQ(cluster_->groups().erase("g"), protocol::KafkaError::none);
    save();
    restart();
    EXPECT_EQ(cluster_->groups().find("g"), nullptr);
}

TEST_F(ClusterRecovery, AclsUsersQuotasAndBrokerConfigs) {
    const Acl acl{.name = "t", .principal = "User:a", .host = "*"};
    cluster_->acls().add(acl);
    cluster_->users().set_scram("u", ScramMechanism::sha_512, {{1}, 4096, {2}, {3, 4}});
    cluster_->quotas().set({{"user", "u"}, {"client-id", std::nullopt}}, "producer_byte_rate", 9.5);
    cluster_->change_broker_config(BrokerId(1), {{"log.cleaner.threads", "2"}});
    cluster_->note_unsaved(changes_by(protocol::ApiKey::create_acls));
    save();
    restart();
    EXPECT_EQ(cluster_->acls().find({}), std::vector{acl});
    const ScramCredential* credential = cluster_->users().find_scram("u", ScramMechanism::sha_512);
    ASSERT_NE(credential, nullptr);
    EXPECT_EQ(credential->iterations, 4096);
    EXPECT_EQ(credential->server_key, (Bytes{3, 4}));
    const QuotaEntity entity{{"user", "u"}, {"client-id", std::nullopt}};
    EXPECT_EQ(cluster_->quotas().all().at(entity).at("producer_byte_rate"), 9.5);
    EXPECT_EQ(cluster_->dynamic_broker_configs().of_broker.at(BrokerId(1)).size(), 1U);
    cluster_->users().remove_scram("u", ScramMechanism::sha_512);
    cluster_->note_unsaved(changes_by(protocol::ApiKey::alter_user_scram_credentials));
    save();
    restart();
    EXPECT_TRUE(cluster_->users().all_scram().empty());
}

TEST_F(ClusterRecovery, ProducerIdsAreNotGivenTwice) {
    const ProducerId first = cluster_->transactions().new_producer_id();
    save();
    restart();
    EXPECT_GT(cluster_->transactions().new_producer_id(), first);
}

TEST_F(ClusterRecovery, AnOpenTransactionGoesOn_WhereverTheProcessEnded) {
    cluster_->create_topic("t", 1, 1);
    const auto producer = cluster_->transactions().init("x", 60'000, std::nullopt).producer;
    const std::set<TopicPartition> partitions{{"t", PartitionIndex(0)}};
    ASSERT_EQ(cluster_->transactions().add("x", producer, partitions, 2),
              protocol::KafkaError::none);
    restart();
    const TransactionEntry* entry = cluster_->transactions().find("x");
    ASSERT_NE(entry, nullptr);
    EXPECT_TRUE(entry->is_ongoing());
    EXPECT_EQ(entry->partitions, partitions);
    EXPECT_EQ(entry->producer, producer);
    const auto ended = cluster_->transactions().end("x", producer, {true, 2});
    EXPECT_EQ(ended.error, protocol::KafkaError::none);
    restart();
    EXPECT_EQ(cluster_->transactions().find("x")->status,
              protocol::TransactionStatus::complete_commit);
    EXPECT_EQ(cluster_->transactions().find("x")->producer, ended.producer);
    EXPECT_EQ(log("t").end_offset(), Offset(1));  // the marker
}

TEST_F(ClusterRecovery, ADecidedTransactionGetsItsMarkersAfterTheStart) {
    cluster_->create_topic("t", 1, 1);
    const auto producer = cluster_->transactions().init("x", 60'000, std::nullopt).producer;
    cluster_->transactions().add("x", producer, {{"t", PartitionIndex(0)}}, 2);
    cluster_->find_partition("t", 0)->leader = kNoBroker;  // no marker can be written
    cluster_->transactions().end("x", producer, {false, 2});
    EXPECT_TRUE(cluster_->transactions().find("x")->is_ending());
    restart();
    EXPECT_TRUE(cluster_->transactions().find("x")->is_ending());
    loop_.advance(std::chrono::seconds(1));
    EXPECT_EQ(cluster_->transactions().find("x")->status,
              protocol::TransactionStatus::complete_abort);
    EXPECT_EQ(log("t").end_offset(), Offset(1));
}

TEST_F(ClusterRecovery, ATornJournalEntryIsCutOff_AtEveryByte) {
    cluster_->create_topic("one", 1, 1);
    save();
    const std::string path = directory_.path() + "/cluster.journal";
    const size_t kept = runtime::read_whole_file(path)->size();
    cluster_->create_topic("two", 1, 1);
    save();
    const Bytes whole = *runtime::read_whole_file(path);
    for (size_t size = kept; size < whole.size(); ++size) {
        cluster_.reset();
        ASSERT_TRUE(runtime::write_whole_file(path, ByteView(whole).subspan(0, size)).has_value());
        restart();
        ASSERT_NE(cluster_->find_topic("one"), nullptr) << size;
        ASSERT_EQ(cluster_->find_topic("two"), nullptr) << size;
    }
}

TEST_F(ClusterRecovery, ADamagedJournalIsRefused) {
    cluster_->create_topic("one", 1, 1);
    save();
    cluster_.reset();
    const std::string path = directory_.path() + "/cluster.journal";
    Bytes bytes = *runtime::read_whole_file(path);
    bytes[12] ^= 1;
    ASSERT_TRUE(runtime::write_whole_file(path, bytes).has_value());
    EXPECT_EQ(start_error().error().code, make_error_code(Errc::checksum_mismatch));
}

TEST_F(ClusterRecovery, ALostJournalIsRefused_WhereThereAreTopics) {
    cluster_->create_topic("one", 1, 1);
    append("one", make_batch(1));
    save();
    cluster_.reset();
    runtime::remove_path(directory_.path() + "/cluster.journal");
    EXPECT_EQ(start_error().error().code, make_error_code(Errc::not_found));
}

TEST_F(ClusterRecovery, AnotherNumberOfBrokersIsRefused) {
    brokers_ = 3;
    EXPECT_EQ(start_error().error().code, make_error_code(Errc::invalid_argument));
}

TEST_F(ClusterRecovery, OneDirectoryIsForOneProcess) {
    const auto second = DiskStorage::open({directory_.path()});
    ASSERT_TRUE(second.has_error());
    EXPECT_EQ(second.error().code, make_error_code(Errc::limit_exceeded));
    cluster_.reset();
    EXPECT_TRUE(DiskStorage::open({directory_.path()}).has_value());
}

TEST_F(ClusterRecovery, TheJournalIsWrittenAnewWhenItHasGrown) {
    ASSERT_TRUE(start(Syncing::no, 2000).has_value());
    cluster_->create_topic("t", 1, 1);
    size_t largest = 0;
    for (int i = 0; i < 500; ++i) {
        cluster_->groups().commit("g", {"t", PartitionIndex(0)}, offset_at(i));
        save();
        largest = std::max(
            largest, runtime::read_whole_file(directory_.path() + "/cluster.journal")->size());
    }
    EXPECT_LT(largest, 4000U);
    restart();
    EXPECT_EQ(cluster_->groups().find("g")->offsets.find({"t", PartitionIndex(0)})->offset,
              Offset(499));
    EXPECT_EQ(runtime::list_directory(directory_.path()).size(), 2U);  // the lock, the journal
}

TEST_F(ClusterRecovery, FullDisk_TheChangeIsSavedLater) {
    cluster_->create_topic("t", 1, 1);
    save();
    const size_t size = runtime::read_whole_file(directory_.path() + "/cluster.journal")->size();
    cluster_->groups().commit("g", {"t", PartitionIndex(0)}, offset_at(1));
    {
        const FileSizeLimit limit(size + 10);
        EXPECT_TRUE(cluster_->save().has_error());
        EXPECT_TRUE(cluster_->has_unsafe());
        const auto producer = cluster_->transactions().init("x", 60'000, std::nullopt).producer;
        EXPECT_EQ(cluster_->transactions().add("x", producer, {{"t", PartitionIndex(0)}}, 2),
                  protocol::KafkaError::coordinator_not_available);
    }
    EXPECT_EQ(runtime::read_whole_file(directory_.path() + "/cluster.journal")->size(), size);
    save();
    restart();
    EXPECT_NE(cluster_->groups().find("g"), nullptr);
}

TEST_F(ClusterRecovery, RequestsThatNobodyKnowsMayChangeEverything) {
    EXPECT_TRUE(changes_by(protocol::ApiKey::update_features).topics);
    EXPECT_TRUE(changes_by(protocol::ApiKey::create_acls).settings);
    EXPECT_FALSE(changes_by(protocol::ApiKey::produce).any());
    EXPECT_TRUE(is_answered_at_once(protocol::ApiKey::fetch));
    EXPECT_FALSE(is_answered_at_once(protocol::ApiKey::offset_commit));
}

}  // namespace
}  // namespace lockstep::sandbox::test

// Answers to Produce, Fetch, ListOffsets, DeleteRecords and markers, field by field as brokers fill
// them; found with the scripts of tests/conformance.

#include "protocol/messages/delete_records.h"
#include "protocol/messages/list_offsets.h"
#include "protocol/messages/offset_for_leader_epoch.h"
#include "protocol/messages/write_txn_markers.h"
#include "tests/unit/sandbox/transaction_world.h"

namespace lockstep::sandbox {
namespace {

class Records : public TransactionWorld {
protected:
    explicit Records(KafkaVersion version = KafkaVersion::v4_3) : TransactionWorld(version) {}

    static BatchSpec plain(int32_t sequence) {
        return {.producer = {ProducerId(1000), ProducerEpoch(0)},
                .first_sequence = sequence,
                .is_transactional = false};
    }
    protocol::ProduceResponse::PartitionProduceResponse put(const Bytes& batch) {
        return produce_bytes(std::nullopt, batch, 9);
    }
    protocol::ListOffsetsResponse::ListOffsetsPartitionResponse list(int64_t timestamp_ms) {
        protocol::ListOffsetsRequest request;
        auto& topic = request.topics.emplace_back();
        topic.name = "orders";
        topic.partitions.emplace_back().timestamp = timestamp_ms;
        return ask(request, 6).topics.at(0).partitions.at(0);
    }
    void set(const std::string& key, const std::string& value) {
        Topic& topic = *cluster.find_topic("orders");
        topic.config[key] = value;
        cluster.apply_config(topic);
    }
    KafkaError mark(int64_t producer_id, int16_t epoch) {
        protocol::WriteTxnMarkersRequest request;
        auto& marker = request.markers.emplace_back();
        marker.producer_id = producer_id;
        marker.producer_epoch = epoch;
        marker.topics.push_back({"orders", {0}, {}});
        const auto answer = ask(request, 1);
        return KafkaError(answer.markers.at(0).topics.at(0).partitions.at(0).error_code);
    }
};

class RecordsOf28 : public Records {
protected:
    RecordsOf28() : Records(KafkaVersion::v2_8) {}
};

TEST_F(Records, Refusal_SaysWhereTheLogBeginsButNotWhy_WhenTheLogRefused) {
    put(batch_of(plain(0)));
    const auto answer = put(batch_of(plain(7)));
    EXPECT_EQ(answer.error_code, code(KafkaError::out_of_order_sequence_number));
    EXPECT_EQ(answer.log_start_offset, 0);
    EXPECT_EQ(answer.error_message, std::nullopt);
}

TEST_F(Records, Refusal_DoesNotSayWhereTheLogBegins_WhenTheRequestIsWrong) {
    const Bytes one = batch_of(plain(0));
    Bytes two = one;
    two.insert(two.end(), one.begin(), one.end());
    EXPECT_EQ(put(two).error_code, code(KafkaError::invalid_record));
    EXPECT_EQ(put(two).log_start_offset, -1);
    Bytes corrupt = batch_of(plain(0));
    corrupt.back() ^= 1;
    EXPECT_EQ(put(corrupt).error_code, code(KafkaError::corrupt_message));
    EXPECT_EQ(put(corrupt).log_start_offset, -1);
}

TEST_F(Records, Duplicate_HasTheTimeOfItsBatch) {
    const auto first = put(batch_of(plain(0)));
    const auto second = put(batch_of(plain(0)));
    EXPECT_EQ(first.log_append_time_ms, -1);
    EXPECT_EQ(second.base_offset, first.base_offset);
    EXPECT_EQ(second.log_append_time_ms, 1'700'000'000'000);
}

TEST_F(Records, ListOffsets_RefusesPlacesThatItDoesNotKnow) {
    EXPECT_EQ(list(-6).error_code, 0);
    EXPECT_EQ(list(-7).error_code, code(KafkaError::unsupported_version));
}

TEST_F(RecordsOf28, ListOffsets_TakesOtherNegativeNumbersForTimes) {
    put(batch_of(plain(0)));
    EXPECT_EQ(list(-3).offset, 0);
    EXPECT_EQ(list(-3).timestamp, 1'700'000'000'000);
}

TEST_F(RecordsOf28, Produce_RefusesTheBitOfAppendTime_WhateverTheTopicHas) {
    protocol::RecordBatchBuilder builder({.attributes = protocol::batch_attribute::kLogAppendTime});
    builder.add(1'700'000'000'000, {});
    const auto answer = put(*builder.build());
    EXPECT_EQ(answer.error_code, code(KafkaError::invalid_timestamp));
    EXPECT_EQ(answer.record_errors.size(), 1U);
    EXPECT_TRUE(answer.error_message.has_value());
}

TEST_F(Records, LeaderEpoch_IsUndefined_WhenNoneIsAskedFor) {
    protocol::OffsetForLeaderEpochRequest request;
    auto& topic = request.topics.emplace_back();
    topic.topic = "orders";
    topic.partitions.emplace_back().leader_epoch = -1;
    const auto answer = ask(request, 4).topics.at(0).partitions.at(0);
    EXPECT_EQ(answer.leader_epoch, -1);
    EXPECT_EQ(answer.end_offset, -1);
}

TEST_F(Records, Marker_IsRefused_WhenItsProducerCannotBe) {
    EXPECT_EQ(mark(-1, 0), KafkaError::unknown_server_error);
    EXPECT_EQ(mark(5, -1), KafkaError::unknown_server_error);
    EXPECT_EQ(cluster.find_partition("orders", 0)->log.end_offset(), Offset(0));
}

TEST_F(Records, Marker_IsHeldToMaxMessageBytes) {
    set("max.message.bytes", "77");
    EXPECT_EQ(mark(5, 0), KafkaError::message_too_large);
    EXPECT_EQ(log_end(), 0);
    set("max.message.bytes", "78");
    EXPECT_EQ(mark(5, 0), KafkaError::none);
    EXPECT_EQ(log_end(), 1);
}

TEST_F(Records, MinInsyncReplicas_AsksForNoMoreThanThereAre) {
    set("min.insync.replicas", "2");
    EXPECT_EQ(put(batch_of(plain(0))).error_code, 0);
    EXPECT_EQ(mark(5, 0), KafkaError::none);
}

TEST_F(RecordsOf28, MinInsyncReplicas_AreAskedForThoughThereAreFewer) {
    set("min.insync.replicas", "2");
    EXPECT_EQ(put(batch_of(plain(0))).error_code, code(KafkaError::not_enough_replicas));
    EXPECT_EQ(mark(5, 0), KafkaError::not_enough_replicas);
    EXPECT_EQ(log_end(), 0);
    set("min.insync.replicas", "1");
    EXPECT_EQ(put(batch_of(plain(0))).error_code, 0);
}

TEST_F(Records, DeleteRecords_KnowsInternalTopics_ThoughTheyAreNotThere) {
    protocol::DeleteRecordsRequest request;
    auto& topic = request.topics.emplace_back();
    topic.name = "__consumer_offsets";
    topic.partitions.emplace_back();
    const auto answer = ask(request, 2);
    EXPECT_EQ(answer.topics.at(0).partitions.at(0).error_code,
              code(KafkaError::invalid_topic_exception));
}

}  // namespace
}  // namespace lockstep::sandbox

// The field lists of InitProducerId, AddPartitionsToTxn, AddOffsetsToTxn, EndTxn, WriteTxnMarkers,
// DescribeProducers, DescribeTransactions, ListTransactions.

#include "protocol/codec_impl.h"
#include "protocol/messages/add_offsets_to_txn.h"
#include "protocol/messages/add_partitions_to_txn.h"
#include "protocol/messages/describe_producers.h"
#include "protocol/messages/describe_transactions.h"
#include "protocol/messages/end_txn.h"
#include "protocol/messages/init_producer_id.h"
#include "protocol/messages/list_transactions.h"
#include "protocol/messages/write_txn_markers.h"

namespace lockstep::protocol {

void InitProducerIdRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("transactional_id", transactional_id, nullable());
    visitor.field("transaction_timeout_ms", transaction_timeout_ms);
    visitor.field("producer_id", producer_id, since(3));
    visitor.field("producer_epoch", producer_epoch, since(3));
    visitor.field("enable2_pc", enable2_pc, since(6));
    visitor.field("keep_prepared_txn", keep_prepared_txn, since(6));
}

void InitProducerIdResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("error_code", error_code);
    visitor.field("producer_id", producer_id);
    visitor.field("producer_epoch", producer_epoch);
    visitor.field("ongoing_txn_producer_id", ongoing_txn_producer_id, since(6));
    visitor.field("ongoing_txn_producer_epoch", ongoing_txn_producer_epoch, since(6));
}

void AddPartitionsToTxnRequest::AddPartitionsToTxnTopic::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("partitions", partitions);
}

void AddPartitionsToTxnRequest::AddPartitionsToTxnTransaction::visit_fields(FieldVisitor& visitor) {
    visitor.field("transactional_id", transactional_id);
    visitor.field("producer_id", producer_id);
    visitor.field("producer_epoch", producer_epoch);
    visitor.field("verify_only", verify_only);
    visitor.field("topics", topics);
}

void AddPartitionsToTxnRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("v3_and_below_transactional_id", v3_and_below_transactional_id, until(3));
    visitor.field("v3_and_below_producer_id", v3_and_below_producer_id, until(3));
    visitor.field("v3_and_below_producer_epoch", v3_and_below_producer_epoch, until(3));
    visitor.field("v3_and_below_topics", v3_and_below_topics, until(3));
    visitor.field("transactions", transactions, since(4));
}

void AddPartitionsToTxnResponse::AddPartitionsToTxnPartitionResult::visit_fields(
    FieldVisitor& visitor) {
    visitor.field("partition_index", partition_index);
    visitor.field("partition_error_code", partition_error_code);
}

void AddPartitionsToTxnResponse::AddPartitionsToTxnTopicResult::visit_fields(
    FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("results_by_partition", results_by_partition);
}

void AddPartitionsToTxnResponse::AddPartitionsToTxnResult::visit_fields(FieldVisitor& visitor) {
    visitor.field("transactional_id", transactional_id);
    visitor.field("topic_results", topic_results);
}

void AddPartitionsToTxnResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("results_by_topic_v3_and_below", results_by_topic_v3_and_below, until(3));
    visitor.field("error_code", error_code, since(4));
    visitor.field("results_by_transaction", results_by_transaction, since(4));
}

void AddOffsetsToTxnRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("transactional_id", transactional_id);
    visitor.field("producer_id", producer_id);
    visitor.field("producer_epoch", producer_epoch);
    visitor.field("group_id", group_id);
}

void AddOffsetsToTxnResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("error_code", error_code);
}

void EndTxnRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("transactional_id", transactional_id);
    visitor.field("producer_id", producer_id);
    visitor.field("producer_epoch", producer_epoch);
    visitor.field("committed", committed);
}

void EndTxnResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("error_code", error_code);
    visitor.field("producer_id", producer_id, since(5));
    visitor.field("producer_epoch", producer_epoch, since(5));
}

void WriteTxnMarkersRequest::WritableTxnMarkerTopic::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("partition_indexes", partition_indexes);
}

void WriteTxnMarkersRequest::WritableTxnMarker::visit_fields(FieldVisitor& visitor) {
    visitor.field("producer_id", producer_id);
    visitor.field("producer_epoch", producer_epoch);
    visitor.field("transaction_result", transaction_result);
    visitor.field("topics", topics);
    visitor.field("coordinator_epoch", coordinator_epoch);
    visitor.field("transaction_version", transaction_version, since(2));
}

void WriteTxnMarkersRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("markers", markers);
}

void WriteTxnMarkersResponse::WritableTxnMarkerPartitionResult::visit_fields(
    FieldVisitor& visitor) {
    visitor.field("partition_index", partition_index);
    visitor.field("error_code", error_code);
}

void WriteTxnMarkersResponse::WritableTxnMarkerTopicResult::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("partitions", partitions);
}

void WriteTxnMarkersResponse::WritableTxnMarkerResult::visit_fields(FieldVisitor& visitor) {
    visitor.field("producer_id", producer_id);
    visitor.field("topics", topics);
}

void WriteTxnMarkersResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("markers", markers);
}

void DescribeProducersRequest::TopicRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("partition_indexes", partition_indexes);
}

void DescribeProducersRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("topics", topics);
}

void DescribeProducersResponse::ProducerState::visit_fields(FieldVisitor& visitor) {
    visitor.field("producer_id", producer_id);
    visitor.field("producer_epoch", producer_epoch);
    visitor.field("last_sequence", last_sequence);
    visitor.field("last_timestamp", last_timestamp);
    visitor.field("coordinator_epoch", coordinator_epoch);
    visitor.field("current_txn_start_offset", current_txn_start_offset);
}

void DescribeProducersResponse::PartitionResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("partition_index", partition_index);
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
    visitor.field("active_producers", active_producers);
}

void DescribeProducersResponse::TopicResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("partitions", partitions);
}

void DescribeProducersResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("topics", topics);
}

void DescribeTransactionsRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("transactional_ids", transactional_ids);
}

void DescribeTransactionsResponse::TopicData::visit_fields(FieldVisitor& visitor) {
    visitor.field("topic", topic);
    visitor.field("partitions", partitions);
}

void DescribeTransactionsResponse::TransactionState::visit_fields(FieldVisitor& visitor) {
    visitor.field("error_code", error_code);
    visitor.field("transactional_id", transactional_id);
    visitor.field("transaction_state", transaction_state);
    visitor.field("transaction_timeout_ms", transaction_timeout_ms);
    visitor.field("transaction_start_time_ms", transaction_start_time_ms);
    visitor.field("producer_id", producer_id);
    visitor.field("producer_epoch", producer_epoch);
    visitor.field("topics", topics);
}

void DescribeTransactionsResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("transaction_states", transaction_states);
}

void ListTransactionsRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("state_filters", state_filters);
    visitor.field("producer_id_filters", producer_id_filters);
    visitor.field("duration_filter", duration_filter, since(1));
    visitor.field("transactional_id_pattern", transactional_id_pattern, since(2).nullable());
}

void ListTransactionsResponse::TransactionState::visit_fields(FieldVisitor& visitor) {
    visitor.field("transactional_id", transactional_id);
    visitor.field("producer_id", producer_id);
    visitor.field("transaction_state", transaction_state);
}

void ListTransactionsResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("error_code", error_code);
    visitor.field("unknown_state_filters", unknown_state_filters);
    visitor.field("transaction_states", transaction_states);
}

LS_INSTANTIATE_CODEC(InitProducerIdRequest);
LS_INSTANTIATE_CODEC(InitProducerIdResponse);
LS_INSTANTIATE_CODEC(AddPartitionsToTxnRequest);
LS_INSTANTIATE_CODEC(AddPartitionsToTxnResponse);
LS_INSTANTIATE_CODEC(AddOffsetsToTxnRequest);
LS_INSTANTIATE_CODEC(AddOffsetsToTxnResponse);
LS_INSTANTIATE_CODEC(EndTxnRequest);
LS_INSTANTIATE_CODEC(EndTxnResponse);
LS_INSTANTIATE_CODEC(WriteTxnMarkersRequest);
LS_INSTANTIATE_CODEC(WriteTxnMarkersResponse);
LS_INSTANTIATE_CODEC(DescribeProducersRequest);
LS_INSTANTIATE_CODEC(DescribeProducersResponse);
LS_INSTANTIATE_CODEC(DescribeTransactionsRequest);
LS_INSTANTIATE_CODEC(DescribeTransactionsResponse);
LS_INSTANTIATE_CODEC(ListTransactionsRequest);
LS_INSTANTIATE_CODEC(ListTransactionsResponse);

}  // namespace lockstep::protocol

// Which functions answer the requests about transactions; each subject is in a file of its own.

#include "protocol/messages/add_offsets_to_txn.h"
#include "protocol/messages/add_partitions_to_txn.h"
#include "protocol/messages/describe_producers.h"
#include "protocol/messages/describe_transactions.h"
#include "protocol/messages/end_txn.h"
#include "protocol/messages/init_producer_id.h"
#include "protocol/messages/list_transactions.h"
#include "protocol/messages/txn_offset_commit.h"
#include "protocol/messages/write_txn_markers.h"
#include "sandbox/handler_table.h"

namespace lockstep::sandbox {

namespace p = protocol;

p::InitProducerIdResponse init_producer_id(Call& call, const p::InitProducerIdRequest& request);
p::AddPartitionsToTxnResponse add_partitions_to_txn(Call& call,
                                                    const p::AddPartitionsToTxnRequest& request);
p::AddOffsetsToTxnResponse add_offsets_to_txn(Call& call, const p::AddOffsetsToTxnRequest& request);
p::EndTxnResponse end_txn(Call& call, const p::EndTxnRequest& request);
p::TxnOffsetCommitResponse txn_offset_commit(Call& call, const p::TxnOffsetCommitRequest& request);
p::WriteTxnMarkersResponse write_txn_markers(Call& call, const p::WriteTxnMarkersRequest& request);
p::DescribeTransactionsResponse describe_transactions(
    Call& call, const p::DescribeTransactionsRequest& request);
p::ListTransactionsResponse list_transactions(Call& call,
                                              const p::ListTransactionsRequest& request);
p::DescribeProducersResponse describe_producers(Call& call,
                                                const p::DescribeProducersRequest& request);

void add_transaction_handlers(HandlerTable& table) {
    table.add(init_producer_id);
    table.add(add_partitions_to_txn);
    table.add(add_offsets_to_txn);
    table.add(end_txn);
    table.add(txn_offset_commit);
    table.add(write_txn_markers);
    table.add(describe_transactions);
    table.add(list_transactions);
    table.add(describe_producers);
}

}  // namespace lockstep::sandbox

// Which functions answer the requests about records; each is in the file of its name.

#include "protocol/messages/delete_records.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/list_offsets.h"
#include "protocol/messages/offset_for_leader_epoch.h"
#include "protocol/messages/produce.h"
#include "sandbox/handler_table.h"

namespace lockstep::sandbox {

namespace p = protocol;

p::ProduceResponse produce(Call& call, const p::ProduceRequest& request);
runtime::Task<p::FetchResponse> fetch(Call& call, const p::FetchRequest& request);
p::ListOffsetsResponse list_offsets(Call& call, const p::ListOffsetsRequest& request);
p::OffsetForLeaderEpochResponse offset_for_leader_epoch(
    Call& call, const p::OffsetForLeaderEpochRequest& request);
p::DeleteRecordsResponse delete_records(Call& call, const p::DeleteRecordsRequest& request);

void add_record_handlers(HandlerTable& table) {
    table.add(produce);
    table.add(fetch);
    table.add(list_offsets);
    table.add(offset_for_leader_epoch);
    table.add(delete_records);
}

}  // namespace lockstep::sandbox

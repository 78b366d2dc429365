#pragma once

#include "client/admin.h"
#include "model/link.h"
#include "replication/carried_origins.h"
#include "replication/map_alignment.h"

namespace lockstep::replication {

/// Both logs of a stream whose map was lost.
struct LostMap {
    const StreamMap& map;  // of which the target's side is known again
    client::LogPlace source_start;
    Offset source_end;
    client::LogPlace target_start;
    Offset target_end;
    ProducerId stream;       // stream_id()
    CarriedOrigins origins;  // of which records at the source were copied
    size_t index = 0;        // of the stream, as `origins` numbers them
    AppendTimeRule append_time = AppendTimeRule::keep;
};

/// Tells the source's side of the map again, by reading all of both logs. Errors: those of reading;
/// `limit_exceeded` where there are too many records for that.
runtime::Task<Result<MapAlignment>> rebuild_map(client::Cluster& source, client::Cluster& target,
                                                LostMap lost, std::stop_token stop);

}  // namespace lockstep::replication

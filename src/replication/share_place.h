#pragma once

#include "client/admin.h"
#include "client/share_groups.h"

namespace lockstep::replication {

/// What there is to look through, and what was done with it.
struct DeliveredLog {
    client::LogPlace from;
    Offset end;
    client::DeliveredRanges delivered;
};

/// The first record in the log that a consumer sees and that is not finished; `end` where there is
/// none. What is known of deliveries has gaps where offsets have no record (transaction markers,
/// compaction), and only the log can tell these from records that nobody has finished. Errors:
/// those of reading; `not_found` where the broker does not show all of it.
runtime::Task<Result<Offset>> first_unfinished_record(client::Cluster& cluster, DeliveredLog log,
                                                      std::stop_token stop);

}  // namespace lockstep::replication

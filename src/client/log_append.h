#pragma once

#include "base/bytes.h"
#include "client/admin.h"

namespace lockstep::client {

/// Appends one ready-made batch to a partition's log, and waits until all replicas in sync have it.
/// Repeats nothing: whoever got no answer looks what became of it, or writes it again where twice
/// does no harm. Returns the offset of its first record; that of `place` does not count.
runtime::Task<Result<Offset>> append_batch(Cluster& cluster, LogPlace place, Bytes batch,
                                           std::stop_token stop);

}  // namespace lockstep::client

#pragma once

// PURE: under which producer id a target's log is filled up to the source's start.
//
// A broker takes a filler batch once, as its sequence is its offset modulo 2^31. No producer may
// leave out a sequence, so a log that is to be filled again behind records is filled under the next
// id: another series. Two workers that fill one log must choose the same, or each would fill it.

#include "client/admin.h"
#include "model/ids.h"

#include <optional>
#include <vector>

namespace lockstep::replication {

/// So many records of filler may be on their way to a log, beyond the end that its leader tells.
constexpr int64_t kMostFillerUnderWay = 1'500'000;

/// The series of `stream` that the log ends with, by what its leader remembers of `producers`; else
/// the first that it does not know. Nothing where filler lies behind `end` already: leaders tell an
/// end below which all replicas have the log (its high watermark), and look at the whole of it when
/// they are written to.
std::optional<ProducerId> filler_series(ProducerId stream,
                                        const std::vector<client::ProducerState>& producers,
                                        Offset end);

}  // namespace lockstep::replication

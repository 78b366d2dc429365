#include "replication/filler_series.h"

#include "base/mutation.h"
#include "model/tagged_producer_id.h"

#include <algorithm>

namespace lockstep::replication {
namespace {

/// How far beyond `end` a series goes, modulo 2^31: one that ends before it is far beyond.
int64_t beyond(Offset end, Sequence last) {
    constexpr int64_t kSequences = int64_t{1} << 31;
    const int64_t next = int64_t{last.value()} + 1;
    return sequence_at(next + kSequences - sequence_at(end.value()).value()).value();
}

}  // namespace

std::optional<ProducerId> filler_series(ProducerId stream,
                                        const std::vector<client::ProducerState>& producers,
                                        Offset end) {
    std::optional<ProducerId> first_unknown;
    for (int64_t series = 0; !first_unknown; ++series) {
        const ProducerId id = filler_producer_id(stream, series);
        const auto known = std::ranges::find(producers, id, &client::ProducerState::id);
        if (known == producers.end() || mutated(Mutation::filler_one_series)) {
            first_unknown = id;
            continue;
        }
        const int64_t distance = beyond(end, known->last_sequence);
        if (distance == 0) {
            return id;
        }
        if (distance <= kMostFillerUnderWay) {
            return std::nullopt;
        }
    }
    return first_unknown;
}

}  // namespace lockstep::replication

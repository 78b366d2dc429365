#include "client/share_state.h"

#include <algorithm>

namespace lockstep::client {

Offset first_unfinished(Offset start, const DeliveredRanges& ranges) {
    Offset place = start;
    for (const DeliveredRange& range : ranges) {
        if (range.last < place) {
            continue;
        }
        if (range.first > place || !range.is_finished) {
            break;
        }
        place = range.last + 1;
    }
    return place;
}

Offset end_of_finished(Offset start, const DeliveredRanges& ranges) {
    Offset end = start;
    for (const DeliveredRange& range : ranges) {
        if (range.is_finished) {
            end = std::max(end, range.last + 1);
        }
    }
    return end;
}

}  // namespace lockstep::client

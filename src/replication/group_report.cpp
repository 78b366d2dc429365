#include "replication/group_report.h"

namespace lockstep::replication {

void add_to_report(GroupStatus& status, Offset source, std::optional<Offset> target) {
    ++status.partitions;
    const int64_t distance = target ? *target - source : -source.value();
    status.exact += distance == 0 ? 1 : 0;
    status.behind_records += distance < 0 ? -distance : 0;
    status.ahead_records += distance > 0 ? distance : 0;
}

std::string_view note_on(GroupAction action) {
    switch (action) {
        case GroupAction::undecided:
            return "the target is further on than the source; which one is right is not "
                   "known, as nothing has been committed since Lockstep started";
        case GroupAction::conflict: return "the group has members on both clusters";
        case GroupAction::none:
        case GroupAction::to_target:
        case GroupAction::to_source: break;
    }
    return "";
}

}  // namespace lockstep::replication

#pragma once

// PURE: what is said of a group that is kept in step.

#include "model/link_status.h"
#include "replication/group_place.h"

#include <optional>
#include <string_view>

namespace lockstep::replication {

/// One more partition, where the group is at `source` and would find itself at `target`.
void add_to_report(GroupStatus& status, Offset source, std::optional<Offset> target);

/// Why a group is left alone; "" where it is not.
std::string_view note_on(GroupAction action);

/// What is said of partitions that are left alone, as their records' order is not the same.
constexpr std::string_view kBeforeTakeOver =
    "it stands at records that another mirror has copied before the take-over: which of the "
    "target's records they are is not known";
constexpr std::string_view kOtherOrder =
    "records of both clusters are in its topics, in another order on each: no place on one is the "
    "same as a place on the other";

/// What is said where nothing else explains why offsets differ.
constexpr std::string_view kLogTooShort = "the target's log does not reach its offsets yet";

}  // namespace lockstep::replication

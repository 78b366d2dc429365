#pragma once

// PURE: which settings of a resource on the target are to be changed, so that it follows the
// source and yet nobody's own setting is lost.
//
//     wanted   as the source would have it
//     found    what is set on the target
//     agreed   what both sides last agreed on: what changed since tells who changed it

#include "model/follow_rules.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace lockstep::replication {

using Settings = std::map<std::string, std::string>;

struct ThreeSides {
    Settings wanted;
    Settings found;
    Settings agreed;
};

struct SettingDifference {
    enum class Action { set, remove, keep };
    std::string key;
    std::optional<std::string> wanted;
    std::optional<std::string> found;
    Action action = Action::keep;
    std::string reason = {};  // why it is kept; else ""
};

struct SettingsDifference {
    std::vector<SettingDifference> differences;  // by key
    Settings agreed;  // as of now; what is set or removed comes in when that has been done
    size_t in_step = 0;
};

/// `firm` are the keys whose wanted value is set whatever the rule says.
///
/// What is wanted and was never set on the target is set. What is not there as it was agreed on,
/// another value or none, was changed there by somebody, and stays so: a link the other way carries
/// it to the source. FollowRule::all sets it as it is wanted, but nothing is ever removed that was
/// not agreed on.
SettingsDifference compare_settings(const ThreeSides& sides, FollowRule rule,
                                    const std::set<std::string>& firm);

/// What is agreed on once `done` has been done.
void agree(Settings& agreed, const SettingDifference& done);

}  // namespace lockstep::replication

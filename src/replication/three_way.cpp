#include "replication/three_way.h"

namespace lockstep::replication {
namespace {

using Action = SettingDifference::Action;

std::optional<std::string> value_of(const Settings& settings, const std::string& key) {
    const auto found = settings.find(key);
    return found == settings.end() ? std::nullopt : std::optional(found->second);
}

std::string why_kept(const SettingDifference& difference, FollowRule rule) {
    if (rule == FollowRule::off) {
        return "the link does not follow the source here";
    }
    if (!difference.found) {
        return "someone has removed it on the target";
    }
    return difference.wanted ? "someone has set it on the target"
                             : "someone has set it on the target, and the source does not set it";
}

Action decide(const SettingDifference& difference, const std::optional<std::string>& agreed,
              FollowRule rule) {
    const bool is_changed_there = agreed != difference.found;
    if (rule == FollowRule::off || (is_changed_there && !difference.wanted)) {
        return Action::keep;
    }
    if (!difference.wanted) {
        return Action::remove;
    }
    return is_changed_there && rule != FollowRule::all ? Action::keep : Action::set;
}

}  // namespace

SettingsDifference compare_settings(const ThreeSides& sides, FollowRule rule,
                                    const std::set<std::string>& firm) {
    SettingsDifference result;
    std::set<std::string> keys;
    for (const Settings* side : {&sides.wanted, &sides.found}) {
        for (const auto& [key, value] : *side) {
            keys.insert(key);
        }
    }
    for (const std::string& key : keys) {
        SettingDifference difference{key, value_of(sides.wanted, key), value_of(sides.found, key)};
        const auto agreed = value_of(sides.agreed, key);
        if (difference.wanted == difference.found) {
            ++result.in_step;
            result.agreed[key] = *difference.found;
            continue;
        }
        if (agreed) {
            result.agreed[key] = *agreed;
        }
        difference.action = firm.contains(key) ? Action::set : decide(difference, agreed, rule);
        if (difference.action == Action::keep) {
            difference.reason = why_kept(difference, rule);
        }
        result.differences.push_back(std::move(difference));
    }
    return result;
}

void agree(Settings& agreed, const SettingDifference& done) {
    if (done.action == Action::set) {
        agreed[done.key] = *done.wanted;
    } else if (done.action == Action::remove) {
        agreed.erase(done.key);
    }
}

}  // namespace lockstep::replication

#pragma once

// PURE: the keys of links and replications about the target's topics: what they are called, and
// what becomes of them when they are deleted at the source.

#include "app/yaml_map.h"
#include "model/link.h"

#include <array>
#include <string_view>
#include <vector>

namespace lockstep::app {

constexpr std::array<std::string_view, 3> kTopicRuleKeys{"prefix", "rename", "on_deleted"};

/// `link` has its topics already.
void read_topic_rules(YamlMap& map, ConfigProblems& problems, LinkSpec& link);

/// Which of these keys a strategy cannot have where several clusters write to a topic; reports
/// each. Whether there was none.
bool check_topic_rules(const YamlMap& map, std::string_view strategy, ConfigProblems& problems);

/// What only all links together show: topics that would come back under another name. As far as
/// topics are named; the others are looked at once they are known.
void check_renamed_routes(const std::vector<LinkSpec>& links, ConfigProblems& problems);

}  // namespace lockstep::app

#pragma once

// PURE: the sections of a link's configuration about what lies around the data.

#include "app/yaml_map.h"
#include "model/link.h"

#include <string>
#include <string_view>
#include <vector>

namespace lockstep::app {

AclRules read_acls(YamlMap& link, ConfigProblems& problems);
FollowRule read_quotas(YamlMap& link, ConfigProblems& problems);
TopicConfigRules read_topic_config(YamlMap& link, ConfigProblems& problems);

/// `follow: all` has no place in a replication whose clusters are all written to: false where it is
/// there. `map` is the replication's.
bool check_follow_rules(const YamlMap& map, const LinkSpec& rules, std::string_view strategy,
                        ConfigProblems& problems);

/// Nor in a link where others bring back to its source what is set on its target.
void check_ways_back(const std::vector<LinkSpec>& links, ConfigProblems& problems);

/// The sections' keys, as paths below a link: "topic_config.follow", ...
std::vector<std::string> around_keys();

}  // namespace lockstep::app

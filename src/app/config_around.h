#pragma once

// PURE: the sections of a link's configuration about what lies around the data.

#include "app/yaml_map.h"
#include "model/follow_rules.h"

#include <string>
#include <vector>

namespace lockstep::app {

AclRules read_acls(YamlMap& link, ConfigProblems& problems);
FollowRule read_quotas(YamlMap& link, ConfigProblems& problems);
TopicConfigRules read_topic_config(YamlMap& link, ConfigProblems& problems);

/// The sections' keys, as paths below a link: "topic_config.follow", ...
std::vector<std::string> around_keys();

}  // namespace lockstep::app

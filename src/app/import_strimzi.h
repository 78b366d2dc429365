#pragma once

#include "app/config_problems.h"
#include "app/import_setting.h"

namespace lockstep::app {

/// PURE. Whether the text is a Kubernetes resource rather than a file of properties.
bool looks_like_kubernetes(std::string_view text);

/// PURE. Strimzi's KafkaMirrorMaker2 (v1beta2 and v1) as the settings that a dedicated MirrorMaker
/// 2 would have. What only Strimzi has is called "strimzi.PATH". Other resources of the file are
/// passed over, with a setting that says so. Errors: no YAML, no KafkaMirrorMaker2, or two.
std::vector<ForeignSetting> read_strimzi(const std::string& text, ConfigProblems& problems);

}  // namespace lockstep::app

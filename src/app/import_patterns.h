#pragma once

#include "app/import_mirror.h"

namespace lockstep::app {

/// PURE. A list of topics or groups, where MirrorMaker 2 takes each entry for a regular expression
/// of Java's. Entries that Lockstep cannot have are left out, and the ruling says which.
ImportedList import_patterns(const ForeignSetting& setting);

/// PURE. The same for what MirrorMaker 2 has where nothing is set.
ImportedList default_patterns(const std::string& key, const std::string& value);

}  // namespace lockstep::app

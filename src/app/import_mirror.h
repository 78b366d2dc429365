#pragma once

#include "app/config_problems.h"
#include "app/import_security.h"
#include "app/import_setting.h"

#include <optional>

namespace lockstep::app {

/// A key that is written, and the settings that it comes from.
struct ImportedList {
    std::vector<std::string> entries;
    std::vector<Ruling> because;
};

struct ImportedCluster {
    std::string name;
    ImportedList bootstrap;
    ImportedSecurity security;
    std::vector<Ruling> others;
};

/// Where MirrorMaker 2 itself keeps what `--continue` has to know.
struct ForeignMirror {
    std::string source;
    std::string target;
    std::string prefix;         // of the names on the target; "" for none
    bool is_held_back = false;  // its link is written as a comment only
    std::string group;          // of its workers, on the target
    std::string notes;          // the topic in which it notes how far it is, on the target
    bool is_read_committed = false;
};

struct ImportedLink {
    std::string source;
    std::string target;
    std::vector<Ruling> because;  // that there is such a link
    ImportedList topics;
    ImportedList exclude;
    ImportedList groups;
    ImportedList exclude_groups;
    std::optional<int> replication_factor;
    std::vector<Ruling> replication_factor_because;
    std::vector<Ruling> others;
    bool is_continued = false;
    ForeignMirror mirror;
    std::string prefix;   // of the names on the target; "" for none
    std::string not_now;  // why the link is written as a comment only; "": it is not
};

/// What is written, with each setting of the foreign file in one of the rulings at least.
struct ImportedMirrors {
    std::vector<ImportedCluster> clusters;
    std::vector<ImportedLink> links;
    std::vector<Ruling> others;  // of no cluster and no link
};

/// PURE. What a dedicated MirrorMaker 2 with these settings does, as Lockstep's clusters and links.
/// Problems: what leaves nothing that could be written.
ImportedMirrors import_mirrors(const std::vector<ForeignSetting>& settings, ImportUse use,
                               ConfigProblems& problems);

}  // namespace lockstep::app

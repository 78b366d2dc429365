#pragma once

// PURE: what Lockstep says of its links, held against the logs of the clusters themselves.

#include "app/demo_census.h"
#include "app/demo_scene.h"
#include "app/rates.h"
#include "app/state_changes.h"
#include "model/link_status.h"

#include <map>
#include <string>
#include <vector>

namespace lockstep::app {

/// One partition's logs, on both sides of a link.
struct DemoPartitionLogs {
    Offset source_start;
    Offset source_stable;  // before open transactions: so much can be copied
    Offset source_end;
    Offset target_end;
    DemoCleanup cleanup = DemoCleanup::deleted;
    /// Where offsets are not kept: what the target has of each origin that the link carries.
    std::vector<DemoOrigin> origins = {};
};

using DemoLogs = std::map<TopicPartition, DemoPartitionLogs>;

/// One link, as it is and as Lockstep sees it.
struct DemoLinkView {
    LinkStatus status;
    DemoLogs logs;  // of all that is to be copied
    bool is_cut = false;
    bool is_paused = false;
};

DemoLink describe_demo_link(const DemoLinkView& link, const Rates& rates);

/// The partitions that are not running, by their reasons; blocked ones first.
std::vector<DemoTrouble> demo_troubles(const std::vector<DemoLinkView>& links);

/// Why the link's target is not, or not yet proved to be, the same as its source; empty where it
/// is.
std::vector<std::string> demo_link_faults(const DemoLinkView& link);

/// Tells in words what has changed since the last look. Owned by the demo.
class DemoNews {
public:
    /// `links` are the same ones in the same order each time.
    std::vector<std::string> update(double seconds, const std::vector<DemoLinkView>& links,
                                    const Rates& rates);

private:
    struct Known {
        std::string problem;
        bool was_in_step = false;
        bool is_in_trouble = true;  // until it has been in step once
        double in_trouble_since = 0;
    };
    std::vector<std::string> news_of_partitions(const std::vector<DemoLinkView>& links);
    std::string news_of_link(double seconds, const DemoLinkView& link, const Rates& rates);

    std::map<std::string, Known> links_;
    StateChanges changes_;
};

}  // namespace lockstep::app

#pragma once

#include "base/buffer.h"
#include "model/cluster_status.h"
#include "model/link.h"
#include "model/link_status.h"
#include "replication/cluster_probe.h"
#include "replication/link.h"
#include "replication/memory_budget.h"
#include "replication/topic_routes.h"

#include <memory>
#include <optional>
#include <vector>

namespace lockstep::replication {

/// Every link's clusters must be among `clusters`, and its topic patterns must be valid (the config
/// has been checked).
struct EngineSetup {
    std::vector<ClusterSpec> clusters;
    std::vector<LinkSpec> links;
    Limits limits;
    client::MemberNames* member_names = nullptr;  // outlives the engine; null: none are kept
    bool probes_clusters = false;                 // asks them all the time how they are
};

/// All links of one process, with the memory that they share. Lives on one shard.
/// `start()`, then `co_await stop()` before destroying it.
class Engine {
public:
    Engine(runtime::Runtime& runtime, EngineSetup setup);
    ~Engine();

    /// Who is told of copies that are deleted, as on_deleted of a link says; before start().
    void tell_of_deleted_copies(CopyDeleted told) { on_copy_deleted_ = std::move(told); }

    void start();

    /// Makes the links those that are wanted now: what has changed or is gone ends first, as with
    /// stop(); what is the same goes on untouched, unless a new link would bring its records a
    /// second time: then it begins anew, to find out what it must not copy any more. A link begins
    /// as soon as nothing ends any more that it depends on: its former self, what writes to the
    /// same target, and what uses a cluster that is spoken to in another way now. Pauses stay with
    /// the name of the link. Call it again only when it is done.
    runtime::Task<void> reconfigure(std::vector<ClusterSpec> clusters, std::vector<LinkSpec> links,
                                    runtime::Duration discovery_interval);

    /// Stops fetching, delivers what has been fetched for up to three seconds, and ends.
    runtime::Task<void> stop();

    std::vector<LinkStatus> status() const;

    /// The clusters that its links use, in the order of the setup's; none where they are not
    /// probed.
    std::vector<ClusterStatus> clusters() const;

    /// Writes what an operator did into the audit topic of the link's target; of each target where
    /// `link` is "".
    void audit(std::string_view link, const std::string& key, const std::string& value);

    /// The link of that name; null where there is none. Not to be kept: reconfigure()
    /// may end it.
    Link* find_link(std::string_view name);

private:
    /// A link, and all that it was made of.
    struct Running {
        LinkSpec spec;
        ClusterSpec source;
        ClusterSpec target;
        runtime::Duration discovery_interval{};
        std::unique_ptr<Link> link;
        bool has_ended = false;  // and waits for others, so that the one instead of it can begin

        bool is_same_as(const Running& other) const {
            return spec == other.spec && source == other.source && target == other.target &&
                   discovery_interval == other.discovery_interval;
        }
        bool uses(const std::string& cluster) const;
    };

    /// What reconfigure() has still to do.
    struct Change {
        std::vector<Running> starting;
        std::vector<ClusterSpec> changed;  // clusters that links which end still use as before
    };

    void open(Running& wanted);
    void begin_what_can(Change& change);
    bool must_wait(const Running& wanted, const Change& change) const;
    runtime::Task<void> end(Link& leaving, runtime::TimePoint deadline, Change& change);
    bool is_in_use(const std::string& cluster) const;
    /// Whether its two clusters, and those whose records it relays, are still the same ones.
    bool has_same_origins(const LinkSpec& link, const std::vector<ClusterSpec>& clusters) const;
    bool copies_what_it_must_not(const Link& link);
    void learn_id(const ClusterSpec& cluster);
    std::vector<ClusterSpec> used_clusters() const;
    runtime::Task<void> stop_all(const std::vector<Running>& links);

    runtime::Runtime& runtime_;
    client::MemberNames* member_names_;
    MemoryBudget budget_;
    BufferPool buffers_;
    std::vector<ClusterSpec> clusters_;
    FleetSpec fleet_;
    size_t session_partitions_;
    std::optional<ReadRate> verify_rate_;
    ClusterIds cluster_ids_;
    TopicRoutes routes_;
    CopyDeleted on_copy_deleted_;
    std::vector<Running> links_;
    std::vector<Running> ending_;  // which reconfigure() ends; no name is also in links_
    std::optional<ClusterProbes> probes_;
    bool is_stopping_ = false;
};

}  // namespace lockstep::replication

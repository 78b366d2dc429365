#pragma once

// PURE: what the links of a plan, taken together, would make of records, by the same proof with
// which a link that runs refuses a topic (TopicRoutes).

#include "replication/plan.h"
#include "replication/topic_filter.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::replication {

/// Which topics each link is for; the links' patterns must be valid, and outlive this.
class LinkTopics {
public:
    explicit LinkTopics(const std::vector<LinkSpec>& links);

    /// What the link with that index calls a topic on its target; nothing where it is not for it.
    std::optional<std::string> name_on_target(size_t link, const std::string& topic) const;

private:
    const std::vector<LinkSpec>& links_;
    std::vector<TopicFilter> filters_;
};

/// What a link would not copy, as its records would come twice or come back.
struct RouteFault {
    std::string link;
    std::string topic;        // at the link's source; or the entry of `topics` that is meant
    bool is_pattern = false;  // an entry that is no name: of topics that match it
    std::string what;
};

/// Of all topics that were found, wherever the links would bring them; of those that links name,
/// also where no cluster has them yet; and of what their expressions stand for. A fault of several
/// topics is told once. `plans` are those of `links`, in their order; also ones that failed.
std::vector<RouteFault> route_faults(const std::vector<LinkPlan>& plans,
                                     const std::vector<LinkSpec>& links);

/// Blocks what was found and would not be copied, as `run` does.
void block_faulty_routes(std::vector<LinkPlan>& plans, const std::vector<LinkSpec>& links);

}  // namespace lockstep::replication

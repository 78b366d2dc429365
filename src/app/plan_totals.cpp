#include "app/plan_totals.h"

#include "model/known_as.h"
#include "replication/plan_routes.h"
#include "replication/topic_routes.h"

#include <set>
#include <utility>

namespace lockstep::app {
namespace {

using replication::LinkPlan;
using replication::PlannedTopic;

void add_to(PlannedLoad& sum, const PlannedLoad& load) {
    sum.records += load.records;
    sum.bytes += load.bytes;
}

PlannedLoad load_of(const PlannedTopic& topic) {
    PlannedLoad load;
    for (const auto& partition : topic.partitions) {
        add_to(load, {partition.records_to_copy, partition.bytes_to_copy});
    }
    return load;
}

/// Sends what was found along the links behind the one that it was found for.
class Relaying {
public:
    explicit Relaying(const std::vector<LinkSpec>& links)
        : links_(links), topics_(links), routes_(links), loads_(links.size()) {}

    void add(size_t link, const PlannedTopic& topic) {
        const PlannedLoad load = load_of(topic);
        add_to(loads_[link].found, load);
        if (load.records == 0) {
            return;
        }
        const LinkSpec& first = links_[link];
        const auto born_at =
            first.origins ? Names(first.origins->begin(), first.origins->end()) : Names();
        std::set<size_t> crossed{link};
        std::vector<Arrived> arrived{arrival(link, topic.target_name(), born_at)};
        for (size_t next = 0; next < arrived.size(); ++next) {
            const Arrived here = arrived[next];
            for (size_t i = 0; i < links_.size(); ++i) {
                const auto name = links_[i].source == here.at.cluster
                                      ? topics_.name_on_target(i, here.at.topic)
                                      : std::nullopt;
                const Names carried = name ? carried_by(links_[i], here.known_as) : Names();
                if (!carried.empty() && may_copy(i, here.at.topic) && crossed.insert(i).second) {
                    add_to(loads_[i].relayed, load);
                    arrived.push_back(arrival(i, *name, carried));
                }
            }
        }
    }

    std::vector<LinkLoad> take() { return std::move(loads_); }

private:
    using Names = std::set<std::string>;
    struct Arrived {
        TopicAt at;
        Names known_as;
    };

    Arrived arrival(size_t link, const std::string& name, const Names& carried) const {
        const LinkSpec& by = links_[link];
        return {{by.target, name}, by.origins ? carried : Names{by.source}};
    }

    static Names carried_by(const LinkSpec& link, const Names& known_as) {
        Names carried;
        for (const std::string& each : known_as) {
            if (is_carried(link, each)) {
                carried.insert(each);
            }
        }
        return carried;
    }

    bool may_copy(size_t link, const std::string& topic) {
        return routes_.problem_of(links_[link].name, topic).empty();
    }

    const std::vector<LinkSpec>& links_;
    replication::LinkTopics topics_;
    replication::TopicRoutes routes_;
    std::vector<LinkLoad> loads_;
};

std::chrono::seconds time_for(int64_t bytes, int64_t bytes_per_second) {
    return std::chrono::seconds((bytes + bytes_per_second - 1) / bytes_per_second);
}

}  // namespace

std::vector<LinkLoad> link_loads(const WholePlan& plan) {
    Relaying relaying(plan.links);
    for (size_t i = 0; i < plan.plans.size(); ++i) {
        for (const PlannedTopic& topic : plan.plans[i].topics) {
            relaying.add(i, topic);
        }
    }
    return relaying.take();
}

PlanTotals totals_of(const WholePlan& plan) {
    PlanTotals totals;
    for (const LinkPlan& link : plan.plans) {
        for (const PlannedTopic& topic : link.topics) {
            totals.partitions += topic.partitions.size();
        }
    }
    const std::vector<LinkLoad> loads = link_loads(plan);
    for (const LinkLoad& load : loads) {
        add_to(totals.all, load.found);
        add_to(totals.all, load.relayed);
        add_to(totals.relayed, load.relayed);
    }
    totals.bytes_per_second = plan.bytes_per_second;
    totals.time = time_for(totals.all.bytes, plan.bytes_per_second);
    for (size_t i = 0; i < loads.size(); ++i) {
        const LinkSpec& link = plan.links[i];
        const int64_t bytes = loads[i].found.bytes + loads[i].relayed.bytes;
        if (link.bandwidth && time_for(bytes, *link.bandwidth) > totals.time) {
            totals.time = time_for(bytes, *link.bandwidth);
            totals.bytes_per_second = *link.bandwidth;
            totals.slowest = link.name;
        }
    }
    return totals;
}

}  // namespace lockstep::app

#include "replication/plan_routes.h"

#include "base/assert.h"
#include "replication/topic_routes.h"

#include <re2/re2.h>

#include <set>
#include <utility>

namespace lockstep::replication {
namespace {

/// Goes along the links from where topics are, and gathers what stands against them on the way.
class FaultSearch {
public:
    explicit FaultSearch(const std::vector<LinkSpec>& links)
        : links_(links), topics_(links), routes_(links) {}

    /// `entry` is what is told instead of the topic's name; "" for that name.
    void follow(const TopicAt& from, const std::string& entry, std::vector<RouteFault>& faults) {
        std::vector<TopicAt> reached;
        if (followed_.insert(from).second) {
            reached.push_back(from);
        }
        for (size_t next = 0; next < reached.size(); ++next) {
            const TopicAt here = reached[next];
            for (size_t i = 0; i < links_.size(); ++i) {
                const auto name = links_[i].source == here.cluster
                                      ? topics_.name_on_target(i, here.topic)
                                      : std::nullopt;
                if (!name) {
                    continue;
                }
                // What is not copied goes no further: so this ends, whatever names grow to.
                const TopicAt there{links_[i].target, *name};
                std::string what = routes_.problem_of(links_[i].name, here.topic);
                if (!what.empty()) {
                    faults.push_back({links_[i].name, entry.empty() ? here.topic : entry,
                                      !entry.empty(), std::move(what)});
                } else if (followed_.insert(there).second) {
                    reached.push_back(there);
                }
            }
        }
    }

private:
    const std::vector<LinkSpec>& links_;
    LinkTopics topics_;
    TopicRoutes routes_;
    std::set<TopicAt> followed_;
};

/// An expression is looked at as if it were the name of a topic: it matches itself then, and what
/// other links' entries make of it is mostly what they make of the names that it stands for.
std::vector<LinkSpec> with_entries_as_names(std::vector<LinkSpec> links) {
    for (LinkSpec& link : links) {
        for (auto* entries : {&link.topics, &link.exclude}) {
            const std::vector<std::string> own = *entries;
            for (const std::string& entry : own) {
                if (!is_topic_name(entry)) {
                    entries->push_back(re2::RE2::QuoteMeta(entry));
                }
            }
        }
    }
    return links;
}

std::vector<RouteFault> each_once(std::vector<RouteFault> faults) {
    std::set<std::pair<std::string, std::string>> told;
    std::erase_if(faults, [&told](const RouteFault& fault) {
        return !told.insert({fault.link, fault.what}).second;
    });
    return faults;
}

}  // namespace

LinkTopics::LinkTopics(const std::vector<LinkSpec>& links) : links_(links) {
    for (const LinkSpec& link : links_) {
        auto filter = TopicFilter::make(link.topics, link.exclude);
        LS_ASSERT(filter.has_value());
        filters_.push_back(std::move(*filter));
    }
}

std::optional<std::string> LinkTopics::name_on_target(size_t link, const std::string& topic) const {
    return filters_[link].matches(topic) ? std::optional(links_[link].names.on_target(topic))
                                         : std::nullopt;
}

std::vector<RouteFault> route_faults(const std::vector<LinkPlan>& plans,
                                     const std::vector<LinkSpec>& links) {
    std::vector<RouteFault> faults;
    FaultSearch names(links);
    for (size_t i = 0; i < plans.size(); ++i) {
        for (const PlannedTopic& topic : plans[i].topics) {
            names.follow({links[i].source, topic.name}, "", faults);
        }
    }
    for (const LinkSpec& link : links) {
        for (const std::string& entry : link.topics) {
            if (is_topic_name(entry)) {
                names.follow({link.source, entry}, "", faults);
            }
        }
    }
    const std::vector<LinkSpec> widened = with_entries_as_names(links);
    FaultSearch expressions(widened);
    for (const LinkSpec& link : links) {
        for (const std::string& entry : link.topics) {
            if (!is_topic_name(entry)) {
                expressions.follow({link.source, entry}, entry, faults);
            }
        }
    }
    return each_once(std::move(faults));
}

void block_faulty_routes(std::vector<LinkPlan>& plans, const std::vector<LinkSpec>& links) {
    TopicRoutes routes(links);
    for (size_t i = 0; i < plans.size(); ++i) {
        for (PlannedTopic& topic : plans[i].topics) {
            const std::string problem = routes.problem_of(links[i].name, topic.name);
            if (problem.empty()) {
                continue;
            }
            for (PlannedPartition& partition : topic.partitions) {
                partition = {partition.partition};
                partition.blocked = problem;
            }
        }
    }
}

}  // namespace lockstep::replication

#include "replication/topic_routes.h"

#include "base/assert.h"

namespace lockstep::replication {

TopicRoutes::TopicRoutes(const std::vector<LinkSpec>& links) : links_(links) {
    for (const LinkSpec& link : links_) {
        auto filter = TopicFilter::make(link.topics, link.exclude);
        LS_ASSERT(filter.has_value());
        filters_.push_back(std::move(*filter));
    }
}

std::string TopicRoutes::problem_of(const std::string& link, const std::string& topic) {
    const RouteProblem* problem = find(link, topic);
    if (problem == nullptr) {
        return "";
    }
    return problem->what +
           (problem->is_renaming
                ? ": exclude " + topic + " from this link"
                : std::string(": leave the topic out of a link, or make a replication of them "
                              "(strategy mesh or hub-spoke)"));
}

bool TopicRoutes::has_renaming_fault(const std::string& link, const std::string& topic) {
    const RouteProblem* problem = find(link, topic);
    return problem != nullptr && problem->is_renaming;
}

const RouteProblem* TopicRoutes::find(const std::string& link, const std::string& topic) {
    if (asked_.insert({link, topic}).second) {
        follow_all(link, topic);
    }
    const auto found = problems_.find({link, topic});
    return found == problems_.end() ? nullptr : &found->second;
}

std::optional<std::string> TopicRoutes::name_on_target(size_t link,
                                                       const std::string& topic) const {
    return filters_[link].matches(topic) ? std::optional(links_[link].names.on_target(topic))
                                         : std::nullopt;
}

/// From each cluster that may have the topic, and from each topic that arrives at the link's source
/// under this name.
void TopicRoutes::follow_all(const std::string& link, const std::string& topic) {
    std::vector<TopicAt> origins;
    for (const LinkSpec& each : links_) {
        follow({each.source, topic});
        if (each.name == link) {
            origins.push_back({each.source, topic});
        }
    }
    std::set<TopicAt> seen(origins.begin(), origins.end());
    for (size_t next = 0; next < origins.size(); ++next) {
        const TopicAt here = origins[next];
        for (size_t i = 0; i < links_.size(); ++i) {
            if (links_[i].target != here.cluster) {
                continue;
            }
            for (const std::string& name : links_[i].names.at_source(here.topic)) {
                const TopicAt from{links_[i].source, name};
                if (filters_[i].matches(name) && seen.insert(from).second) {
                    origins.push_back(from);
                    follow(from);
                }
            }
        }
    }
}

void TopicRoutes::follow(const TopicAt& from) {
    if (!followed_.insert(from).second) {
        return;
    }
    const auto name_of = [this](size_t link, const std::string& topic) {
        return name_on_target(link, topic);
    };
    for (const RouteProblem& problem : follow_topic(from, links_, name_of)) {
        problems_.try_emplace({problem.link, problem.topic}, problem);
    }
}

}  // namespace lockstep::replication

#include "replication/topic_routes.h"

#include "base/assert.h"

#include <algorithm>

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

bool TopicRoutes::is_both_ways(const std::string& link, const std::string& topic) {
    const auto [known, is_new] = both_ways_.try_emplace({link, topic}, false);
    if (is_new) {
        const auto index = index_of(link);
        known->second = index && comes_back(*index, topic);
    }
    return known->second;
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

std::optional<size_t> TopicRoutes::index_of(const std::string& link) const {
    const auto found = std::ranges::find(links_, link, &LinkSpec::name);
    return found == links_.end() ? std::nullopt
                                 : std::optional(static_cast<size_t>(found - links_.begin()));
}

/// Of what is born in the link's copy, under the names that it has on its way.
bool TopicRoutes::comes_back(size_t link, const std::string& topic) const {
    const auto name = name_on_target(link, topic);
    if (!name) {
        return false;
    }
    const auto name_of = [this](size_t each, const std::string& called) {
        return name_on_target(each, called);
    };
    return reached_from({links_[link].target, *name}, links_, name_of)
        .contains({links_[link].source, topic});
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

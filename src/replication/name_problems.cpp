#include "replication/name_problems.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

namespace lockstep::replication {
namespace {

std::string problem_of(const std::string& name, const std::vector<std::string>& topics) {
    if (topics.size() > 1) {
        return fmt::format(
            "the topics {} would all be called {} on the target; rename them to different names, "
            "or leave all but one out",
            fmt::join(topics, ", "), name);
    }
    if (is_reserved_topic(name)) {
        return fmt::format(
            "on the target it would be called {}, which is Kafka's or Lockstep's own; rename it "
            "to something else",
            name);
    }
    const auto problem = topic_name_problem(name);
    return problem
               ? fmt::format("on the target it would be called \"{}\", which {}", name, *problem)
               : "";
}

}  // namespace

std::map<std::string, std::string> name_problems(const TopicNames& names,
                                                 const std::vector<std::string>& topics) {
    std::map<std::string, std::string> problems;
    if (names.are_same()) {
        return problems;
    }
    std::map<std::string, std::vector<std::string>> by_name;  // on the target
    for (const std::string& topic : topics) {
        by_name[names.on_target(topic)].push_back(topic);
    }
    for (const auto& [name, sources] : by_name) {
        const std::string problem = problem_of(name, sources);
        for (const std::string& topic : sources) {
            if (!problem.empty()) {
                problems[topic] = problem;
            }
        }
    }
    return problems;
}

}  // namespace lockstep::replication

#pragma once

// PURE: what one can do to the demo, by key or by script.

#include "base/result.h"

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::app {

enum class DemoVerb {
    cut_link,  // Lockstep's connections to both clusters of the link
    heal_link,
    kill_broker,
    restart_broker,
    kill_cluster,
    restart_cluster,
    pause_lockstep,
    resume_lockstep,
    delete_topic,  // all of topics at the first cluster
    create_topic,
    add_partition,
    lose_records,  // of partition `number`: an unclean election
    quit,
};

/// One thing to do. What a verb does not need stays empty.
struct DemoAction {
    DemoVerb verb = DemoVerb::quit;
    std::string name;  // a link's, cluster's or topic's; of heal_link "": all
    int number = 0;    // a broker or a partition

    bool operator==(const DemoAction&) const = default;
};

/// "kill-broker berlin 1", "cut berlin-paris", "quit", ... Errors say what is wrong.
Result<DemoAction> parse_demo_action(std::string_view text);

/// As parse_demo_action() reads it.
std::string to_string(const DemoAction& action);

struct TimedDemoAction {
    std::chrono::milliseconds at{};
    DemoAction action;
};

/// Lines such as "at 5s kill-broker berlin 1"; empty ones, and what is behind a '#', count for
/// nothing. In the order of their times. Errors name the line.
Result<std::vector<TimedDemoAction>> parse_demo_script(std::string_view text);

/// What is there to be broken.
struct DemoNames {
    std::vector<std::string> clusters;  // the one whose topics are broken first
    std::vector<std::string> links;
    std::vector<std::string> topics;
    int brokers = 0;  // of each cluster
};

/// "" where all that the action names is there; else what is not.
std::string demo_action_problem(const DemoAction& action, const DemoNames& names);

/// What is broken now, for keys that mend with the second press.
struct DemoBreakage {
    std::set<std::string> cut_links;
    std::set<std::string> clusters_down;  // without any broker
    bool is_source_broker_down = false;
    bool is_paused = false;
    bool is_topic_deleted = false;
};

/// What the keys are about: one link, its clusters, one topic.
struct DemoKeyTargets {
    std::string link;
    std::string source;
    std::string target;
    std::string topic;
    int broker = 1;
};

/// The keys in what a terminal sent; arrows and the like, which are several bytes, are no keys.
std::vector<char> demo_keys(std::string_view bytes);

/// Which of `links` links, counted from 0, the keys are about from now on: '1' is the first one.
std::optional<size_t> link_of_demo_key(char key, size_t links);

/// What a key does now; nothing for 'h' and digits, which are the view's, and for all others.
std::optional<DemoAction> action_of_demo_key(char key, const DemoKeyTargets& targets,
                                             const DemoBreakage& broken);

}  // namespace lockstep::app

#include "app/config_replications.h"

#include "app/config_around.h"
#include "app/config_topics.h"
#include "app/config_values.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace lockstep::app {
namespace {

constexpr std::array<std::string_view, 4> kStrategyWords{"active-passive", "active-active",
                                                         "hub-spoke", "mesh"};
constexpr std::array<std::string_view, 2> kRoutesWords{"direct", "cheapest"};
constexpr std::array<std::string_view, 2> kCostKeys{"between", "cost"};

constexpr KeyRule kName{"name", "the replication's name", "orders"};
constexpr KeyRule kStrategy{"strategy", "one of active-passive, active-active, hub-spoke, mesh",
                            "active-active"};
constexpr KeyRule kClusters{"clusters", "a list of two or more clusters' names", "[east, west]"};
constexpr KeyRule kTopics{"topics", "a list of topic names and regular expressions",
                          "[orders, \"payments-.*\"]"};
constexpr KeyRule kActive{"active", "the name of the cluster that is written to", "east"};
constexpr KeyRule kHub{"hub", "the name of the cluster in the middle", "east"};
constexpr KeyRule kRoutes{"routes", "one of direct, cheapest", "direct"};
constexpr KeyRule kCosts{"costs", "a list of costs between two clusters",
                         "[{between: [east, west], cost: 3}]"};
constexpr KeyRule kBetween{"between", "the names of two clusters", "[east, west]"};
constexpr KeyRule kCost{"cost", "a number above 0", "3"};

class Reader {
public:
    Reader(YamlMap& map, std::span<const std::string_view> clusters, ConfigProblems& problems,
           ReplicationSpec& replication)
        : map_(map), clusters_(clusters), problems_(problems), replication_(replication) {}

    bool read() {
        map_.require({kName, kStrategy, kClusters, kTopics});
        read_name();
        replication_.clusters = read_clusters();
        if (read_strategy()) {
            read_center();
            read_routes();
            check_rules();
        }
        return is_right_;
    }

private:
    void add(TextPosition at, std::string what) {
        problems_.add(at, std::move(what));
        is_right_ = false;
    }

    bool is_missing(const KeyRule& rule) {
        is_right_ = is_right_ && map_.has(rule.key);
        return !map_.has(rule.key);
    }

    void read_name() {
        const auto name = map_.text(kName);
        if (is_missing(kName) || !name) {
            is_right_ = false;
            return;
        }
        replication_.name = name->text;
        if (const auto problem = name_problem(name->text)) {
            add(name->at, fmt::format("\"{}\" {}", name->text, *problem));
        }
    }

    bool check_cluster(const PlacedText& name) {
        if (std::ranges::find(clusters_, name.text) != clusters_.end()) {
            return true;
        }
        add(name.at, fmt::format("there is no cluster \"{}\"; {}", name.text,
                                 suggest_word(name.text, clusters_)));
        return false;
    }

    std::vector<std::string> read_clusters() {
        std::vector<std::string> names;
        const auto given = map_.text_list(kClusters);
        for (const PlacedText& name : given) {
            if (!check_cluster(name)) {
                continue;
            }
            if (std::ranges::find(names, name.text) != names.end()) {
                add(name.at,
                    fmt::format("\"{}\" stands twice in \"clusters\"; remove one", name.text));
            } else {
                names.push_back(name.text);
            }
        }
        if (given.empty()) {
            is_right_ = false;
        } else if (given.size() < 2) {
            add(map_.at("clusters"), "a replication needs two clusters or more");
        }
        return names;
    }

    bool read_strategy() {
        const auto word = map_.text(kStrategy);
        if (is_missing(kStrategy) || !word) {
            is_right_ = false;
            return false;
        }
        const auto* const found = std::ranges::find(kStrategyWords, word->text);
        if (found == kStrategyWords.end()) {
            const std::string advice = suggest_word(word->text, kStrategyWords);
            const bool has_guess = advice.starts_with("did");
            add(word->at,
                fmt::format("there is no strategy \"{}\"; {}{}", word->text, advice,
                            has_guess ? fmt::format(" It must be {}.", kStrategy.wants) : ""));
            return false;
        }
        replication_.strategy = static_cast<Strategy>(found - kStrategyWords.begin());
        return true;
    }

    /// Which cluster is another than the others, where the strategy has one.
    void read_center() {
        for (const auto& [rule, strategy] : {std::pair{&kActive, Strategy::active_passive},
                                             std::pair{&kHub, Strategy::hub_spoke}}) {
            if (replication_.strategy != strategy) {
                refuse(*rule, to_string(strategy));
                continue;
            }
            map_.require({*rule});
            const auto name = map_.text(*rule);
            if (is_missing(*rule) || !name) {
                is_right_ = false;
            } else if (std::ranges::find(replication_.clusters, name->text) ==
                       replication_.clusters.end()) {
                add(name->at, fmt::format("\"{}\" is not among the replication's clusters; add it "
                                          "there, or name one of them",
                                          name->text));
            } else {
                replication_.center = name->text;
            }
        }
    }

    void refuse(const KeyRule& rule, std::string_view strategy) {
        if (map_.has(rule.key)) {
            add(map_.at(rule.key),
                fmt::format("\"{}\" is for the strategy {}; remove it, or change the strategy",
                            rule.key, strategy));
        }
    }

    void read_routes() {
        if (replication_.strategy != Strategy::mesh) {
            refuse(kRoutes, "mesh");
            refuse(kCosts, "mesh");
            return;
        }
        bool are_direct = true;
        if (const auto word = map_.text(kRoutes)) {
            are_direct = word->text == kRoutesWords[0];
            if (word->text == kRoutesWords[1]) {
                replication_.routes = MeshRoutes::cheapest;
            } else if (!are_direct) {
                add(word->at, fmt::format("\"routes\" has no choice \"{}\"; {}", word->text,
                                          suggest_word(word->text, kRoutesWords)));
            }
        }
        if (are_direct && map_.has(kCosts.key)) {
            add(map_.at(kCosts.key),
                "\"costs\" has no effect with routes: direct; remove it, or write routes: "
                "cheapest");
        }
        for (const YAML::Node& node : map_.list(kCosts)) {
            read_cost(node);
        }
    }

    void read_cost(const YAML::Node& node) {
        YamlMap map(node, "a cost", kCostKeys, problems_);
        map.require({kBetween, kCost});
        const auto ends = map.text_list(kBetween);
        const auto text = map.text(kCost);
        if (!map.usable() || ends.empty() || !text) {
            is_right_ = false;
            return;
        }
        for (const PlacedText& end : ends) {
            check_member(end);
        }
        if (ends.size() != 2 || ends[0].text == ends[1].text) {
            add(map.at("between"), "\"between\" must name two different clusters");
            return;
        }
        double cost = 0;
        const char* last = text->text.data() + text->text.size();
        const auto [end, problem] = std::from_chars(text->text.data(), last, cost);
        if (problem != std::errc() || end != last || !std::isfinite(cost) || cost <= 0) {
            add(text->at, fmt::format("\"cost\" must be a number above 0, but is \"{}\"; write for "
                                      "example 3, or 0.5",
                                      text->text));
            return;
        }
        const auto is_same_pair = [&ends](const LinkCost& each) {
            return std::minmax(each.one, each.other) == std::minmax(ends[0].text, ends[1].text);
        };
        if (std::ranges::any_of(replication_.costs, is_same_pair)) {
            add(map.at("between"),
                fmt::format("there is a cost between \"{}\" and \"{}\" already, and it is the same "
                            "both ways; remove one",
                            ends[0].text, ends[1].text));
            return;
        }
        replication_.costs.push_back({ends[0].text, ends[1].text, cost});
    }

    /// Of an end of a cost. Where the list of clusters is wrong itself, that has been reported.
    void check_member(const PlacedText& name) {
        const std::vector<std::string>& members = replication_.clusters;
        if (check_cluster(name) && members.size() >= 2 &&
            std::ranges::find(members, name.text) == members.end()) {
            add(name.at,
                fmt::format("\"{}\" is not among the replication's clusters; add it there, "
                            "or remove this cost",
                            name.text));
        }
    }

    /// What has no meaning where several clusters write to a topic.
    void check_rules() {
        if (replication_.strategy == Strategy::active_passive) {
            return;
        }
        const auto word = to_string(replication_.strategy);
        is_right_ = check_topic_rules(map_, word, problems_) && is_right_;
        is_right_ = check_follow_rules(map_, replication_.rules, word, problems_) && is_right_;
        if (replication_.rules.offsets == OffsetsMode::preserve) {
            add(map_.at("offsets"),
                fmt::format("{} cannot keep offsets: a topic has the records of several clusters; "
                            "leave \"offsets\" out",
                            word));
        }
        if (!map_.has("groups")) {
            replication_.rules.groups.clear();
        } else if (!replication_.rules.groups.empty()) {
            add(map_.at("groups"),
                fmt::format("{} does not carry consumer groups: the order of records differs from "
                            "cluster to cluster; write groups: [], or leave it out",
                            word));
        }
    }

    YamlMap& map_;
    std::span<const std::string_view> clusters_;
    ConfigProblems& problems_;
    ReplicationSpec& replication_;
    bool is_right_ = true;
};

}  // namespace

bool read_own_keys(YamlMap& map, std::span<const std::string_view> clusters,
                   ConfigProblems& problems, ReplicationSpec& replication) {
    return Reader(map, clusters, problems, replication).read();
}

}  // namespace lockstep::app

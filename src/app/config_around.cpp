#include "app/config_around.h"

#include "replication/principal_map.h"
#include "replication/topic_routes.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

namespace lockstep::app {
namespace {

constexpr std::array<std::string_view, 3> kTopicConfigKeys{"follow", "pinned", "never"};
constexpr std::array<std::string_view, 5> kAclKeys{"follow", "principals", "exclude_principals",
                                                   "resources", "writes"};
constexpr std::array<std::string_view, 2> kPrincipalKeys{"from", "to"};
constexpr std::array<std::string_view, 1> kQuotaKeys{"follow"};
constexpr std::array<std::string_view, 2> kOffOn{"off", "on"};
constexpr std::array<std::string_view, 2> kWritesWords{"on_failover", "at_once"};
constexpr std::array<std::string_view, 6> kResourceWords{
    "topic", "group", "cluster", "transactional_id", "delegation_token", "user"};
constexpr std::array<std::string_view, 3> kFollowWords{"changes", "all", "off"};

constexpr KeyRule kTopicConfig{"topic_config", "a section", "{follow: changes}"};
constexpr KeyRule kFollow{"follow", "one of changes, all, off", "changes"};
constexpr KeyRule kPinned{"pinned", "a map of topic configs and their values",
                          "{retention.ms: 604800000}"};
constexpr KeyRule kNever{"never", "a list of topic configs", "[segment.bytes]", true};

constexpr KeyRule kAcls{"acls", "a section", "{follow: on}"};
constexpr KeyRule kFollowAcls{"follow", "one of off, on", "on"};
constexpr KeyRule kPrincipals{"principals", "a list of expressions and what takes their place",
                              "[{from: \"User:CN=([^,]+),.*\", to: 'User:\\1'}]", true};
constexpr KeyRule kFrom{"from", "a regular expression for principals", "\"User:CN=([^,]+),.*\""};
constexpr KeyRule kTo{"to", "what the principal is called on the target", "'User:\\1'"};
constexpr KeyRule kExcludePrincipals{"exclude_principals",
                                     "a list of principals and regular expressions",
                                     "[\"User:lockstep\"]", true};
constexpr KeyRule kResources{"resources", "a list of kinds of resources", "[topic, group]"};
constexpr KeyRule kWrites{"writes", "one of on_failover, at_once", "on_failover"};
constexpr KeyRule kQuotas{"quotas", "a section", "{follow: changes}"};

/// Which of two words it is; the first where the key is absent or its value has been reported.
bool is_second(YamlMap& map, const KeyRule& rule, const std::array<std::string_view, 2>& words,
               ConfigProblems& problems) {
    const auto word = map.text(rule);
    if (word && word->text != words[0] && word->text != words[1]) {
        problems.add(word->at, fmt::format("\"{}\" has no choice \"{}\"; {}", rule.key, word->text,
                                           suggest_word(word->text, words)));
    }
    return word && word->text == words[1];
}

/// Checked alone, so that what is wrong is reported at its place.
void check_principals(const AclRules& rules, TextPosition at, ConfigProblems& problems) {
    if (const auto map = replication::PrincipalMap::make(rules); map.has_error()) {
        problems.add(at, map.error().context);
    }
}

void read_principals(YamlMap& map, AclRules& rules, ConfigProblems& problems) {
    for (const YAML::Node& node : map.list(kPrincipals)) {
        YamlMap entry(node, "a principal", kPrincipalKeys, problems);
        entry.require({kFrom, kTo});
        const auto from = entry.text(kFrom);
        const auto to = entry.text(kTo);
        if (from && to) {
            AclRules alone;
            alone.principals.push_back({from->text, to->text});
            check_principals(alone, from->at, problems);
            rules.principals.push_back({from->text, to->text});
        }
    }
    for (PlacedText& principal : map.text_list(kExcludePrincipals)) {
        AclRules alone;
        alone.exclude_principals.push_back(principal.text);
        check_principals(alone, principal.at, problems);
        rules.exclude_principals.push_back(std::move(principal.text));
    }
}

void read_resources(YamlMap& map, AclRules& rules, ConfigProblems& problems) {
    if (!map.has(kResources.key)) {
        return;
    }
    rules.resources.clear();
    for (const PlacedText& word : map.text_list(kResources)) {
        std::string kafkas = word.text;
        std::ranges::transform(kafkas, kafkas.begin(), [](char c) {
            return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        });
        const auto resource = parse_acl_resource(kafkas);
        if (resource) {
            rules.resources.insert(*resource);
        } else {
            problems.add(word.at, fmt::format("there are no resources \"{}\"; {}", word.text,
                                              suggest_word(word.text, kResourceWords)));
        }
    }
}

FollowRule read_follow(YamlMap& map, FollowRule by_default, ConfigProblems& problems) {
    const auto word = map.text(kFollow);
    if (!word) {
        return by_default;
    }
    if (word->text == kFollowWords[0]) {
        return FollowRule::changes;
    }
    if (word->text == kFollowWords[1]) {
        return FollowRule::all;
    }
    if (word->text != kFollowWords[2]) {
        problems.add(word->at, fmt::format("\"follow\" has no choice \"{}\"; {}", word->text,
                                           suggest_word(word->text, kFollowWords)));
    }
    return FollowRule::off;
}

void read_pinned(YamlMap& map, TopicConfigRules& rules, ConfigProblems& problems) {
    const auto node = map.value(kPinned);
    if (!node) {
        return;
    }
    if (!node->IsMap()) {
        problems.add(position_of(*node),
                     fmt::format("\"pinned\" must be {}, but is {}; write for example pinned: {}",
                                 kPinned.wants, describe_node(*node), kPinned.example));
        return;
    }
    for (const auto& pair : *node) {
        if (!pair.first.IsScalar() || !pair.second.IsScalar()) {
            problems.add(position_of(pair.first),
                         fmt::format("\"pinned\" must be {}, but has {} for {}", kPinned.wants,
                                     describe_node(pair.second), describe_node(pair.first)));
            continue;
        }
        rules.pinned[pair.first.Scalar()] = pair.second.Scalar();
    }
}

void read_never(YamlMap& map, TopicConfigRules& rules, ConfigProblems& problems) {
    for (PlacedText& name : map.text_list(kNever)) {
        if (rules.pinned.contains(name.text)) {
            problems.add(name.at, fmt::format("\"{}\" is pinned, and never touched as well: remove "
                                              "it from one of the two",
                                              name.text));
        }
        rules.never.push_back(std::move(name.text));
    }
}

/// An expression that stands in both, so that both copy what it matches; nothing where they have no
/// such one, or where topics have other names on the target.
std::optional<std::string> shared_expression(const LinkSpec& one, const LinkSpec& other) {
    if (!one.names.are_same() || !other.names.are_same()) {
        return std::nullopt;
    }
    const auto found = std::ranges::find_if(one.topics, [&](const std::string& entry) {
        return !replication::is_topic_name(entry) &&
               std::ranges::find(other.topics, entry) != other.topics.end();
    });
    return found == one.topics.end() ? std::nullopt : std::optional(*found);
}

/// What is brought back to the link's source, in words; "" where nothing is known to be. What two
/// different expressions both match is not found out.
std::string brought_back(const LinkSpec& link, const std::vector<LinkSpec>& links,
                         replication::TopicRoutes& routes) {
    for (const LinkSpec& other : links) {
        for (const std::string& topic : other.topics) {
            if (!replication::is_topic_name(topic)) {
                continue;
            }
            for (const std::string& name : {topic, other.names.on_target(topic)}) {
                if (routes.is_both_ways(link.name, name)) {
                    return "topic " + name;
                }
            }
        }
        if (other.source == link.target && other.target == link.source) {
            if (const auto expression = shared_expression(link, other)) {
                return fmt::format("what \"{}\" matches", *expression);
            }
        }
    }
    return "";
}

/// Whether one comes by the links from the link's target to its source.
bool leads_back(const LinkSpec& link, const std::vector<LinkSpec>& links) {
    std::set<std::string> reached{link.target};
    size_t before = 0;
    while (before != reached.size()) {
        before = reached.size();
        for (const LinkSpec& each : links) {
            if (reached.contains(each.source)) {
                reached.insert(each.target);
            }
        }
    }
    return reached.contains(link.source);
}

void add_way_back(const LinkSpec& link, const char* section, const std::string& what,
                  ConfigProblems& problems) {
    problems.add(
        {},
        fmt::format("the link \"{}\": \"{}\" with \"follow: all\" is for links that go "
                    "one way, but {} also from {} to {}: what is changed on {} would "
                    "be taken back before it comes to {}; write follow: changes",
                    link.name, section, what, link.target, link.source, link.target, link.source));
}

}  // namespace

bool check_follow_rules(const YamlMap& map, const LinkSpec& rules, std::string_view strategy,
                        ConfigProblems& problems) {
    bool is_right = true;
    for (const auto& [rule, follow] :
         {std::pair{&kTopicConfig, rules.topic_config.follow}, std::pair{&kQuotas, rules.quotas}}) {
        if (follow == FollowRule::all) {
            is_right = false;
            problems.add(
                map.at(rule->key),
                fmt::format("\"{}\" with \"follow: all\" cannot be with {}: links go both "
                            "ways there, and what is changed on one cluster would be taken "
                            "back before it comes to the others; write follow: changes",
                            rule->key, strategy));
        }
    }
    return is_right;
}

void check_ways_back(const std::vector<LinkSpec>& links, ConfigProblems& problems) {
    std::vector<LinkSpec> with_configs;  // that change any
    std::vector<LinkSpec> with_quotas;
    for (const LinkSpec& link : links) {
        const auto filter = replication::TopicFilter::make(link.topics, link.exclude);
        if (filter.has_error() || link.source.empty() || link.target.empty()) {
            return;  // which has been reported
        }
        if (link.topic_config.follow != FollowRule::off) {
            with_configs.push_back(link);
        }
        if (link.quotas != FollowRule::off) {
            with_quotas.push_back(link);
        }
    }
    replication::TopicRoutes routes(with_configs);
    for (const LinkSpec& link : links) {
        if (link.topic_config.follow == FollowRule::all) {
            const std::string what = brought_back(link, with_configs, routes);
            if (!what.empty()) {
                add_way_back(link, "topic_config", what + " goes", problems);
            }
        }
        if (link.quotas == FollowRule::all && leads_back(link, with_quotas)) {
            add_way_back(link, "quotas", "client quotas go", problems);
        }
    }
}

TopicConfigRules read_topic_config(YamlMap& link, ConfigProblems& problems) {
    TopicConfigRules rules;
    const auto node = link.value(kTopicConfig);
    if (!node) {
        return rules;
    }
    YamlMap map(*node, "the section \"topic_config\"", kTopicConfigKeys, problems);
    rules.follow = read_follow(map, rules.follow, problems);
    read_pinned(map, rules, problems);
    read_never(map, rules, problems);
    return rules;
}

AclRules read_acls(YamlMap& link, ConfigProblems& problems) {
    AclRules rules;
    const auto node = link.value(kAcls);
    if (!node) {
        return rules;
    }
    YamlMap map(*node, "the section \"acls\"", kAclKeys, problems);
    rules.is_followed = is_second(map, kFollowAcls, kOffOn, problems);
    read_principals(map, rules, problems);
    read_resources(map, rules, problems);
    if (is_second(map, kWrites, kWritesWords, problems)) {
        rules.writes = AclWrites::at_once;
    }
    return rules;
}

FollowRule read_quotas(YamlMap& link, ConfigProblems& problems) {
    const auto node = link.value(kQuotas);
    if (!node) {
        return FollowRule::off;
    }
    YamlMap map(*node, "the section \"quotas\"", kQuotaKeys, problems);
    return read_follow(map, FollowRule::off, problems);
}

std::vector<std::string> around_keys() {
    std::vector<std::string> paths;
    for (const std::string_view key : kTopicConfigKeys) {
        paths.push_back(fmt::format("topic_config.{}", key));
    }
    for (const std::string_view key : kAclKeys) {
        paths.push_back(fmt::format("acls.{}", key));
    }
    for (const std::string_view key : kPrincipalKeys) {
        paths.push_back(fmt::format("acls.principals.{}", key));
    }
    for (const std::string_view key : kQuotaKeys) {
        paths.push_back(fmt::format("quotas.{}", key));
    }
    return paths;
}

}  // namespace lockstep::app

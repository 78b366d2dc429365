#include "app/config.h"

#include "app/config_around.h"
#include "app/config_fleet.h"
#include "app/config_http.h"
#include "app/config_link_settings.h"
#include "app/config_replications.h"
#include "app/config_security.h"
#include "app/config_topics.h"
#include "app/config_transfer.h"
#include "app/config_values.h"
#include "app/yaml_document.h"
#include "app/yaml_map.h"
#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

namespace lockstep::app {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::array<std::string_view, 7> kTopKeys{"clusters", "links", "replications", "http",
                                                   "limits",   "fleet", "log"};
constexpr std::array<std::string_view, 5> kClusterKeys{"name", "bootstrap", "security", "id",
                                                       "region"};
constexpr std::array<std::string_view, 3> kEndKeys{"name", "source", "target"};
/// What links and replications have in common.
constexpr std::array<std::string_view, 17> kRuleKeys{
    "topics",     "exclude",      "groups",      "exclude_groups",     "offsets",      "max_filler",
    "on_overrun", "on_recreated", "append_time", "replication_factor", "topic_config", "acls",
    "quotas",     "compression",  "start",       "bandwidth",          "sync_interval"};

template <size_t A, size_t B>
constexpr std::array<std::string_view, A + B> joined(const std::array<std::string_view, A>& first,
                                                     const std::array<std::string_view, B>& rest) {
    std::array<std::string_view, A + B> all;
    std::copy(rest.begin(), rest.end(), std::copy(first.begin(), first.end(), all.begin()));
    return all;
}

constexpr auto kAllRuleKeys = joined(joined(kRuleKeys, kTopicRuleKeys), kLinkSettingKeys);
constexpr auto kLinkKeys = joined(kEndKeys, kAllRuleKeys);
constexpr auto kReplicationKeys = joined(kReplicationOwnKeys, kAllRuleKeys);
constexpr std::array<std::string_view, 3> kLimitsKeys{"in_flight", "discovery_interval",
                                                      "verify_rate"};
constexpr std::array<std::string_view, 1> kLogKeys{"level"};

constexpr std::array<std::string_view, 3> kOffsetsWords{"auto", "preserve", "translate"};
constexpr std::array<std::string_view, 2> kStopOrContinue{"stop", "continue"};
constexpr std::array<std::string_view, 2> kAppendTimeWords{"keep", "clear"};
constexpr std::array<std::string_view, 6> kLevelWords{"trace", "debug", "info",
                                                      "warn",  "error", "off"};

constexpr KeyRule kClusters{"clusters", "a list of Kafka clusters",
                            "[{name: east, bootstrap: \"127.0.0.1:9092\"}]"};
constexpr KeyRule kLinks{"links", "a list of links between clusters",
                         "[{source: east, target: west, topics: [orders]}]"};
constexpr KeyRule kClusterName{"name", "the cluster's name", "east"};
constexpr KeyRule kBootstrap{"bootstrap", "one or more HOST:PORT of the cluster's brokers",
                             "[\"kafka-1:9092\", \"kafka-2:9092\"]"};
constexpr KeyRule kClusterId{"id", "the cluster's id, as the cluster itself tells it",
                             "MkU3OEVBNTcwNTJENDM2Qg"};
constexpr KeyRule kRegion{"region", "the name of the region that the cluster is in", "eu-west"};
constexpr KeyRule kReplications{
    "replications", "a list of replications between clusters",
    "[{name: all, strategy: active-active, clusters: [east, west], topics: [orders]}]"};
constexpr KeyRule kLinkName{"name", "the link's name", "east-to-west"};
constexpr KeyRule kSource{"source", "the name of a cluster", "east"};
constexpr KeyRule kTarget{"target", "the name of a cluster", "west"};
constexpr KeyRule kTopics{"topics", "a list of topic names and regular expressions",
                          "[orders, \"payments-.*\"]"};
constexpr KeyRule kExclude{"exclude", "a list of topic names and regular expressions",
                           "[\"payments-test.*\"]", true};
constexpr KeyRule kGroups{"groups", "a list of group names and regular expressions",
                          "[billing, \"shipping-.*\"]", true};
constexpr KeyRule kExcludeGroups{"exclude_groups", "a list of group names and regular expressions",
                                 "[\"console-consumer-.*\"]", true};
constexpr KeyRule kOffsets{"offsets", "one of auto, preserve, translate", "auto"};
constexpr KeyRule kMaxFiller{"max_filler", "a size", "100MiB"};
constexpr KeyRule kOverrun{"on_overrun", "one of stop, continue", "stop"};
constexpr KeyRule kRecreated{"on_recreated", "one of stop, continue", "stop"};
constexpr KeyRule kAppendTime{"append_time", "one of keep, clear", "keep"};
constexpr KeyRule kReplicationFactor{"replication_factor", "a whole number from 1 to 32767", "3"};
constexpr KeyRule kListen{"listen", "HOST:PORT", "127.0.0.1:7878"};
constexpr KeyRule kInFlight{"in_flight", "a size of at least 1MiB", "64MiB"};
constexpr KeyRule kDiscovery{"discovery_interval", "a duration from 100ms to 1h", "2s"};
constexpr KeyRule kVerifyRate{"verify_rate", "a size of at least 64KiB, or off", "16MiB"};
constexpr KeyRule kLevel{"level", "one of trace, debug, info, warn, error, off", "info"};

constexpr std::string_view kEveryGroup = ".*";
constexpr int64_t kSmallestInFlight = int64_t{1} << 20;
constexpr int64_t kSmallestVerifyRate = int64_t{64} << 10;
constexpr std::chrono::milliseconds kShortestDiscovery{100};
constexpr std::chrono::milliseconds kLongestDiscovery{3600 * 1000};

/// Walks one document; lives for one parse_config().
class ConfigReader {
public:
    ParsedConfig read(const YAML::Node& document);

private:
    void read_clusters(YamlMap& top);
    void read_cluster(const YAML::Node& node);
    void read_bootstrap(YamlMap& map, ClusterSpec& cluster);
    void add_endpoint(std::string_view text, TextPosition at, ClusterSpec& cluster);

    void read_links(YamlMap& top);
    void read_link(const YAML::Node& node);
    void read_rules(YamlMap& map, LinkSpec& link);
    void read_replications(YamlMap& top);
    void read_replication(const YAML::Node& node);
    std::string read_cluster_reference(YamlMap& map, const KeyRule& rule);
    std::vector<std::string> read_patterns(YamlMap& map, const KeyRule& rule);
    void add_unknown_choice(const KeyRule& rule, const PlacedText& word, Words words);
    OffsetsMode read_offsets(YamlMap& map);
    std::optional<int64_t> read_max_filler(YamlMap& map);
    using TwoWords = std::array<std::string_view, 2>;
    bool is_second(YamlMap& map, const KeyRule& rule, const TwoWords& words);
    std::optional<int16_t> read_replication_factor(YamlMap& map);
    void name_link(YamlMap& map, LinkSpec& link);

    void read_http(YamlMap& top);
    void read_limits(YamlMap& top);
    void read_verify_rate(YamlMap& limits);
    void read_log(YamlMap& top);

    void add(TextPosition at, std::string what) { problems_.add(at, std::move(what)); }

    Config config_;
    ConfigProblems problems_;
    bool every_cluster_has_a_name_ = true;
    std::map<std::string, TextPosition, std::less<>> cluster_names_;
    std::map<std::string, TextPosition, std::less<>> link_names_;
};

ParsedConfig ConfigReader::read(const YAML::Node& document) {
    YamlMap top(document, "the configuration", kTopKeys, problems_);
    if (top.usable()) {
        top.require({kClusters});
        if (!top.has(kReplications.key)) {
            top.require({kLinks});
        }
        read_clusters(top);
        read_links(top);
        read_replications(top);
        check_link_settings(config_.links, problems_);
        check_renamed_routes(config_.links, problems_);
        check_ways_back(config_.links, problems_);
        read_http(top);
        read_limits(top);
        read_fleet(top, problems_, config_.limits.fleet);
        read_log(top);
    }
    return {std::move(config_), problems_.take_sorted(), problems_.take_secrets()};
}

void ConfigReader::read_clusters(YamlMap& top) {
    for (const YAML::Node& node : top.list(kClusters)) {
        read_cluster(node);
    }
}

void ConfigReader::read_cluster(const YAML::Node& node) {
    YamlMap map(node, "a cluster", {kClusterKeys, foreign_security_keys()}, problems_);
    map.require({kClusterName, kBootstrap});
    ClusterSpec cluster;
    const auto name = map.text(kClusterName);
    every_cluster_has_a_name_ &= name.has_value();
    if (name) {
        cluster.name = name->text;
        if (const auto problem = name_problem(name->text)) {
            add(name->at, fmt::format("\"{}\" {}", name->text, *problem));
        }
        const auto [first, is_new] = cluster_names_.try_emplace(name->text, name->at);
        if (!is_new) {
            add(name->at, fmt::format("two clusters have the name \"{}\" (the first in line {}); "
                                      "rename one",
                                      name->text, first->second.line));
        }
    }
    read_bootstrap(map, cluster);
    cluster.security = read_security(map, problems_);
    if (const auto id = map.text(kClusterId)) {
        cluster.id = id->text;
    }
    if (const auto region = map.text(kRegion)) {
        cluster.region = region->text;
    }
    config_.clusters.push_back(std::move(cluster));
}

void ConfigReader::read_bootstrap(YamlMap& map, ClusterSpec& cluster) {
    const auto node = map.value(kBootstrap);
    if (!node) {
        return;
    }
    if (!node->IsScalar()) {
        for (const PlacedText& entry : map.text_list(kBootstrap)) {
            add_endpoint(entry.text, entry.at, cluster);
        }
        return;
    }
    const auto text = map.text(kBootstrap);
    if (!text) {
        return;
    }
    for (const std::string_view part : split(text->text, ',')) {
        add_endpoint(part, text->at, cluster);
    }
}

void ConfigReader::add_endpoint(std::string_view text, TextPosition at, ClusterSpec& cluster) {
    const std::string_view trimmed = trim(text);
    auto endpoint = parse_endpoint(trimmed, PortZero::forbidden);
    if (const auto* problem = std::get_if<std::string>(&endpoint)) {
        add(at, fmt::format("\"{}\" {}", trimmed, *problem));
        return;
    }
    cluster.bootstrap.push_back(std::move(std::get<Endpoint>(endpoint)));
}

void ConfigReader::read_links(YamlMap& top) {
    for (const YAML::Node& node : top.list(kLinks)) {
        read_link(node);
    }
}

void ConfigReader::read_link(const YAML::Node& node) {
    YamlMap map(node, "a link", kLinkKeys, problems_);
    map.require({kSource, kTarget, kTopics});
    LinkSpec link;
    link.source = read_cluster_reference(map, kSource);
    link.target = read_cluster_reference(map, kTarget);
    if (!link.source.empty() && link.source == link.target) {
        add(map.at("target"), fmt::format("the link's target is its source \"{}\"; a link needs "
                                          "two different clusters",
                                          link.source));
    }
    read_rules(map, link);
    name_link(map, link);
    config_.links.push_back(std::move(link));
}

void ConfigReader::read_rules(YamlMap& map, LinkSpec& link) {
    link.topics = read_patterns(map, kTopics);
    link.exclude = read_patterns(map, kExclude);
    read_topic_rules(map, problems_, link);
    link.groups = map.has(kGroups.key) ? read_patterns(map, kGroups)
                                       : std::vector<std::string>{std::string(kEveryGroup)};
    link.exclude_groups = read_patterns(map, kExcludeGroups);
    link.offsets = read_offsets(map);
    link.max_filler_bytes = read_max_filler(map);
    if (is_second(map, kOverrun, kStopOrContinue)) {
        link.on_overrun = OverrunRule::continue_past;
    }
    if (is_second(map, kRecreated, kStopOrContinue)) {
        link.on_recreated = RecreatedRule::continue_behind;
    }
    if (is_second(map, kAppendTime, kAppendTimeWords)) {
        link.append_time = AppendTimeRule::clear;
    }
    link.replication_factor = read_replication_factor(map);
    link.topic_config = read_topic_config(map, problems_);
    link.acls = read_acls(map, problems_);
    link.quotas = read_quotas(map, problems_);
    read_transfer_rules(map, problems_, link);
    read_link_settings(map, problems_, link);
}

void ConfigReader::read_replications(YamlMap& top) {
    for (const YAML::Node& node : top.list(kReplications)) {
        read_replication(node);
    }
}

void ConfigReader::read_replication(const YAML::Node& node) {
    YamlMap map(node, "a replication", kReplicationKeys, problems_);
    if (!map.usable()) {
        return;
    }
    ReplicationSpec replication;
    read_rules(map, replication.rules);
    std::vector<std::string_view> known;
    for (const auto& [name, at] : cluster_names_) {
        known.push_back(name);
    }
    const bool is_right = read_own_keys(map, known, problems_, replication);
    if (!is_right || !every_cluster_has_a_name_) {
        return;
    }
    for (const ReplicationSpec& other : config_.replications) {
        if (other.name == replication.name) {
            add(map.at("name"),
                fmt::format("two replications have the name \"{}\"; rename one", replication.name));
            return;
        }
    }
    for (LinkSpec& link : compile(replication, config_.clusters)) {
        const auto [first, is_new] = link_names_.try_emplace(link.name, map.at("name"));
        if (!is_new) {
            add(map.at("name"), fmt::format("a link has the name \"{}\" already (line {}), which "
                                            "one of this replication's gets; rename one",
                                            link.name, first->second.line));
        }
        config_.links.push_back(std::move(link));
    }
    config_.replications.push_back(std::move(replication));
}

/// The name of a cluster that exists, or "".
std::string ConfigReader::read_cluster_reference(YamlMap& map, const KeyRule& rule) {
    const auto name = map.text(rule);
    if (!name) {
        return "";
    }
    if (cluster_names_.contains(name->text)) {
        return name->text;
    }
    std::vector<std::string_view> known;
    for (const auto& [known_name, at] : cluster_names_) {
        known.push_back(known_name);
    }
    // Where the clusters themselves are wrong, that has been reported: do not send anyone astray.
    if (!known.empty() && every_cluster_has_a_name_) {
        add(name->at, fmt::format("there is no cluster \"{}\"; {}", name->text,
                                  suggest_word(name->text, known)));
    }
    return "";
}

std::vector<std::string> ConfigReader::read_patterns(YamlMap& map, const KeyRule& rule) {
    std::vector<std::string> patterns;
    for (PlacedText& entry : map.text_list(rule)) {
        if (const auto problem = topic_pattern_problem(entry.text)) {
            add(entry.at, fmt::format("\"{}\" {}", entry.text, *problem));
        }
        patterns.push_back(std::move(entry.text));
    }
    return patterns;
}

void ConfigReader::add_unknown_choice(const KeyRule& rule, const PlacedText& word, Words words) {
    add(word.at, fmt::format("\"{}\" has no choice \"{}\"; {}", rule.key, word.text,
                             suggest_word(word.text, words)));
}

OffsetsMode ConfigReader::read_offsets(YamlMap& map) {
    const auto word = map.text(kOffsets);
    if (!word || word->text == kOffsetsWords[0]) {
        return OffsetsMode::automatic;
    }
    if (word->text == kOffsetsWords[1]) {
        return OffsetsMode::preserve;
    }
    if (word->text != kOffsetsWords[2]) {
        add_unknown_choice(kOffsets, *word, kOffsetsWords);
    }
    return OffsetsMode::translate;
}

std::optional<int64_t> ConfigReader::read_max_filler(YamlMap& map) {
    const auto text = map.text(kMaxFiller);
    if (!text) {
        return std::nullopt;
    }
    const auto bytes = parse_byte_size(text->text);
    if (bytes.has_error()) {
        add(text->at, fmt::format("\"max_filler\" must be {}, but is \"{}\"; write for example "
                                  "100MiB, or 0 for none",
                                  kMaxFiller.wants, text->text));
        return std::nullopt;
    }
    return *bytes;
}

/// Whether the word is "continue" rather than "stop", the default.
bool ConfigReader::is_second(YamlMap& map, const KeyRule& rule, const TwoWords& words) {
    const auto word = map.text(rule);
    if (!word || word->text == words[0]) {
        return false;
    }
    if (word->text != words[1]) {
        add_unknown_choice(rule, *word, words);
    }
    return true;
}

std::optional<int16_t> ConfigReader::read_replication_factor(YamlMap& map) {
    const auto text = map.text(kReplicationFactor);
    if (!text) {
        return std::nullopt;
    }
    int16_t number = 0;
    const char* last = text->text.data() + text->text.size();
    const auto [end, problem] = std::from_chars(text->text.data(), last, number);
    if (problem != std::errc() || end != last || number < 1) {
        add(text->at, fmt::format("\"replication_factor\" must be {}, but is \"{}\"; leave it out "
                                  "to take the source topic's",
                                  kReplicationFactor.wants, text->text));
        return std::nullopt;
    }
    return number;
}

/// Takes the given name or makes the default one; no two links may share it.
void ConfigReader::name_link(YamlMap& map, LinkSpec& link) {
    TextPosition at = map.at();
    const char* advice = "rename one";
    if (map.has("name")) {
        const auto given = map.text(kLinkName);
        if (!given) {
            return;
        }
        link.name = given->text;
        at = given->at;
        if (const auto problem = name_problem(link.name)) {
            add(at, fmt::format("\"{}\" {}", link.name, *problem));
        }
    } else if (!link.source.empty() && !link.target.empty()) {
        link.name = fmt::format("{}-to-{}", link.source, link.target);
        advice = "give this one a name";
    } else {
        return;
    }
    const auto [first, is_new] = link_names_.try_emplace(link.name, at);
    if (!is_new) {
        add(at, fmt::format("two links have the name \"{}\" (the first in line {}); {}", link.name,
                            first->second.line, advice));
    }
}

void ConfigReader::read_http(YamlMap& top) {
    const auto node = top.value({"http", "a section", "{listen: \"127.0.0.1:7878\"}"});
    if (!node) {
        return;
    }
    YamlMap map(*node, "the section \"http\"", KnownKeys(http_keys()).hidden(), problems_);
    config_.http_tls = read_http_tls(map, problems_);
    config_.http_tokens = read_http_tokens(map, problems_);
    const auto text = map.text(kListen);
    if (!text) {
        return;
    }
    auto endpoint = parse_endpoint(trim(text->text), PortZero::allowed);
    if (const auto* problem = std::get_if<std::string>(&endpoint)) {
        add(text->at, fmt::format("\"{}\" {}", text->text, *problem));
        return;
    }
    config_.http_listen = std::move(std::get<Endpoint>(endpoint));
}

void ConfigReader::read_limits(YamlMap& top) {
    const auto node = top.value({"limits", "a section", "{in_flight: 64MiB}"});
    if (!node) {
        return;
    }
    YamlMap map(*node, "the section \"limits\"", kLimitsKeys, problems_);
    if (const auto text = map.text(kInFlight)) {
        const auto bytes = parse_byte_size(text->text);
        if (bytes.has_error() || *bytes < kSmallestInFlight) {
            add(text->at, fmt::format("\"in_flight\" must be {}, but is \"{}\"; write for example "
                                      "64MiB or 1GiB",
                                      kInFlight.wants, text->text));
        } else {
            config_.limits.in_flight_bytes = *bytes;
        }
    }
    if (const auto text = map.text(kDiscovery)) {
        const auto interval = parse_duration(text->text);
        if (interval.has_error() || *interval < kShortestDiscovery ||
            *interval > kLongestDiscovery) {
            add(text->at, fmt::format("\"discovery_interval\" must be {}, but is \"{}\"; write for "
                                      "example 500ms, 2s or 1m",
                                      kDiscovery.wants, text->text));
        } else {
            config_.limits.discovery_interval = *interval;
        }
    }
    read_verify_rate(map);
}

void ConfigReader::read_verify_rate(YamlMap& limits) {
    const auto text = limits.text(kVerifyRate);
    if (!text) {
        return;
    }
    const auto rate = text->text == "off" ? Result<int64_t>(0) : parse_byte_size(text->text);
    if (rate.has_error() || (*rate != 0 && *rate < kSmallestVerifyRate)) {
        add(text->at, fmt::format("\"verify_rate\" must be {}, but is \"{}\"; write for example "
                                  "16MiB, for so much a second, or off",
                                  kVerifyRate.wants, text->text));
        return;
    }
    config_.limits.verify_bytes_per_second = *rate;
}

void ConfigReader::read_log(YamlMap& top) {
    const auto node = top.value({"log", "a section", "{level: info}"});
    if (!node) {
        return;
    }
    YamlMap map(*node, "the section \"log\"", kLogKeys, problems_);
    const auto word = map.text(kLevel);
    if (word && !log::parse_level(word->text, config_.log_level)) {
        add_unknown_choice(kLevel, *word, kLevelWords);
    }
}

}  // namespace

ParsedConfig parse_config(const std::string& text) {
    ConfigProblems problems;
    const auto document = load_yaml(text, problems);
    if (!document) {
        return {Config{}, problems.take_sorted(), {}};
    }
    return ConfigReader().read(*document);
}

std::vector<std::string> config_keys() {
    std::vector<std::string> paths(kTopKeys.begin(), kTopKeys.end());
    const auto add_section = [&](std::string_view section, Words keys) {
        for (const std::string_view key : keys) {
            paths.push_back(fmt::format("{}.{}", section, key));
        }
    };
    add_section("clusters", kClusterKeys);
    const auto of_security = security_keys();
    paths.insert(paths.end(), of_security.begin(), of_security.end());
    add_section("links", kLinkKeys);
    add_section("replications", kReplicationKeys);
    for (const std::string& path : around_keys()) {
        paths.push_back("links." + path);
    }
    for (const std::string& path : link_setting_sections()) {
        paths.push_back("links." + path);
    }
    add_section("http", http_keys());
    add_section("http.tls", http_tls_keys());
    add_section("http.tokens", http_token_keys());
    add_section("limits", kLimitsKeys);
    add_section("fleet", fleet_keys());
    add_section("log", kLogKeys);
    return paths;
}

}  // namespace lockstep::app

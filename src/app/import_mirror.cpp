#include "app/import_mirror.h"

#include "app/config_values.h"
#include "app/import_patterns.h"
#include "app/import_rulings.h"
#include "base/text.h"

#include <fmt/core.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <map>
#include <set>
#include <utility>

namespace lockstep::app {
namespace {

constexpr std::string_view kArrow = "->";
/// What links are made of; everything else is ruled on by itself.
constexpr std::array<std::string_view, 9> kFlowKeys{"enabled",
                                                    "topics",
                                                    "topics.exclude",
                                                    "groups",
                                                    "groups.exclude",
                                                    "sync.group.offsets.enabled",
                                                    "replication.factor",
                                                    "replication.policy.class",
                                                    "replication.policy.separator"};
constexpr std::string_view kPolicies = "org.apache.kafka.connect.mirror.";
constexpr std::string_view kIdentity = "IdentityReplicationPolicy";

/// A setting, and which flow or cluster it is for.
struct ScopedSetting {
    const ForeignSetting* setting = nullptr;
    std::string flow;     // "east->west"; "": of none
    std::string cluster;  // "": of none
    std::string key;      // the rest
    bool is_ruled = false;
};

bool is_of_flows(std::string_view key) {
    return std::ranges::find(kFlowKeys, key) != kFlowKeys.end();
}

/// As Java reads booleans.
bool is_true(std::string_view value) {
    return equals_ignoring_case(trim(value), "true");
}

/// MirrorMaker 2's older names.
std::string current_name(const std::string& key) {
    static const std::map<std::string, std::string> kOlder{{"topics.blacklist", "topics.exclude"},
                                                           {"topics.whitelist", "topics"},
                                                           {"groups.blacklist", "groups.exclude"},
                                                           {"groups.whitelist", "groups"}};
    const auto found = kOlder.find(key);
    return found == kOlder.end() ? key : found->second;
}

class Importer {
public:
    Importer(const std::vector<ForeignSetting>& settings, ImportUse use, ConfigProblems& problems)
        : settings_(settings), use_(use), problems_(problems) {}

    ImportedMirrors run();

private:
    void read_clusters();
    void scope_all();
    ScopedSetting scope(const ForeignSetting& setting) const;
    void mark_doubles();
    bool is_enabled(const std::string& flow) const;
    /// The last one that counts for a flow, and that is ruled on then.
    ScopedSetting* find(const std::string& flow, const std::string& key);
    const ScopedSetting* find(const std::string& flow, const std::string& key) const;
    void make_clusters();
    std::vector<ForeignSetting> security_of(const std::string& alias);
    void make_links();
    ImportedLink make_link(const std::string& source, const std::string& target);
    void fill_exclude(ImportedLink& link, const std::string& flow);
    void fill_groups(ImportedLink& link, const std::string& flow);
    void fill_replication_factor(ImportedLink& link, const std::string& flow);
    void rule_on_policy(ImportedLink& link, const std::string& flow);
    bool is_identity(const std::string& flow) const;
    ForeignMirror mirror_of(const std::string& source, const std::string& target) const;
    void rule_on_rest();
    void rule_on_rest_of_flow(ScopedSetting& one);

    const std::vector<ForeignSetting>& settings_;
    ImportUse use_;
    ConfigProblems& problems_;
    std::vector<std::string> aliases_;
    std::vector<ScopedSetting> scoped_;
    ImportedMirrors mirrors_;
};

ImportedMirrors Importer::run() {
    read_clusters();
    scope_all();
    mark_doubles();
    make_clusters();
    make_links();
    rule_on_rest();
    return std::move(mirrors_);
}

void Importer::read_clusters() {
    const ForeignSetting* found = nullptr;
    for (const ForeignSetting& setting : settings_) {
        found = setting.key == "clusters" ? &setting : found;
    }
    if (found == nullptr) {
        problems_.add({}, "there is no setting \"clusters\"; is this MirrorMaker 2's file?");
        return;
    }
    for (const std::string_view part : split(found->value, ',')) {
        const std::string alias(trim(part));
        if (alias.empty() || std::ranges::find(aliases_, alias) != aliases_.end()) {
            continue;
        }
        if (const auto problem = name_problem(alias)) {
            problems_.add({found->line, 1}, fmt::format("the cluster \"{}\" {}", alias, *problem));
        }
        aliases_.push_back(alias);
    }
    if (aliases_.empty()) {
        problems_.add({std::max(found->line, 1), 1}, "no cluster is named");
    }
    mirrors_.others.push_back({*found, Verdict::taken, ""});
}

void Importer::scope_all() {
    for (const ForeignSetting& setting : settings_) {
        if (setting.key != "clusters") {
            scoped_.push_back(scope(setting));
        }
    }
}

ScopedSetting Importer::scope(const ForeignSetting& setting) const {
    ScopedSetting scoped{&setting, "", "", setting.key, false};
    size_t longest = 0;
    for (const std::string& alias : aliases_) {
        for (const std::string& other : aliases_) {
            const std::string flow = fmt::format("{}{}{}", alias, kArrow, other);
            if (setting.key.starts_with(flow + ".") && flow.size() > longest) {
                longest = flow.size();
                scoped.flow = flow;
                scoped.cluster = "";
            }
        }
        if (setting.key.starts_with(alias + ".") && alias.size() > longest) {
            longest = alias.size();
            scoped.flow = "";
            scoped.cluster = alias;
        }
    }
    if (longest > 0) {
        scoped.key = setting.key.substr(longest + 1);
    }
    scoped.key = current_name(scoped.key);
    return scoped;
}

/// Of a setting that is there twice, the last one counts, as in Java.
void Importer::mark_doubles() {
    std::map<std::string, const ForeignSetting*> last;
    for (const ScopedSetting& one : scoped_) {
        last[one.setting->key] = one.setting;
    }
    for (ScopedSetting& one : scoped_) {
        const ForeignSetting* winner = last.at(one.setting->key);
        if (winner != one.setting) {
            one.is_ruled = true;
            mirrors_.others.push_back({*one.setting, Verdict::not_needed,
                                       fmt::format("line {} says it again", winner->line)});
        }
    }
}

const ScopedSetting* Importer::find(const std::string& flow, const std::string& key) const {
    const ScopedSetting* found = nullptr;
    for (const ScopedSetting& one : scoped_) {
        const bool is_for_it = one.flow == flow || (one.flow.empty() && one.cluster.empty());
        const bool is_nearer = found == nullptr || one.flow == flow || found->flow.empty();
        if (is_for_it && one.key == key && is_nearer) {
            found = &one;
        }
    }
    return found;
}

ScopedSetting* Importer::find(const std::string& flow, const std::string& key) {
    const ScopedSetting* found = std::as_const(*this).find(flow, key);
    if (found == nullptr) {
        return nullptr;
    }
    ScopedSetting& own = scoped_[static_cast<size_t>(found - scoped_.data())];
    own.is_ruled = true;
    return &own;
}

bool Importer::is_enabled(const std::string& flow) const {
    const ScopedSetting* enabled = find(flow, "enabled");
    return enabled != nullptr && is_true(enabled->setting->value);
}

void Importer::make_clusters() {
    for (const std::string& alias : aliases_) {
        ImportedCluster cluster;
        cluster.name = alias;
        cluster.security = import_security(alias, security_of(alias));
        for (ScopedSetting& one : scoped_) {
            if (one.cluster != alias || one.is_ruled) {
                continue;
            }
            one.is_ruled = true;
            if (one.key != "bootstrap.servers") {
                cluster.others.push_back(
                    is_of_flows(one.key)
                        ? Ruling{*one.setting, Verdict::not_needed,
                                 "MirrorMaker 2 looks at it for flows only, not for a cluster"}
                        : rule_on(*one.setting, one.key));
                continue;
            }
            cluster.bootstrap.because.push_back({*one.setting, Verdict::taken, ""});
            for (const std::string_view part : split(one.setting->value, ',')) {
                const std::string broker(trim(part));
                const auto endpoint = parse_endpoint(broker, PortZero::forbidden);
                if (const auto* problem = std::get_if<std::string>(&endpoint)) {
                    problems_.add({one.setting->line, 1},
                                  fmt::format("{}: \"{}\" {}", one.setting->key, broker, *problem));
                }
                cluster.bootstrap.entries.push_back(broker);
            }
        }
        if (cluster.bootstrap.entries.empty()) {
            problems_.add({}, fmt::format("there is no \"{}.bootstrap.servers\"", alias));
        }
        mirrors_.clusters.push_back(std::move(cluster));
    }
}

/// A cluster's own settings win over those for all.
std::vector<ForeignSetting> Importer::security_of(const std::string& alias) {
    std::map<std::string, ForeignSetting> found;
    for (const bool is_own : {false, true}) {
        for (ScopedSetting& one : scoped_) {
            const bool is_for_it = one.flow.empty() && one.cluster == (is_own ? alias : "");
            if (is_for_it && is_security_key(one.key)) {
                one.is_ruled = true;
                found[one.key] = *one.setting;
                found[one.key].shown =
                    one.setting->shown.empty() ? one.setting->key : one.setting->shown;
                found[one.key].key = one.key;
            }
        }
    }
    std::vector<ForeignSetting> settings;
    for (auto& [key, setting] : found) {
        settings.push_back(std::move(setting));
    }
    return settings;
}

void Importer::make_links() {
    std::set<std::string> made;
    for (const std::string& source : aliases_) {
        for (const std::string& target : aliases_) {
            if (source == target || !is_enabled(source + std::string(kArrow) + target)) {
                continue;
            }
            ImportedLink link = make_link(source, target);
            link.is_continued = use_ == ImportUse::continued;
            link.mirror = mirror_of(source, target);
            link.mirror.prefix = link.prefix;
            if (link.prefix.empty() && made.contains(target + std::string(kArrow) + source)) {
                link.not_now =
                    "topics are called the same on both clusters, so that this link and the one "
                    "the other way would copy each other's copies without end. Where both copy "
                    "different topics, remove the # from the lines below; where one topic is "
                    "written to on both clusters, it cannot be copied both ways";
            }
            link.mirror.is_held_back = !link.not_now.empty();
            made.insert(source + std::string(kArrow) + target);
            mirrors_.links.push_back(std::move(link));
        }
    }
    if (mirrors_.links.empty() && aliases_.size() > 1) {
        problems_.add({}, fmt::format("no flow is enabled, so that MirrorMaker 2 copies nothing; "
                                      "there is no \"{}->{}.enabled = true\"",
                                      aliases_[0], aliases_[1]));
    }
}

ImportedLink Importer::make_link(const std::string& source, const std::string& target) {
    const std::string flow = fmt::format("{}{}{}", source, kArrow, target);
    ImportedLink link;
    link.source = source;
    link.target = target;
    link.because.push_back({*find(flow, "enabled")->setting, Verdict::taken, ""});
    const ScopedSetting* topics = find(flow, "topics");
    link.topics =
        topics != nullptr ? import_patterns(*topics->setting) : default_patterns("topics", ".*");
    if (link.topics.entries.empty()) {
        problems_.add(
            {topics->setting->line, 1},
            fmt::format("{}: nothing is left to be copied; {}", topics->setting->key,
                        link.topics.because.front().why.empty() ? "the list is empty"
                                                                : link.topics.because.front().why));
    }
    fill_exclude(link, flow);
    fill_groups(link, flow);
    fill_replication_factor(link, flow);
    rule_on_policy(link, flow);
    if (std::as_const(*this).find(flow, "sync.topic.acls.enabled") == nullptr) {
        link.others.push_back({{"sync.topic.acls.enabled", "(not set: true)", 0, ""},
                               Verdict::changed,
                               "MirrorMaker 2 carries rules of topics to the target, Lockstep "
                               "where acls.follow is on"});
    }
    return link;
}

void Importer::fill_exclude(ImportedLink& link, const std::string& flow) {
    const ScopedSetting* exclude = find(flow, "topics.exclude");
    link.exclude = exclude != nullptr
                       ? import_patterns(*exclude->setting)
                       : default_patterns("topics.exclude", "mm2.*\\.internal, .*\\.replica, __.*");
    const auto add = [&](std::string pattern) {
        if (std::ranges::find(link.exclude.entries, pattern) == link.exclude.entries.end()) {
            link.exclude.entries.push_back(std::move(pattern));
        }
    };
    const bool is_selective = std::ranges::all_of(link.topics.entries, [](const auto& entry) {
        return entry.find_first_of("*+?[({|\\") == std::string::npos;
    });
    if (is_selective) {
        return;  // names, which stand for themselves
    }
    link.exclude.because.push_back(
        {{"topics.exclude", "(more)", 0, ""},
         Verdict::taken,
         "MirrorMaker 2 itself leaves out internal topics, heartbeats and what it brought from the "
         "target"});
    add(".*[-.]internal");
    add("heartbeats");
    if (is_identity(flow)) {
        return;  // MirrorMaker 2 cannot tell cycles then
    }
    // As MirrorMaker 2 tells them: also where the copy came by other clusters.
    const ScopedSetting* separator =
        std::as_const(*this).find(flow, "replication.policy.separator");
    const std::string between =
        RE2::QuoteMeta(separator != nullptr ? separator->setting->value : ".");
    add(RE2::QuoteMeta(link.target) + between + ".*");
    add(".*" + between + RE2::QuoteMeta(link.target) + between + ".*");
}

bool Importer::is_identity(const std::string& flow) const {
    const ScopedSetting* policy = find(flow, "replication.policy.class");
    return policy != nullptr && policy->setting->value == fmt::format("{}{}", kPolicies, kIdentity);
}

void Importer::fill_groups(ImportedLink& link, const std::string& flow) {
    const ScopedSetting* groups = find(flow, "groups");
    const ScopedSetting* exclude = find(flow, "groups.exclude");
    const ScopedSetting* sync = find(flow, "sync.group.offsets.enabled");
    const bool is_synced = sync != nullptr && is_true(sync->setting->value);
    if (is_synced) {
        link.groups = groups != nullptr ? import_patterns(*groups->setting)
                                        : default_patterns("groups", ".*");
        link.exclude_groups =
            exclude != nullptr
                ? import_patterns(*exclude->setting)
                : default_patterns("groups.exclude", "console-consumer-.*, connect-.*, __.*");
        link.groups.because.push_back({*sync->setting, Verdict::taken, ""});
        return;
    }
    const std::string why =
        "MirrorMaker 2 commits no offsets of groups on the target, and so Lockstep shall not; take "
        "the line away to have all groups find their record there";
    const ForeignSetting unset{"sync.group.offsets.enabled", "(not set: false)", 0, ""};
    link.groups.because.push_back({sync != nullptr ? *sync->setting : unset, Verdict::taken, why});
    for (const ScopedSetting* one : {groups, exclude}) {
        if (one != nullptr) {
            link.groups.because.push_back(
                {*one->setting, Verdict::not_needed, "no groups' offsets are carried"});
        }
    }
}

void Importer::fill_replication_factor(ImportedLink& link, const std::string& flow) {
    const ScopedSetting* setting = find(flow, "replication.factor");
    if (setting == nullptr) {
        return;
    }
    const std::string& text = setting->setting->value;
    int number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_number = problem == std::errc() && end == text.data() + text.size();
    Ruling ruling{*setting->setting, Verdict::taken, ""};
    if (is_number && number >= 1 && number <= std::numeric_limits<int16_t>::max()) {
        link.replication_factor = number;
    } else if (is_number && number == -1) {
        ruling.verdict = Verdict::changed;
        ruling.why = "it is the source topic's then, not the target's default";
    } else {
        ruling.verdict = Verdict::by_hand;
        ruling.why = "this is no replication factor";
    }
    link.replication_factor_because.push_back(ruling);
}

void Importer::rule_on_policy(ImportedLink& link, const std::string& flow) {
    const ScopedSetting* policy = find(flow, "replication.policy.class");
    const ScopedSetting* separator = find(flow, "replication.policy.separator");
    const ForeignSetting unset{"replication.policy.class", "(not set: DefaultReplicationPolicy)", 0,
                               ""};
    Ruling ruling{policy != nullptr ? *policy->setting : unset, Verdict::taken, ""};
    const std::string name = policy != nullptr ? policy->setting->value : "";
    const bool is_default =
        name.empty() || name == std::string(kPolicies) + "DefaultReplicationPolicy";
    if (is_default && use_ == ImportUse::continued) {
        link.prefix = link.source + (separator != nullptr ? separator->setting->value : ".");
        ruling.why = "copies keep the names that MirrorMaker 2 gave them";
    } else if (is_default) {
        ruling.verdict = Verdict::changed;
        ruling.why = fmt::format(
            "MirrorMaker 2 called a topic T of {0} \"{0}{1}T\" on {2}; Lockstep calls it T there, "
            "too, and begins it anew",
            link.source, separator != nullptr ? separator->setting->value : ".", link.target);
    } else if (!is_identity(flow)) {
        ruling.verdict = Verdict::by_hand;
        ruling.why = "code of your own; Lockstep calls topics the same on both clusters";
        if (use_ == ImportUse::continued) {
            problems_.add({policy->setting->line, 1},
                          fmt::format("{}: what code of your own calls the copies is not known, so "
                                      "that nothing can go on with them",
                                      policy->setting->key));
        }
    }
    link.others.push_back(ruling);
    if (separator != nullptr) {
        link.others.push_back(
            link.prefix.empty()
                ? Ruling{*separator->setting, Verdict::not_needed, "topics are called the same"}
                : Ruling{*separator->setting, Verdict::taken, ""});
    }
}

/// As MirrorMakerConfig.workerConfig takes them: the target's settings, then those of offset
/// storage for all; names of its own for each source where nobody says so. Strimzi has one cluster
/// of workers, whose settings are the target's.
ForeignMirror Importer::mirror_of(const std::string& source, const std::string& target) const {
    const bool is_strimzi = std::ranges::any_of(
        settings_, [](const ForeignSetting& each) { return each.shown.starts_with("spec"); });
    ForeignMirror mirror;
    mirror.source = source;
    mirror.target = target;
    mirror.group = is_strimzi ? "mirrormaker2-cluster" : source + "-mm2";
    mirror.notes = is_strimzi ? "mirrormaker2-cluster-offsets"
                              : fmt::format("mm2-offsets.{}.internal", source);
    const std::string flow = fmt::format("{}{}{}", source, kArrow, target);
    for (const bool is_for_all : {false, true}) {
        for (const ScopedSetting& one : scoped_) {
            const bool is_of_workers =
                one.flow.empty() && one.cluster == (is_for_all ? "" : target);
            const bool is_group = one.key == "group.id" || one.key == "strimzi.groupId";
            if (is_of_workers && is_group && (!is_for_all || is_strimzi)) {
                mirror.group = one.setting->value;
            }
            if (is_of_workers &&
                (one.key == "offset.storage.topic" || one.key == "strimzi.offsetStorageTopic")) {
                mirror.notes = one.setting->value;
            }
        }
    }
    for (const ScopedSetting& one : scoped_) {
        const bool is_for_it = one.flow == flow || (one.flow.empty() && one.cluster == source);
        if (is_for_it && one.key.ends_with("consumer.isolation.level")) {
            mirror.is_read_committed = one.setting->value == "read_committed";
        }
    }
    return mirror;
}

void Importer::rule_on_rest() {
    for (ScopedSetting& one : scoped_) {
        if (one.is_ruled) {
            continue;
        }
        one.is_ruled = true;
        if (!one.flow.empty()) {
            rule_on_rest_of_flow(one);
        } else if (one.key.find(kArrow) != std::string::npos) {
            mirrors_.others.push_back(
                {*one.setting, Verdict::by_hand, "\"clusters\" does not have both of them"});
        } else {
            mirrors_.others.push_back(is_of_flows(one.key)
                                          ? Ruling{*one.setting, Verdict::not_needed,
                                                   "no flow that is enabled goes by it"}
                                          : rule_on(*one.setting, one.key));
        }
    }
}

void Importer::rule_on_rest_of_flow(ScopedSetting& one) {
    const auto link = std::ranges::find_if(mirrors_.links, [&](const ImportedLink& candidate) {
        return one.flow == candidate.source + std::string(kArrow) + candidate.target;
    });
    if (link == mirrors_.links.end()) {
        mirrors_.others.push_back({*one.setting, Verdict::not_needed, "the flow is not enabled"});
    } else {
        link->others.push_back(rule_on(*one.setting, one.key));
    }
}

}  // namespace

ImportedMirrors import_mirrors(const std::vector<ForeignSetting>& settings, ImportUse use,
                               ConfigProblems& problems) {
    return Importer(settings, use, problems).run();
}

}  // namespace lockstep::app

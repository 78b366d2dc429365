#include "app/import_strimzi.h"

#include "app/yaml_map.h"
#include "base/text.h"

#include <fmt/core.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <optional>

namespace lockstep::app {
namespace {

constexpr std::string_view kKind = "KafkaMirrorMaker2";
constexpr int kDeepest = 30;

std::string text_of(const YAML::Node& node) {
    return node && node.IsScalar() ? node.Scalar() : "";
}

/// A map's value; an undefined node where it is none.
YAML::Node child(const YAML::Node& node, const char* key) {
    return node && node.IsMap() ? node[key] : YAML::Node(YAML::NodeType::Undefined);
}

/// One value somewhere in the resource.
struct Leaf {
    std::string path;  // "mirrors[0].topicsPattern"
    std::string value;
    int line = 0;
};

void gather(const YAML::Node& node, const std::string& path, int depth, std::vector<Leaf>& leaves) {
    if (depth > kDeepest) {
        return;
    }
    if (node.IsMap() && node.size() > 0) {
        for (const auto& entry : node) {
            const std::string key = text_of(entry.first);
            const std::string inner = path.empty() ? key : path + "." + key;
            if (entry.second.IsNull()) {  // it would be said to be where the next one is
                leaves.push_back({inner, "", entry.first.Mark().line + 1});
            } else {
                gather(entry.second, inner, depth + 1, leaves);
            }
        }
    } else if (node.IsSequence() && node.size() > 0) {
        size_t index = 0;
        for (const auto& item : node) {
            gather(item, fmt::format("{}[{}]", path, index++), depth + 1, leaves);
        }
    } else {
        const std::string text = node.IsMap() ? "{}" : node.IsSequence() ? "[]" : text_of(node);
        leaves.push_back({path, text, node.Mark().line + 1});
    }
}

/// What paths begin with, by the key that stands for it: "clusters[0]." for "east.".
class Scopes {
public:
    explicit Scopes(const YAML::Node& spec);

    const std::vector<std::string>& aliases() const { return aliases_; }
    struct Flow {
        std::string path;
        std::string name;  // "east->west"
        int line = 0;
    };
    const std::vector<Flow>& flows() const { return flows_; }

    /// The rest of `path` behind a cluster's; `scope` is then its alias.
    std::optional<std::string_view> within_cluster(std::string_view path, std::string& scope) const;
    std::optional<std::string_view> within_flow(std::string_view path, std::string& scope) const;

private:
    void add_cluster(const std::string& path, const YAML::Node& cluster);

    std::vector<std::string> aliases_;
    std::map<std::string, std::string> cluster_paths_;  // and their aliases
    std::vector<Flow> flows_;
};

Scopes::Scopes(const YAML::Node& spec) {
    const YAML::Node clusters = child(spec, "clusters");
    for (size_t i = 0; clusters && clusters.IsSequence() && i < clusters.size(); ++i) {
        add_cluster(fmt::format("clusters[{}].", i), clusters[i]);
    }
    const YAML::Node target = child(spec, "target");
    if (target) {
        add_cluster("target.", target);
    }
    const YAML::Node mirrors = child(spec, "mirrors");
    for (size_t i = 0; mirrors && mirrors.IsSequence() && i < mirrors.size(); ++i) {
        const std::string path = fmt::format("mirrors[{}].", i);
        const YAML::Node own_source = child(mirrors[i], "source");
        if (own_source) {
            add_cluster(path + "source.", own_source);
        }
        const std::string from = own_source ? text_of(child(own_source, "alias"))
                                            : text_of(child(mirrors[i], "sourceCluster"));
        const std::string to =
            target ? text_of(child(target, "alias")) : text_of(child(mirrors[i], "targetCluster"));
        flows_.push_back({path, from + "->" + to, mirrors[i].Mark().line + 1});
    }
}

void Scopes::add_cluster(const std::string& path, const YAML::Node& cluster) {
    const std::string alias = text_of(child(cluster, "alias"));
    cluster_paths_[path] = alias;
    if (std::ranges::find(aliases_, alias) == aliases_.end()) {
        aliases_.push_back(alias);
    }
}

std::optional<std::string_view> Scopes::within_cluster(std::string_view path,
                                                       std::string& scope) const {
    for (const auto& [prefix, alias] : cluster_paths_) {
        if (path.starts_with(prefix)) {
            scope = alias;
            return path.substr(prefix.size());
        }
    }
    return std::nullopt;
}

std::optional<std::string_view> Scopes::within_flow(std::string_view path,
                                                    std::string& scope) const {
    for (const Flow& flow : flows_) {
        if (path.starts_with(flow.path)) {
            scope = flow.name;
            return path.substr(flow.path.size());
        }
    }
    return std::nullopt;
}

/// What is behind "config." in one of the connectors of a mirror, or in a cluster.
std::optional<std::string_view> connector_key(std::string_view path) {
    for (const std::string_view prefix :
         {"config.", "sourceConnector.config.", "checkpointConnector.config.",
          "heartbeatConnector.config."}) {
        if (path.starts_with(prefix)) {
            return path.substr(prefix.size());
        }
    }
    return std::nullopt;
}

/// MirrorMaker 2's names of what Strimzi has names of its own for.
std::string_view mirror_maker_key(std::string_view path) {
    static const std::map<std::string_view, std::string_view> kKeys{
        {"bootstrapServers", "bootstrap.servers"},
        {"topicsPattern", "topics"},
        {"topicsExcludePattern", "topics.exclude"},
        {"topicsBlacklistPattern", "topics.exclude"},
        {"groupsPattern", "groups"},
        {"groupsExcludePattern", "groups.exclude"},
        {"groupsBlacklistPattern", "groups.exclude"},
        {"sourceConnector.tasksMax", "tasks.max"},
        {"checkpointConnector.tasksMax", "tasks.max"},
        {"heartbeatConnector.tasksMax", "tasks.max"},
    };
    const auto found = kKeys.find(path);
    return found == kKeys.end() ? std::string_view() : found->second;
}

std::string key_of(std::string_view path, const Scopes& scopes) {
    std::string scope;
    auto rest = scopes.within_cluster(path, scope);
    if (!rest) {
        rest = scopes.within_flow(path, scope);
    }
    if (!rest) {
        return fmt::format("strimzi.{}", path);
    }
    if (const auto key = connector_key(*rest)) {
        return fmt::format("{}.{}", scope, *key);
    }
    const std::string_view known = mirror_maker_key(*rest);
    return known.empty() ? fmt::format("{}.strimzi.{}", scope, *rest)
                         : fmt::format("{}.{}", scope, known);
}

/// What is around `spec`. Of what Kubernetes says of the resource, only that it is there.
void add_rest(const YAML::Node& resource, std::vector<ForeignSetting>& settings) {
    for (const auto& entry : resource) {
        const std::string key = text_of(entry.first);
        std::vector<Leaf> leaves;
        if (key == "status") {
            leaves.push_back({key, "(as Kubernetes saw it)", entry.first.Mark().line + 1});
        } else if (key != "spec") {
            gather(entry.second, key, 0, leaves);
        }
        for (const Leaf& leaf : leaves) {
            settings.push_back({"strimzi." + leaf.path, std::string(trim(leaf.value)), leaf.line,
                                leaf.path});
        }
    }
}

std::vector<ForeignSetting> settings_of(const YAML::Node& resource) {
    const YAML::Node spec = child(resource, "spec");
    const Scopes scopes(spec);
    std::vector<ForeignSetting> settings;
    std::string aliases;
    for (const std::string& alias : scopes.aliases()) {
        aliases += (aliases.empty() ? "" : ", ") + alias;
    }
    settings.push_back({"clusters", aliases, spec ? spec.Mark().line + 1 : 0, "spec: aliases"});
    for (const auto& flow : scopes.flows()) {
        settings.push_back({flow.name + ".enabled", "true", flow.line,
                            fmt::format("spec.{}", flow.path.substr(0, flow.path.size() - 1))});
    }
    std::vector<Leaf> leaves;
    if (spec) {
        gather(spec, "", 0, leaves);
    }
    for (const Leaf& leaf : leaves) {
        settings.push_back({key_of(leaf.path, scopes), std::string(trim(leaf.value)), leaf.line,
                            "spec." + leaf.path});
    }
    add_rest(resource, settings);
    return settings;
}

}  // namespace

bool looks_like_kubernetes(std::string_view text) {
    bool has_kind = false;
    bool has_version = false;
    for (const std::string_view line : split(text, '\n')) {
        has_kind = has_kind || line.starts_with("kind:");
        has_version = has_version || line.starts_with("apiVersion:");
    }
    return has_kind && has_version;
}

std::vector<ForeignSetting> read_strimzi(const std::string& text, ConfigProblems& problems) {
    std::vector<YAML::Node> documents;
    try {
        documents = YAML::LoadAll(text);
    } catch (const YAML::Exception& problem) {
        problems.add(position_of(problem.mark), fmt::format("this is not YAML ({})", problem.msg));
        return {};
    }
    std::optional<YAML::Node> mirror_maker;
    std::vector<ForeignSetting> others;
    for (const YAML::Node& document : documents) {
        const std::string kind = text_of(child(document, "kind"));
        if (kind != kKind) {
            if (!kind.empty()) {
                others.push_back({fmt::format("strimzi.resource[{}]", others.size()), kind,
                                  document.Mark().line + 1, "kind"});
            }
            continue;
        }
        if (mirror_maker) {
            problems.add(position_of(document),
                         "a second KafkaMirrorMaker2 begins here; import one at a time, each from "
                         "a file of its own");
            return {};
        }
        mirror_maker = document;
    }
    if (!mirror_maker) {
        problems.add({}, "there is no resource of kind KafkaMirrorMaker2 in it");
        return {};
    }
    std::vector<ForeignSetting> settings = settings_of(*mirror_maker);
    settings.insert(settings.end(), others.begin(), others.end());
    return settings;
}

}  // namespace lockstep::app

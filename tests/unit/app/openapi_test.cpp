// docs/openapi.yaml describes the API that there is: no page more, none less, no key under another
// name.

#include "app/api_json.h"
#include "app/api_routes.h"
#include "app/regions.h"
#include "app/status_json.h"
#include "tests/unit/app/sample_links.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

namespace lockstep::app {
namespace {

using Json = nlohmann::json;

YAML::Node description() {
    const std::string here = __FILE__;
    return YAML::LoadFile(here.substr(0, here.rfind("tests/unit/app")) + "docs/openapi.yaml");
}

TEST(OpenApi, HasEachRoute_AndNoOther) {
    std::set<std::string> described;
    for (const auto& path : description()["paths"]) {
        for (const auto& method : path.second) {
            described.insert(method.first.as<std::string>() + " " + path.first.as<std::string>());
        }
    }
    std::set<std::string> served;
    for (const ApiRoute& route : api_routes()) {
        served.insert((route.method == "GET" ? "get " : "post ") + std::string(route.path));
    }
    EXPECT_EQ(described, served);
}

/// Of the operation that `route` serves.
YAML::Node operation_of(const YAML::Node& all, const ApiRoute& route) {
    return all["paths"][std::string(route.path)][route.method == "GET" ? "get" : "post"];
}

/// The last part of "#/components/parameters/link".
std::string referred(const YAML::Node& node) {
    const auto reference = node["$ref"].as<std::string>();
    return reference.substr(reference.rfind('/') + 1);
}

TEST(OpenApi, HasEachParameterOfAQuery_AndNoOther) {
    const YAML::Node all = description();
    for (const ApiRoute& route : api_routes()) {
        std::set<std::string> described;
        for (const auto& parameter : operation_of(all, route)["parameters"]) {
            const YAML::Node found = all["components"]["parameters"][referred(parameter)];
            EXPECT_EQ(found["in"].as<std::string>(), "query");
            described.insert(found["name"].as<std::string>());
        }
        const std::set<std::string> taken(route.parameters.begin(), route.parameters.end());
        EXPECT_EQ(described, taken) << route.method << " " << route.path;
    }
}

TEST(OpenApi, SaysThatATokenMayBeNeeded_AndWhatComesWithoutIt) {
    const YAML::Node all = description();
    EXPECT_EQ(all["components"]["securitySchemes"]["token"]["scheme"].as<std::string>(), "bearer");
    ASSERT_EQ(all["security"].size(), 2U);
    EXPECT_TRUE(all["security"][0].IsMap() && all["security"][0].size() == 0) << "without tokens";
    EXPECT_TRUE(all["security"][1]["token"].IsDefined());
    for (const ApiRoute& route : api_routes()) {
        const YAML::Node responses = operation_of(all, route)["responses"];
        EXPECT_EQ(referred(responses["401"]), "Unauthorized") << route.path;
        EXPECT_EQ(referred(responses["403"]), "Forbidden") << route.path;
        EXPECT_EQ(referred(responses["default"]), "Error") << route.path;
    }
}

/// The properties of a schema, those of its parts among them.
void collect_properties(const YAML::Node& schemas, const std::string& name,
                        std::set<std::string>& found) {
    const auto collect = [&](const YAML::Node& schema) {
        for (const auto& property : schema["properties"]) {
            found.insert(property.first.as<std::string>());
        }
    };
    const YAML::Node schema = schemas[name];
    collect(schema);
    for (const auto& part : schema["allOf"]) {
        if (part["$ref"]) {
            const auto target = part["$ref"].as<std::string>();
            collect_properties(schemas, target.substr(target.rfind('/') + 1), found);
        } else {
            collect(part);
        }
    }
}

void expect_described(const Json& object, const std::string& schema) {
    std::set<std::string> described;
    collect_properties(description()["components"]["schemas"], schema, described);
    std::set<std::string> said;
    for (const auto& [key, value] : object.items()) {
        said.insert(key);
    }
    EXPECT_EQ(said, described) << schema;
}

/// The keys of an answer that has no schema of a name.
void expect_described_at(const std::string& path, const Json& body) {
    const YAML::Node properties = description()["paths"][path]["get"]["responses"]["200"]["content"]
                                               ["application/json"]["schema"]["properties"];
    std::set<std::string> described;
    for (const auto& property : properties) {
        described.insert(property.first.as<std::string>());
    }
    std::set<std::string> said;
    for (const auto& [key, value] : body.items()) {
        said.insert(key);
    }
    EXPECT_EQ(said, described) << path;
}

TEST(OpenApi, HasEachKeyOfEachAnswer_AndNoOther) {
    const std::vector<LinkStatus> links{sample_link({})};
    const Rates rates;
    const ApiView view{links, rates, 0};
    expect_described_at("/api/v1/links", Json::parse(links_json(view)));
    expect_described_at("/api/v1/topics", Json::parse(topics_json(view)));
    expect_described_at("/api/v1/groups", Json::parse(groups_json(view)));
    expect_described_at("/api/v1/lag", Json::parse(lag_json(view)));
    expect_described_at("/api/v1/explain", Json::parse(explanations_json(view)));
    expect_described_at("/api/v1/clusters", Json::parse(clusters_json(view)));
    expect_described_at("/api/v1/regions", Json::parse(regions_json(view)));
}

TEST(OpenApi, HasEachKeyOfEachBody_AndNoOther) {
    std::vector<LinkStatus> links{sample_link({running_partition("orders", 0, 5, 5)})};
    links[0].groups.push_back(sample_group("billing", 2, 2));
    const Rates rates;
    const ApiView view{links, rates, 0};
    expect_described(Json::parse(links_json(view))["links"][0], "LinkSum");
    expect_described(Json::parse(topics_json(view))["topics"][0], "TopicSum");
    expect_described(Json::parse(groups_json(view))["groups"][0], "LinkGroup");
    expect_described(Json::parse(lag_json(view))["partitions"][0], "PartitionLag");
    expect_described(Json::parse(explanations_json(view))["explanations"][0], "Explanation");
    std::vector<LinkStatus> broken{sample_link({})};
    broken[0].problem = "east: connection refused";
    expect_described(Json::parse(explanations_json({broken, rates, 0}))["links"][0], "LinkProblem");
    const ApiView of_clusters{{}, rates, 0, {ClusterStatus()}};
    expect_described(Json::parse(clusters_json(of_clusters))["clusters"][0], "Cluster");
    expect_described(Json::parse(regions_json(of_clusters))["regions"][0], "Region");
    expect_described(Json::parse(log_json("info")), "Log");
    expect_described(Json::parse(error_json("no", {{"east", 1}})), "Error");
    const Json status = Json::parse(status_json(links, rates, {}));
    expect_described(status, "Status");
    expect_described(status["links"][0], "Link");
    expect_described(status["links"][0]["partitions"][0], "Partition");
    expect_described(status["links"][0]["groups"][0], "Group");
}

TEST(OpenApi, HasEachHealth) {
    std::set<std::string> described;
    for (const auto& health : description()["components"]["schemas"]["Health"]["enum"]) {
        described.insert(health.as<std::string>());
    }
    std::set<std::string> known;
    for (const auto health : {ClusterHealth::unknown, ClusterHealth::healthy,
                              ClusterHealth::degraded, ClusterHealth::unreachable}) {
        known.insert(std::string(to_string(health)));
    }
    EXPECT_EQ(described, known);
}

TEST(OpenApi, HasEachState) {
    std::set<std::string> described;
    for (const auto& state : description()["components"]["schemas"]["State"]["enum"]) {
        described.insert(state.as<std::string>());
    }
    std::set<std::string> known;
    for (const PartitionState state : kAllPartitionStates) {
        known.insert(std::string(to_string(state)));
    }
    EXPECT_EQ(described, known);
}

}  // namespace
}  // namespace lockstep::app

#include "app/regions.h"

#include "app/cli.h"
#include "app/metrics_text.h"
#include "app/operate_report.h"
#include "tests/unit/app/sample_links.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace lockstep::app {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;

ClusterStatus cluster(std::string name, std::string region, ClusterHealth health) {
    ClusterStatus status;
    status.name = std::move(name);
    status.region = std::move(region);
    status.health = health;
    status.since_ms = 1'700'000'000'000;
    if (health != ClusterHealth::unknown) {
        status.brokers = 3;
        status.last_answer_ms = 1'700'000'001'000;
    }
    return status;
}

/// Two clusters in europe, one in america, and one that nobody said anything of.
class RegionsTest : public testing::Test {
protected:
    RegionsTest() {
        clusters_ = {cluster("paris", "europe", ClusterHealth::healthy),
                     cluster("ohio", "america", ClusterHealth::healthy),
                     cluster("rome", "europe", ClusterHealth::healthy),
                     cluster("lab", "", ClusterHealth::unknown)};
        clusters_[0].round_trip_ms = 12.5;
        clusters_[2].round_trip_ms = 7;
    }

    /// A link that copies so many bytes a second.
    void copy(const std::string& source, const std::string& target, uint64_t bytes_per_second) {
        LinkStatus link = sample_link({running_partition("orders", 0, 5, 5)});
        link.name = source + "-to-" + target;
        link.source = source;
        link.target = target;
        links_.push_back(link);
        per_second_.push_back(bytes_per_second);
    }

    ApiView view() {
        for (const double now : {0, 1}) {
            for (size_t i = 0; i < links_.size(); ++i) {
                links_[i].partitions[0].copied_bytes += per_second_[i];
            }
            rates_.sample(now, links_);
        }
        return {links_, rates_, 0, clusters_};
    }

    std::vector<ClusterStatus> clusters_;
    std::vector<LinkStatus> links_;
    std::vector<uint64_t> per_second_;
    Rates rates_;
};

TEST_F(RegionsTest, HaveTheirClusters_InTheOrderOfTheConfiguration) {
    const auto regions = regions_of(view());
    ASSERT_EQ(regions.size(), 3U);
    EXPECT_EQ(regions[0].name, "europe");
    ASSERT_EQ(regions[0].clusters.size(), 2U);
    EXPECT_EQ(regions[0].clusters[1].status.name, "rome");
    EXPECT_EQ(regions[1].name, "america");
    EXPECT_EQ(regions[2].name, "");
}

TEST_F(RegionsTest, HaveTheirNearestClustersDistance) {
    const auto regions = regions_of(view());
    EXPECT_EQ(regions[0].round_trip_ms(), 7);
    EXPECT_EQ(regions[1].round_trip_ms(), std::nullopt);
    EXPECT_EQ(regions[0].brokers(), 6U);
}

TEST_F(RegionsTest, HaveTheWorstHealth) {
    EXPECT_EQ(regions_of(view())[0].health(), ClusterHealth::healthy);
    clusters_[2].health = ClusterHealth::unknown;
    EXPECT_EQ(regions_of(view())[0].health(), ClusterHealth::unknown);
    clusters_[2].health = ClusterHealth::degraded;
    EXPECT_EQ(regions_of(view())[0].health(), ClusterHealth::degraded);
    clusters_[0].health = ClusterHealth::unreachable;
    EXPECT_EQ(regions_of(view())[0].health(), ClusterHealth::unreachable);
}

TEST_F(RegionsTest, SumUpWhatIsCopied_IntoOutOfAndWithinThem) {
    copy("paris", "rome", 100);
    copy("rome", "ohio", 20);
    copy("ohio", "paris", 3);
    const auto regions = regions_of(view());
    EXPECT_DOUBLE_EQ(regions[0].traffic.within, 100);
    EXPECT_DOUBLE_EQ(regions[0].traffic.out, 20);
    EXPECT_DOUBLE_EQ(regions[0].traffic.in, 3);
    EXPECT_DOUBLE_EQ(regions[1].traffic.within, 0);
    EXPECT_DOUBLE_EQ(regions[1].traffic.out, 3);
    EXPECT_DOUBLE_EQ(regions[1].traffic.in, 20);
    EXPECT_DOUBLE_EQ(regions[0].clusters[1].traffic.in, 100);
    EXPECT_DOUBLE_EQ(regions[0].clusters[1].traffic.out, 20);
}

TEST_F(RegionsTest, AreJson) {
    copy("paris", "rome", 100);
    const auto regions = Json::parse(regions_json(view()))["regions"];
    EXPECT_EQ(regions[0]["within_bytes_per_second"], 100);
    EXPECT_EQ(regions[0]["clusters"][0]["out_bytes_per_second"], 100);
    EXPECT_TRUE(regions[2]["round_trip_ms"].is_null());
    EXPECT_TRUE(regions[2]["clusters"][0]["last_answer"].is_null());
    const auto clusters = Json::parse(clusters_json(view()))["clusters"];
    EXPECT_EQ(clusters[0]["cluster"], "paris");
    EXPECT_EQ(clusters[0]["since"], "2023-11-14T22:13:20Z");
    EXPECT_EQ(clusters[0]["round_trip_ms"], 12.5);
    EXPECT_EQ(clusters[3]["health"], "unknown");
}

OperateReport report_of(const ApiView& view) {
    OperateOptions options;
    options.verb = OperateVerb::regions;
    auto report = operate_report(options, regions_json(view));
    EXPECT_TRUE(report.has_value()) << report.error().message();
    return std::move(report).value();
}

TEST_F(RegionsTest, AreATable) {
    copy("paris", "rome", 2048);
    const auto report = report_of(view());
    EXPECT_EQ(report.text,
              "REGION   CLUSTER  HEALTH   ROUND TRIP  BROKERS         IN        OUT\n"
              "europe   all 2    healthy      7.0 ms        6      0 B/s      0 B/s\n"
              "    between its clusters: 2.0 KiB/s\n"
              "europe   paris    healthy     12.5 ms        3      0 B/s  2.0 KiB/s\n"
              "europe   rome     healthy      7.0 ms        3  2.0 KiB/s      0 B/s\n"
              "america  ohio     healthy           -        3      0 B/s      0 B/s\n"
              "-        lab      unknown           -        0      0 B/s      0 B/s\n");
    EXPECT_FALSE(report.has_trouble);
}

TEST_F(RegionsTest, AreNotSummedUp_WhereClustersAreInNone) {
    for (ClusterStatus& cluster : clusters_) {
        cluster.region.clear();
    }
    EXPECT_THAT(report_of(view()).text, Not(HasSubstr("all 4")));
}

TEST_F(RegionsTest, AreTrouble_WhereAClusterCannotBeReached) {
    clusters_[1].health = ClusterHealth::degraded;
    clusters_[1].reason = "2 of 3 brokers are registered";
    EXPECT_FALSE(report_of(view()).has_trouble);
    EXPECT_THAT(report_of(view()).text, HasSubstr("\n    2 of 3 brokers are registered\n"));
    clusters_[1].health = ClusterHealth::unreachable;
    EXPECT_TRUE(report_of(view()).has_trouble);
}

TEST_F(RegionsTest, AreACommand) {
    const Command command = parse_command_line({"regions", "--url", "x:1", "--json"});
    const auto* options = std::get_if<OperateOptions>(&command);
    ASSERT_NE(options, nullptr);
    EXPECT_EQ(options->verb, OperateVerb::regions);
    EXPECT_TRUE(options->as_json);
    EXPECT_EQ(operate_page(*options), "/api/v1/regions");
    EXPECT_EQ(operate_body(*options), "");
    const Command refused = parse_command_line({"regions", "--link", "l"});
    EXPECT_EQ(std::get<CliExit>(refused).code, 2);
}

TEST_F(RegionsTest, HaveMetrics_AsFarAsTheyAreKnown) {
    clusters_[1].health = ClusterHealth::unreachable;
    const std::string text = metrics_text({}, {}, 0, clusters_);
    EXPECT_THAT(text, HasSubstr("lockstep_cluster_up{cluster=\"paris\",region=\"europe\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("lockstep_cluster_up{cluster=\"ohio\",region=\"america\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("lockstep_cluster_round_trip_seconds{cluster=\"paris\","
                                "region=\"europe\"} 0.0125\n"));
    EXPECT_THAT(text, Not(HasSubstr("round_trip_seconds{cluster=\"ohio\"")));
    EXPECT_THAT(text, HasSubstr("lockstep_cluster_brokers{cluster=\"ohio\",region=\"america\"} 3"));
    EXPECT_THAT(text, Not(HasSubstr("cluster=\"lab\"")));
}

}  // namespace
}  // namespace lockstep::app

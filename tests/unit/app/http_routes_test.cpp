#include "app/http_routes.h"

#include "tests/unit/app/sample_links.h"

#include <gtest/gtest.h>

namespace lockstep::app {
namespace {

class HttpRoutesTest : public testing::Test {
protected:
    runtime::HttpResponse get(const std::string& path, Audience audience = Audience::known) {
        const HttpRoutes routes({[this] { return links_; }, [] { return int64_t{1'005'000}; },
                                 rates_, 1'000'000, ApiControls{}, [this] { return awaited_; },
                                 [this] { return clusters_; }});
        return routes.answer({"GET", path, ""}, audience);
    }

    Rates rates_;
    std::string awaited_;
    std::vector<ClusterStatus> clusters_;
    std::vector<LinkStatus> links_{sample_link({running_partition("orders", 0, 5, 5)})};
};

TEST_F(HttpRoutesTest, ReadyzIsOk_WhenAllLinksWork) {
    const auto response = get("/readyz");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "ready\n");
}

TEST_F(HttpRoutesTest, ReadyzIs503_UntilTopicsAreKnown) {
    links_[0].discovered = false;
    const auto response = get("/readyz");
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.body, "link east-to-west: still looking for topics\n");
}

TEST_F(HttpRoutesTest, ReadyzIs503_BeforeThereAreLinks) {
    links_.clear();
    awaited_ = "the desired state on east";
    const auto response = get("/readyz");
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.body, "waiting for the desired state on east\n");
}

TEST_F(HttpRoutesTest, ReadyzIs503_AndSaysWhichLinkHasWhat) {
    links_[0].problem = "west (127.0.0.1:29092): Connection refused";
    links_.push_back(sample_link({}));
    links_[1].name = "fine";
    const auto response = get("/readyz");
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.body, "link east-to-west: west (127.0.0.1:29092): Connection refused\n");
}

TEST_F(HttpRoutesTest, ReadyzTellsStrangers_NothingBehindTheState) {
    EXPECT_EQ(get("/readyz", Audience::strangers).body, "ready\n");
    links_[0].problem = "west (10.0.0.7:9092): user lockstep may not DESCRIBE orders";
    const auto response = get("/readyz", Audience::strangers);
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.body, "not ready; with a token of http.tokens, this page says why\n");
}

TEST_F(HttpRoutesTest, ReadyzIsOk_WhenOnePartitionIsBlocked) {
    links_[0].partitions[0].state = PartitionState::blocked;
    EXPECT_EQ(get("/readyz").status, 200);
}

TEST_F(HttpRoutesTest, HealthzIsOk_EvenWhenALinkIsDown) {
    links_[0].problem = "down";
    EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(HttpRoutesTest, ServesMetrics_AsPrometheusWantsThem) {
    const auto response = get("/metrics");
    EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_NE(response.body.find("process_start_time_seconds 1000\n"), std::string::npos);
}

TEST_F(HttpRoutesTest, ServesTheStatus_AsJson) {
    const auto response = get("/api/v1/status");
    EXPECT_EQ(response.content_type, "application/json");
    EXPECT_TRUE(response.body.starts_with(R"({"version":"0.1.0","uptime_seconds":5.0,"links":[)"))
        << response.body;
}

TEST_F(HttpRoutesTest, TellsOfClusters_InTheApiAndTheMetrics) {
    clusters_.resize(1);
    clusters_[0].name = "paris";
    clusters_[0].health = ClusterHealth::unreachable;
    EXPECT_NE(get("/api/v1/clusters").body.find("\"cluster\":\"paris\""), std::string::npos);
    EXPECT_NE(get("/metrics").body.find("lockstep_cluster_up{cluster=\"paris\""),
              std::string::npos);
    EXPECT_EQ(get("/readyz").status, 200) << "links say themselves whether they work";
}

TEST_F(HttpRoutesTest, ListsItsPages) {
    const auto response = get("/");
    for (const char* page : {"/metrics", "/healthz", "/readyz", "/api/v1/status"}) {
        EXPECT_NE(response.body.find(std::string("<a href=\"") + page + "\">"), std::string::npos);
        EXPECT_EQ(get(page).status, 200);
    }
}

TEST_F(HttpRoutesTest, HasNothingElse) {
    EXPECT_EQ(get("/favicon.ico").status, 404);
    EXPECT_EQ(get("/metrics/").status, 404);
}

}  // namespace
}  // namespace lockstep::app

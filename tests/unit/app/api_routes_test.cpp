#include "app/api_routes.h"

#include "tests/unit/app/sample_links.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace lockstep::app {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

PartitionStatus blocked_partition(const std::string& topic, int32_t index) {
    PartitionStatus status = sample_partition(topic, index, PartitionState::blocked);
    status.reason = "the source has deleted offsets [5, 12) before they were copied";
    return status;
}

class ApiRoutesTest : public testing::Test {
protected:
    ApiRoutesTest() {
        links_.push_back(
            sample_link({running_partition("orders", 0, 30, 10),
                         running_partition("orders", 1, 50, 5), blocked_partition("payments", 0)}));
        links_[0].groups.push_back(sample_group("billing", 2, 2));
        links_.push_back(sample_link({running_partition("orders", 0, 7, 7)}));
        links_[1].name = "east-to-north";
        controls_.pause = [this](const std::string& link, const PauseScope& scope) {
            return change("pause", link, scope);
        };
        controls_.resume = [this](const std::string& link, const PauseScope& scope) {
            return change("resume", link, scope);
        };
        controls_.audit = [this](const AuditRecord& record) { audited_.push_back(record); };
        controls_.log_level = [this] { return level_; };
        controls_.set_log_level = [this](log::Level level) { level_ = level; };
    }

    Result<size_t> change(const std::string& what, const std::string& link,
                          const PauseScope& scope) {
        changes_.push_back(what + " " + link + " " + scope.topic.value_or("*") + " " +
                           (scope.partition ? std::to_string(scope.partition->value()) : "*"));
        const bool is_refusing = refusing_link_.empty() || refusing_link_ == link;
        return refusal_ && is_refusing ? Result<size_t>(*refusal_) : Result<size_t>(3);
    }

    runtime::HttpResponse get(const std::string& path, const std::string& query = "") {
        return answer_api({"GET", path, query}, {links_, rates_, 0}, controls_);
    }

    runtime::HttpResponse post(const std::string& path, const std::string& body,
                               const std::string& type = "application/json") {
        runtime::HttpRequest request{"POST", path, "", type, body, "10.0.0.9"};
        request.token = token_;
        return answer_api(request, {links_, rates_, 0}, controls_);
    }

    Json rows(const std::string& path, const std::string& query, const char* key) {
        const auto response = get(path, query);
        EXPECT_EQ(response.status, 200) << response.body;
        EXPECT_EQ(response.content_type, "application/json");
        return Json::parse(response.body).at(key);
    }

    Rates rates_;
    std::vector<LinkStatus> links_;
    ApiControls controls_;
    std::vector<std::string> changes_;
    std::vector<AuditRecord> audited_;
    std::optional<Error> refusal_;
    std::string refusing_link_;  // all where it is ""
    std::string token_ = "operator";
    log::Level level_ = log::Level::info;
};

TEST_F(ApiRoutesTest, SumsUpLinks) {
    const Json links = rows("/api/v1/links", "", "links");
    ASSERT_EQ(links.size(), 2U);
    EXPECT_EQ(links[0]["link"], "east-to-west");
    EXPECT_EQ(links[0]["partitions"], 3);
    EXPECT_EQ(links[0]["states"], (Json{{"running", 2}, {"blocked", 1}}));
    EXPECT_EQ(links[0]["lag_records"], 65);
    EXPECT_EQ(links[0]["lag_known"], false) << "of the blocked one it is not known";
    EXPECT_EQ(links[0]["paused"], false);
    EXPECT_EQ(links[1]["lag_known"], true);
}

TEST_F(ApiRoutesTest, HasPagesOfClustersAndRegions_ThatTakeNoParameters) {
    EXPECT_TRUE(rows("/api/v1/clusters", "", "clusters").empty());
    EXPECT_TRUE(rows("/api/v1/regions", "", "regions").empty());
    EXPECT_EQ(get("/api/v1/regions", "link=east-to-west").status, 400);
    EXPECT_EQ(post("/api/v1/clusters", "{}").status, 405);
}

TEST_F(ApiRoutesTest, SumsUpTopics_OfOneLink) {
    const Json topics = rows("/api/v1/topics", "link=east-to-west", "topics");
    ASSERT_EQ(topics.size(), 2U);
    EXPECT_EQ(topics[0]["topic"], "orders");
    EXPECT_EQ(topics[0]["lag_records"], 65);
    EXPECT_EQ(topics[1]["states"], (Json{{"blocked", 1}}));
}

TEST_F(ApiRoutesTest, ListsGroups_WithTheirLink) {
    const Json groups = rows("/api/v1/groups", "", "groups");
    ASSERT_EQ(groups.size(), 1U);
    EXPECT_EQ(groups[0]["link"], "east-to-west");
    EXPECT_EQ(groups[0]["group"], "billing");
}

TEST_F(ApiRoutesTest, SumsUpTheAgeOfWhatWaits_AsFarAsItIsKnown) {
    EXPECT_TRUE(rows("/api/v1/topics", "link=east-to-west", "topics")[0]["lag_seconds"].is_null());
    EXPECT_EQ(rows("/api/v1/topics", "link=east-to-north", "topics")[0]["lag_seconds"], 0);
    links_[0].partitions[0].oldest_waiting_ms = -7'000;  // it is 0 now
    EXPECT_EQ(rows("/api/v1/topics", "link=east-to-west", "topics")[0]["lag_seconds"], 7);
    EXPECT_EQ(rows("/api/v1/lag", "topic=orders&partition=0&link=east-to-west",
                   "partitions")[0]["lag_seconds"],
              7);
}

TEST_F(ApiRoutesTest, TellsOfLinksThatDoNotWork) {
    EXPECT_TRUE(rows("/api/v1/explain", "", "links").empty());
    links_[1].problem = "target: cluster north: connect to north:9092 (Connection refused)";
    const Json links = rows("/api/v1/explain", "state=blocked", "links");
    ASSERT_EQ(links.size(), 1U);
    EXPECT_EQ(links[0]["link"], "east-to-north");
    EXPECT_EQ(links[0]["problem"], links_[1].problem);
    EXPECT_NE(links[0]["choice"], "");
}

TEST_F(ApiRoutesTest, ListsLag_TheLargestFirst) {
    const Json partitions = rows("/api/v1/lag", "link=east-to-west", "partitions");
    ASSERT_EQ(partitions.size(), 3U);
    EXPECT_EQ(partitions[0]["partition"], 1);
    EXPECT_EQ(partitions[0]["lag_records"], 45);
    EXPECT_EQ(partitions[1]["lag_records"], 20);
    EXPECT_TRUE(partitions[2]["lag_records"].is_null()) << "it is not known";
}

TEST_F(ApiRoutesTest, ExplainsWhatIsBlocked) {
    const Json found = rows("/api/v1/explain", "state=blocked", "explanations");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0]["topic"], "payments");
    EXPECT_EQ(found[0]["reason_code"], "deleted_before_copied");
    EXPECT_THAT(found[0]["choice"].get<std::string>(), HasSubstr("on_overrun"));
}

TEST_F(ApiRoutesTest, ExplainsOnePartition_OnEachLinkThatHasIt) {
    EXPECT_EQ(rows("/api/v1/explain", "topic=orders&partition=0", "explanations").size(), 2U);
    EXPECT_EQ(rows("/api/v1/explain", "topic=orders&partition=1", "explanations").size(), 1U);
}

TEST_F(ApiRoutesTest, UnderstandsEscapes) {
    links_[0].name = "east/west & co";
    EXPECT_EQ(rows("/api/v1/links", "link=east%2Fwest%20%26%20co", "links").size(), 1U);
}

TEST_F(ApiRoutesTest, Answers404_ForWhatIsNotThere) {
    EXPECT_EQ(get("/api/v1/links", "link=nowhere").status, 404);
    EXPECT_EQ(get("/api/v1/explain", "topic=odrers").status, 404);
    EXPECT_EQ(get("/api/v1/explain", "topic=orders&partition=9").status, 404);
    EXPECT_EQ(get("/api/v1/nothing").status, 404);
    EXPECT_EQ(post("/api/v1/pause", R"({"topic":"odrers"})").status, 404);
    EXPECT_THAT(get("/api/v1/explain", "topic=odrers").body, HasSubstr(R"({"error":)"));
}

TEST_F(ApiRoutesTest, Answers400_ForWhatMakesNoSense) {
    EXPECT_EQ(get("/api/v1/lag", "partition=1").status, 400);
    EXPECT_EQ(get("/api/v1/lag", "topic=orders&partition=one").status, 400);
    EXPECT_EQ(get("/api/v1/lag", "tpoic=orders").status, 400);
    EXPECT_EQ(get("/api/v1/lag", "link=east-to-west&link=east-to-north").status, 400);
    EXPECT_EQ(get("/api/v1/lag", "topic=orders&&").status, 200);
    EXPECT_THAT(get("/api/v1/explain", "state=bloked").body,
                HasSubstr(R"(there is no state \"bloked\"; there are starting, )"));
    for (const char* body : {"", "[]", "{", "{}", R"({"topic":3})", R"({"partition":3})",
                             R"({"topic":"orders","partition":-1})", R"({"tpoic":"orders"})",
                             R"({"topic":"orders","partition":99999999999})"}) {
        EXPECT_EQ(post("/api/v1/pause", body).status, 400) << body;
    }
    EXPECT_TRUE(changes_.empty());
}

// What is not taken would seem to narrow the answer down.
TEST_F(ApiRoutesTest, Answers400_ForParametersThatThePageDoesNotTake) {
    const std::map<std::string, std::string> all{{"link", "link=east-to-west"},
                                                 {"topic", "topic=orders"},
                                                 {"partition", "topic=orders&partition=0"},
                                                 {"state", "state=running"}};
    for (const ApiRoute& route : api_routes()) {
        const bool is_get = route.method == "GET";
        for (const auto& [name, query] : all) {
            const bool is_taken =
                std::ranges::find(route.parameters, name) != route.parameters.end();
            const std::string path(route.path);
            const int status = is_get
                                   ? get(path, query).status
                                   : answer_api({"POST", path, query, "application/json",
                                                 path == "/api/v1/log" ? R"({"level":"info"})"
                                                                       : R"({"topic":"orders"})"},
                                                {links_, rates_, 0}, controls_)
                                         .status;
            EXPECT_EQ(status, is_taken ? 200 : 400) << route.method << " " << path << "?" << query;
        }
    }
    EXPECT_TRUE(changes_.empty());
    EXPECT_THAT(get("/api/v1/links", "topic=orders").body,
                HasSubstr(R"(/api/v1/links takes no parameter \"topic\"; it takes link)"));
}

TEST_F(ApiRoutesTest, ShowsTheStatus_OfOneLink) {
    EXPECT_EQ(rows("/api/v1/status", "", "links").size(), 2U);
    const Json links = rows("/api/v1/status", "link=east-to-north", "links");
    ASSERT_EQ(links.size(), 1U);
    EXPECT_EQ(links[0]["name"], "east-to-north");
    EXPECT_EQ(get("/api/v1/status", "link=nowhere").status, 404);
}

// A partition of another worker may be in any state: it is counted whatever state is asked for.
TEST_F(ApiRoutesTest, CountsWhatOtherWorkersHave_InWhatIsSelected) {
    for (int32_t i : {0, 1}) {
        links_[0].partitions.push_back(sample_partition("shared", i, PartitionState::elsewhere));
        links_[0].partitions.back().worker = "host-b:7";
    }
    links_[1].partitions.push_back(sample_partition("shared", 0, PartitionState::elsewhere));
    const Json both =
        Json::array({{{"link", "east-to-west"}, {"worker", "host-b:7"}, {"partitions", 2}},
                     {{"link", "east-to-north"}, {"worker", ""}, {"partitions", 1}}});
    for (const char* page : {"links", "topics", "groups", "lag", "explain"}) {
        EXPECT_EQ(rows(std::string("/api/v1/") + page, "", "elsewhere"), both) << page;
    }
    EXPECT_EQ(rows("/api/v1/explain", "state=blocked", "elsewhere"), both);
    EXPECT_EQ(rows("/api/v1/explain", "state=blocked", "explanations").size(), 1U);
    EXPECT_EQ(rows("/api/v1/explain", "state=blocked&link=east-to-west", "elsewhere").size(), 1U);
    EXPECT_EQ(rows("/api/v1/lag", "topic=shared&partition=1", "elsewhere")[0]["partitions"], 1);
    EXPECT_TRUE(rows("/api/v1/topics", "topic=orders", "elsewhere").empty());
}

TEST_F(ApiRoutesTest, Answers405_AndSaysWhichMethodsThereAre) {
    EXPECT_EQ(get("/api/v1/pause").status, 405);
    EXPECT_EQ(get("/api/v1/pause").allow, "POST");
    EXPECT_EQ(post("/api/v1/lag", "{}").status, 405);
    EXPECT_EQ(post("/api/v1/lag", "{}").allow, "GET, HEAD");
}

TEST_F(ApiRoutesTest, Answers415_WhereThePostDoesNotSayThatItIsJson) {
    EXPECT_EQ(post("/api/v1/pause", R"({"topic":"orders"})", "text/plain").status, 415);
    EXPECT_EQ(post("/api/v1/pause", R"({"topic":"orders"})", "").status, 415);
    EXPECT_TRUE(changes_.empty());
}

TEST_F(ApiRoutesTest, PausesATopic_OnAllLinksThatHaveIt) {
    const auto response = post("/api/v1/pause", R"({"topic":"orders"})");
    EXPECT_EQ(response.status, 200);
    EXPECT_THAT(changes_,
                ElementsAre("pause east-to-west orders *", "pause east-to-north orders *"));
    EXPECT_EQ(Json::parse(response.body)["links"][0]["partitions"], 3);
    EXPECT_EQ(Json::parse(response.body)["links"][0]["unchanged"], 0);
    links_[0].partitions[1].state = PartitionState::paused;
    const auto again = post("/api/v1/pause", R"({"topic":"orders"})");
    EXPECT_EQ(Json::parse(again.body)["links"][0]["unchanged"], 1);
}

TEST_F(ApiRoutesTest, PausesALink_ATopicOfIt_AndAPartition) {
    post("/api/v1/pause", R"({"link":"east-to-west"})");
    post("/api/v1/pause", R"({"link":"east-to-west","topic":"payments"})");
    post("/api/v1/resume", R"({"topic":"orders","partition":1})");
    EXPECT_THAT(changes_, ElementsAre("pause east-to-west * *", "pause east-to-west payments *",
                                      "resume east-to-west orders 1"));
}

TEST_F(ApiRoutesTest, Answers409_WhereSomethingWiderIsPaused) {
    refusal_ = Error(Errc::invalid_argument, "the link is paused as a whole: resume the link");
    const auto response = post("/api/v1/resume", R"({"topic":"payments"})");
    EXPECT_EQ(response.status, 409);
    EXPECT_EQ(Json::parse(response.body)["error"],
              "link east-to-west: the link is paused as a whole: resume the link");
}

TEST_F(ApiRoutesTest, SaysWhatWasDone_WhereAnotherLinkRefuses) {
    for (const char* refusing : {"east-to-west", "east-to-north"}) {
        audited_.clear();
        refusing_link_ = refusing;
        refusal_ = Error(Errc::invalid_argument, "the link is paused as a whole: resume the link");
        const auto response = post("/api/v1/resume", R"({"topic":"orders"})");
        const std::string done =
            refusing_link_ == "east-to-west" ? "east-to-north" : "east-to-west";
        EXPECT_EQ(response.status, 409);
        const Json body = Json::parse(response.body);
        EXPECT_EQ(body["error"], "link " + refusing_link_ +
                                     ": the link is paused as a whole: resume the link. Done all "
                                     "the same: resume of link " +
                                     done);
        const int running = done == "east-to-west" ? 2 : 1;
        EXPECT_EQ(body["links"],
                  (Json::array({{{"link", done}, {"partitions", 3}, {"unchanged", running}}})));
        ASSERT_EQ(audited_.size(), 1U);
        EXPECT_EQ(audited_[0].link, done);
    }
}

TEST_F(ApiRoutesTest, AuditsWhatWasDone_AndNothingElse) {
    post("/api/v1/pause", R"({"topic":"orders"})");
    post("/api/v1/log", R"({"level":"debug"})");
    post("/api/v1/pause", R"({"topic":"odrers"})");
    post("/api/v1/log", R"({"level":"loud"})");
    get("/api/v1/links");
    refusal_ = Error(Errc::invalid_argument, "no");
    post("/api/v1/resume", R"({"topic":"orders"})");
    ASSERT_EQ(audited_.size(), 3U);
    EXPECT_EQ(audited_[0].action, "pause");
    EXPECT_EQ(audited_[0].link, "east-to-west");
    EXPECT_EQ(audited_[0].scope.topic, "orders");
    EXPECT_EQ(audited_[0].peer, "10.0.0.9");
    EXPECT_EQ(audited_[0].token, "operator");
    EXPECT_EQ(audited_[0].partitions, 3U);
    EXPECT_EQ(audited_[1].link, "east-to-north");
    EXPECT_EQ(audited_[2].action, "log level");
    EXPECT_EQ(audited_[2].value, "debug");
    EXPECT_EQ(audited_[2].token, "operator");
}

TEST(AuditRecord, IsJson) {
    AuditRecord pause;
    pause.action = "pause";
    pause.link = "east";
    pause.scope.topic = "orders";
    pause.scope.partition = PartitionIndex(3);
    pause.peer = "10.0.0.9";
    pause.partitions = 1;
    EXPECT_EQ(audit_json(pause, {1'764'417'600'250, "host:7"}),
              R"({"time":"2025-11-29T12:00:00.250Z","worker":"host:7","peer":"10.0.0.9",)"
              R"("action":"pause","link":"east","topic":"orders","partition":3,"partitions":1})");
    AuditRecord level;
    level.action = "log level";
    level.value = "debug";
    level.peer = "10.0.0.9";
    level.token = "operator";
    EXPECT_EQ(audit_json(level, {0, "host:7"}),
              R"({"time":"1970-01-01T00:00:00.000Z","worker":"host:7","peer":"10.0.0.9",)"
              R"("action":"log level","token":"operator","value":"debug"})");
}

// In a container, the next process has the same host and the same number.
TEST(AuditRecord, HasAKeyOfItsOwn_AlsoAfterARestart) {
    std::set<std::string> keys;
    for (const AuditKeys::Run run :
         {AuditKeys::Run{1'000, 7}, AuditKeys::Run{2'000, 7}, AuditKeys::Run{2'000, 8}}) {
        AuditKeys made("pod:1", run);
        for (int i = 0; i < 12; ++i) {
            EXPECT_TRUE(keys.insert(made.next()).second);
        }
    }
    EXPECT_EQ(*keys.begin(), "pod:1-1000-00000007-1");
}

TEST_F(ApiRoutesTest, ShowsAndSetsTheLogLevel) {
    EXPECT_EQ(Json::parse(get("/api/v1/log").body), (Json{{"level", "info"}}));
    EXPECT_EQ(post("/api/v1/log", R"({"level":"debug"})").status, 200);
    EXPECT_EQ(level_, log::Level::debug);
    EXPECT_EQ(post("/api/v1/log", R"({"level":"loud"})").status, 400);
    EXPECT_EQ(level_, log::Level::debug);
}

}  // namespace
}  // namespace lockstep::app

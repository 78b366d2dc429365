#include "app/config_store.h"

#include "tests/unit/app/state_cluster.h"

#include <gmock/gmock.h>

namespace lockstep::app {
namespace {

using protocol::ApiKey;
using protocol::KafkaError;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ConfigStoreTest : public StateClusterTest {
protected:
    ~ConfigStoreTest() override { test::run(loop_, cluster_.close()); }

    Result<void> catch_up() { return test::run(loop_, store_.catch_up({})); }

    Result<ConfigVersion> append(const std::string& text) {
        return test::run(loop_, store_.append({0, test::kRecordTimeMs, "bob@host", "", text}, {}));
    }

    std::vector<int64_t> numbers() const {
        std::vector<int64_t> numbers;
        for (const ConfigVersion& version : store_.versions()) {
            numbers.push_back(version.version);
        }
        return numbers;
    }

    int16_t create_topic() override {
        if (is_created_by_others_) {
            show_topic();
        }
        return is_created_by_others_ ? static_cast<int16_t>(KafkaError::topic_already_exists)
                                     : StateClusterTest::create_topic();
    }

    bool is_created_by_others_ = false;
    client::Cluster cluster_{runtime_, ClusterSpec{"east", {{"east", 1}}}, {}};
    ConfigStore store_{cluster_};
};

TEST_F(ConfigStoreTest, HasNothing_WhereTheTopicIsNot) {
    ASSERT_TRUE(catch_up().has_value());
    EXPECT_THAT(numbers(), IsEmpty());
}

TEST_F(ConfigStoreTest, SaysSo_WhereTheTopicHasNoLeader) {
    append_version(1);
    show_topic(1, -1);
    const auto looked = catch_up();
    ASSERT_TRUE(looked.has_error()) << "else it would seem that there is no version";
    EXPECT_EQ(looked.error().code, KafkaError::leader_not_available);
    EXPECT_THAT(looked.error().message(), HasSubstr("topic __lockstep_config on east"));
}

TEST_F(ConfigStoreTest, SaysSo_WhereItMayNotSeeTheTopic) {
    show_topic();
    broker_.metadata.topics[0].partitions.clear();
    broker_.metadata.topics[0].error_code =
        static_cast<int16_t>(KafkaError::topic_authorization_failed);
    EXPECT_EQ(catch_up().error().code, KafkaError::topic_authorization_failed);
}

TEST_F(ConfigStoreTest, Appends_BehindWhatIsThere) {
    EXPECT_EQ(append("one")->version, 1);
    EXPECT_EQ(append("two")->version, 2);
    EXPECT_THAT(numbers(), ElementsAre(1, 2));
    EXPECT_EQ(broker_.count(ApiKey::create_topics), 1);
}

TEST_F(ConfigStoreTest, WaitsForALeader_BeforeItAppends) {
    append_version(1);
    append_version(2);
    show_topic(1, -1);
    loop_.add_timer(loop_.now() + seconds(3), [this] { show_topic(); });
    const auto appended = append("three");
    ASSERT_TRUE(appended.has_value()) << appended.error().message();
    EXPECT_EQ(appended->version, 3);
    EXPECT_EQ(broker_.count(ApiKey::create_topics), 0);
}

TEST_F(ConfigStoreTest, GivesUp_WhereNoLeaderComes) {
    append_version(1);
    show_topic(1, -1);
    EXPECT_EQ(append("two").error().code, KafkaError::leader_not_available);
    EXPECT_EQ(broker_.count(ApiKey::produce), 0);
}

TEST_F(ConfigStoreTest, ReadsBeforeItAppends_WhereSomebodyElseHasCreatedTheTopic) {
    append_version(1);
    append_version(2);
    is_created_by_others_ = true;
    const auto appended = append("three");
    ASSERT_TRUE(appended.has_value()) << appended.error().message();
    EXPECT_EQ(appended->version, 3);
    EXPECT_THAT(numbers(), ElementsAre(1, 2, 3));
}

TEST_F(ConfigStoreTest, LeavesOutWhatIsNoVersion) {
    show_topic();
    append_version(1);
    append_record("version-0000000002", "no JSON");
    append_record("another key", ConfigVersion{3, 0, "", "", ""}.value());
    append_record("version-0000000000", ConfigVersion{0, 0, "", "", ""}.value());
    log_.append(test::make_batch(log_.end, 1, "this says that it is snappy", 2));
    append_version(4);
    testing::internal::CaptureStderr();
    log::set_level(log::Level::warn);
    const auto looked = catch_up();
    const auto looked_again = catch_up();
    log::set_level(log::Level::off);
    const std::string log = testing::internal::GetCapturedStderr();
    ASSERT_TRUE(looked.has_value()) << looked.error().message();
    ASSERT_TRUE(looked_again.has_value());
    EXPECT_THAT(numbers(), ElementsAre(1, 4));
    for (const int offset : {1, 2, 3, 4}) {
        const std::string line =
            fmt::format("offset {} of topic __lockstep_config on east is left out", offset);
        const size_t at = log.find(line);
        EXPECT_NE(at, std::string::npos) << log;
        EXPECT_EQ(log.find(line, at + 1), std::string::npos) << "once";
    }
    EXPECT_EQ(append("five")->version, 5);
}

TEST_F(ConfigStoreTest, BeginsAnew_WhereTheTopicIsAnotherOne) {
    show_topic(1);
    append_version(1);
    append_version(2);
    ASSERT_TRUE(catch_up().has_value());
    EXPECT_EQ(store_.generation(), 0);
    log_.recreate(topic(2));
    show_topic(2);
    append_version(1, "new");
    append_version(2, "newer");
    append_version(3, "newest");
    ASSERT_TRUE(catch_up().has_value());
    EXPECT_EQ(store_.generation(), 1);
    EXPECT_THAT(numbers(), ElementsAre(1, 2, 3));
    EXPECT_EQ(store_.versions()[0].text, "new");
    ASSERT_TRUE(catch_up().has_value());
    EXPECT_EQ(store_.generation(), 1);
}

TEST_F(ConfigStoreTest, BeginsAnew_WhereTheLogEndsBeforeWhatWasRead) {
    show_topic(0);  // a cluster without topic ids
    append_version(1);
    append_version(2);
    ASSERT_TRUE(catch_up().has_value());
    log_.recreate(topic(0));
    append_version(1, "new");
    ASSERT_TRUE(catch_up().has_value());
    EXPECT_EQ(store_.generation(), 1);
    EXPECT_THAT(numbers(), ElementsAre(1));
}

}  // namespace
}  // namespace lockstep::app

#include "tests/unit/replication/around_clusters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class FollowedStoreTest : public AroundTest {
protected:
    void put(const std::string& key, const std::string& value) {
        FollowedStore::Changes changes;
        changes[key] = value;
        EXPECT_TRUE(test::run(loop_, store_.put(std::move(changes), {})).has_value());
    }
    Result<void> catch_up() { return test::run(loop_, store_.catch_up({})); }

    FollowedStore store_{to_};
};

TEST_F(FollowedStoreTest, KeepsWhatWasPut) {
    ASSERT_TRUE(catch_up().has_value());
    put("a", "1");
    FollowedStore other(to_);
    ASSERT_TRUE(test::run(loop_, other.catch_up({})).has_value());
    EXPECT_THAT(other.entries(), ElementsAre(Pair("a", "1")));
}

// An unclean election: the new leader's log is shorter than what was read.
TEST_F(FollowedStoreTest, BeginsAnew_WhereTheLogIsShorterThanWhatWasRead) {
    put("a", "1");
    put("b", "1");
    put("c", "1");
    ASSERT_TRUE(catch_up().has_value());
    const Bytes first(memory_.batches()[0].bytes().begin(), memory_.batches()[0].bytes().end());
    memory_.recreate({FollowedStore::kTopic, id_of(3), {1}, 0});
    memory_.append(first);
    const auto caught_up = catch_up();
    ASSERT_TRUE(caught_up.has_value()) << caught_up.error().message();
    EXPECT_THAT(store_.entries(), ElementsAre(Pair("a", "1")));
    put("d", "1");
    ASSERT_TRUE(catch_up().has_value());
    EXPECT_THAT(store_.entries(), ElementsAre(Pair("a", "1"), Pair("d", "1")));
}

TEST_F(FollowedStoreTest, BeginsWhereTheLogDoes_WhereRecordsWereDeleted) {
    put("a", "1");
    put("b", "1");
    memory_.start = 1;
    FollowedStore other(to_);
    ASSERT_TRUE(test::run(loop_, other.catch_up({})).has_value());
    EXPECT_THAT(other.entries(), ElementsAre(Pair("b", "1")));
}

TEST_F(FollowedStoreTest, IsSurelyNotThere_WhereTheClusterSaysSo) {
    FollowedStore at_source(from_);
    EXPECT_TRUE(test::run(loop_, at_source.catch_up_surely({})).has_value());
    EXPECT_THAT(at_source.entries(), IsEmpty());
    absent_topics_are_ = protocol::KafkaError::topic_authorization_failed;
    EXPECT_TRUE(test::run(loop_, at_source.catch_up({})).has_value());
    const auto hidden = test::run(loop_, at_source.catch_up_surely({}));
    ASSERT_TRUE(hidden.has_error());
    EXPECT_THAT(hidden.error().message(), HasSubstr("TOPIC_AUTHORIZATION_FAILED"));
}

}  // namespace
}  // namespace lockstep::replication

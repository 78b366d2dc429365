#include "app/import_positions.h"

#include <gtest/gtest.h>

namespace lockstep::app {
namespace {

constexpr const char* kKey =
    R"(["MirrorSourceConnector",{"cluster":"east","partition":3,"topic":"orders"}])";

std::optional<replication::NotedOffset> read(const std::string& key,
                                             const std::optional<std::string>& value) {
    return read_noted_offset(as_bytes(key), value ? std::optional(as_bytes(*value)) : std::nullopt,
                             "east");
}

TEST(NotedOffset, IsTheLastThatWasCopied) {
    const auto noted = read(kKey, R"({"offset":17})");
    ASSERT_TRUE(noted);
    EXPECT_EQ(noted->source, (TopicPartition{"orders", PartitionIndex(3)}));
    EXPECT_EQ(noted->last, Offset(17));
}

TEST(NotedOffset, IsKnownByStrimzisNameOfTheConnector_Too) {
    EXPECT_TRUE(read(R"(["east->west.MirrorSourceConnector",{"cluster":"east","partition":0,)"
                     R"("topic":"t"}])",
                     R"({"offset":1})"));
}

TEST(NotedOffset, CountsNoMore_WhereItWasTakenBack) {
    const auto noted = read(kKey, std::nullopt);
    ASSERT_TRUE(noted);
    EXPECT_FALSE(noted->last);
}

TEST(NotedOffset, IsNothing_WhereItIsOfSomethingElse) {
    const std::string good = R"({"offset":17})";
    for (const char* key :
         {"", "x", "[]", "{}", R"(["MirrorSourceConnector"])", R"(["MirrorSourceConnector",{}])",
          R"(["MirrorHeartbeatConnector",{"sourceClusterAlias":"east","targetClusterAlias":"w"}])",
          R"(["MirrorSourceConnector",{"cluster":"north","partition":3,"topic":"orders"}])",
          R"(["MirrorSourceConnector",{"cluster":"east","partition":-1,"topic":"orders"}])",
          R"(["MirrorSourceConnector",{"cluster":"east","partition":9999999999,"topic":"t"}])",
          R"(["MirrorSourceConnector",{"cluster":"east","partition":0,"topic":5}])"}) {
        EXPECT_FALSE(read(key, good)) << key;
    }
    for (const char* value : {"", "{}", "17", R"({"offset":-1})", R"({"offset":"17"})"}) {
        EXPECT_FALSE(read(kKey, value)) << value;
    }
}

}  // namespace
}  // namespace lockstep::app

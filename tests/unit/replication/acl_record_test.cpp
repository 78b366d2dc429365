#include "replication/acl_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const AclOwner kOwner{"c1", "east-to-west"};

Acl sample(std::string name = "orders") {
    return {AclResource::topic, AclPattern::prefixed, std::move(name), "User:CN=a|b,OU=x", "*",
            AclRight::read,     AclPermission::allow};
}

TEST(AclRecord, IsReadable) {
    Acl acl = sample();
    acl.principal = "User:alice";
    EXPECT_EQ(acl_key(kOwner, acl),
              "c1|east-to-west|acl|TOPIC|PREFIXED|orders|User:alice|*|READ|ALLOW");
}

TEST(AclRecord, TellsItsOwnFromWhatWaits) {
    const FollowedStore::Entries entries{{acl_key(kOwner, sample("a")), "created"},
                                         {acl_key(kOwner, sample("b")), "on_failover"},
                                         {acl_key({"c1", "other"}, sample("c")), "created"},
                                         {acl_key({"c2", "east-to-west"}, sample("d")), "created"},
                                         {acl_key(kOwner, sample("e")), "left_alone"},
                                         {"c1|config|orders", "1"},
                                         {"c1|east-to-west|acl|PLANET|x", "created"}};
    const RememberedAcls remembered = remembered_acls(entries, kOwner);
    EXPECT_THAT(remembered.created, ElementsAre(sample("a")));
    EXPECT_THAT(remembered.on_failover, ElementsAre(sample("b")));
    EXPECT_THAT(remembered.left_alone, ElementsAre(sample("e")));
    EXPECT_THAT(remembered_acls({}, kOwner).created, IsEmpty());
}

TEST(AclRecord, KnowsAllThatLinksHaveCreated) {
    const FollowedStore::Entries entries{{acl_key(kOwner, sample("a")), "created"},
                                         {acl_key(kOwner, sample("b")), "on_failover"},
                                         {acl_key({"c2", "other"}, sample("c")), "created"},
                                         {acl_key(kOwner, sample("d")), "left_alone"},
                                         {"c1|config|orders", "created"},
                                         {"c1|east-to-west|user|alice|SCRAM-SHA-512", "created"}};
    EXPECT_THAT(created_acls(entries), ElementsAre(sample("a"), sample("c"), sample("d")));
}

TEST(AclWords, AreKafkas_BothWays) {
    for (int8_t number = 0; number < 20; ++number) {
        const auto right = AclRight(number);
        const auto word = to_string(right);
        EXPECT_EQ(word.empty(), number < 2 || number > 15) << int{number};
        if (!word.empty()) {
            EXPECT_EQ(parse_acl_right(word), right);
        }
    }
    EXPECT_EQ(parse_acl_resource("TRANSACTIONAL_ID"), AclResource::transactional_id);
    EXPECT_EQ(parse_acl_resource("topic"), std::nullopt);
    EXPECT_EQ(sample().subject(), "TOPIC orders (PREFIXED)");
    EXPECT_EQ(sample().rule(), "ALLOW User:CN=a|b,OU=x from * READ");
}

}  // namespace
}  // namespace lockstep::replication

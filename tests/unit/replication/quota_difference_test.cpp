#include "replication/quota_difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using client::QuotaEntity;
using testing::ElementsAre;
using testing::Pair;

QuotaEntity user(const char* name) {
    return {{"user", name}};
}

TEST(QuotaSettings, AreTexts_ThatBecomeTheSameNumberAgain) {
    const auto settings = quota_settings(
        {{user("a"), {{"producer_byte_rate", 1048576}, {"request_percentage", 12.5}}},
         {{{"ip", "10.0.0.1"}}, {{"connection_creation_rate", 5}}}});
    EXPECT_THAT(settings,
                ElementsAre(Pair(user("a"), ElementsAre(Pair("producer_byte_rate", "1048576"),
                                                        Pair("request_percentage", "12.5")))));
    for (const double value : {0.1, 1e15, 1048576.0, 3.0000000000000004}) {
        const auto text = quota_settings({{user("a"), {{"k", value}}}}).at(user("a")).at("k");
        EXPECT_EQ(quota_value(text), value) << text;
    }
}

TEST(WantedQuotas, AreForUsers_AsTheTargetCallsThem) {
    AclRules rules;
    rules.principals = {{"User:CN=([^,]+),.*", "User:\\1"}};
    rules.exclude_principals = {"User:lockstep"};
    const auto principals = PrincipalMap::make(rules);
    const Settings rate{{"producer_byte_rate", "1"}};
    const QuotaEntity of_all{{"user", std::nullopt}};
    const QuotaEntity of_client{{"client-id", "c"}};
    EXPECT_EQ(wanted_quotas({{user("CN=carol,OU=eu"), rate},
                             {user("lockstep"), rate},
                             {of_all, rate},
                             {of_client, rate}},
                            *principals),
              (QuotaSettings{{user("carol"), rate}, {of_all, rate}, {of_client, rate}}));
}

TEST(LeftAloneQuotas, AreThoseOfPrincipalsLeftAlone_AsTheTargetCallsThem) {
    AclRules rules;
    rules.principals = {{"User:CN=([^,]+),.*", "User:\\1"}};
    rules.exclude_principals = {"User:lockstep", "User:CN=(carol|dave),OU=eu"};
    const auto principals = PrincipalMap::make(rules);
    const Settings rate{{"producer_byte_rate", "1"}};
    const QuotaSettings there{{user("lockstep"), rate},
                              {user("carol"), rate},
                              {user("dave"), rate},
                              {user("erin"), rate},
                              {{{"user", std::nullopt}}, rate}};
    const QuotaSettings at_source{{user("CN=carol,OU=eu"), rate},
                                  {user("CN=dave,OU=eu"), rate},
                                  {user("CN=dave,OU=us"), rate}};  // whose quotas are followed
    EXPECT_THAT(left_alone_quotas(there, at_source, *principals),
                testing::UnorderedElementsAre(user("lockstep"), user("carol")));
}

TEST(Quotas, HaveNames_ForPeopleAndForKeys) {
    const QuotaEntity both{{"client-id", std::nullopt}, {"user", "a|b"}};
    EXPECT_EQ(quota_subject(both), "client-id (default), user a|b");
    EXPECT_EQ(quota_key(both), "client-id|*|user|:a%7cb");
    EXPECT_NE(quota_key(user("*")), quota_key({{"user", std::nullopt}}));
}

}  // namespace
}  // namespace lockstep::replication

#include "replication/acl_difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace lockstep::replication {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using enum AclRight;
using enum AclResource;

Acl allow(AclRight right, AclResource resource = topic, std::string name = "orders") {
    return {resource, AclPattern::literal, std::move(name), "User:alice", "*",
            right,    AclPermission::allow};
}

Acl deny(AclRight right, std::string principal = "User:alice") {
    Acl acl = allow(right);
    acl.principal = std::move(principal);
    acl.permission = AclPermission::deny;
    return acl;
}

Acl prefixed(std::string prefix) {
    Acl acl = allow(read, topic, std::move(prefix));
    acl.pattern = AclPattern::prefixed;
    return acl;
}

WantedAcls wanted_of(const std::vector<Acl>& at_source, const AclRules& rules = {},
                     bool syncs_groups = true) {
    const std::vector<std::string> names{"orders", "payments-.*"};
    const auto topics = TopicFilter::make(names, {"payments-test"});
    const auto groups = TopicFilter::make({"billing"}, {});
    const auto principals = PrincipalMap::make(rules);
    return wanted_acls(at_source, {*topics, syncs_groups ? &*groups : nullptr, *principals, rules});
}

/// "READ", and "WRITE later" for what waits.
std::vector<std::string> rights_of(const WantedAcls& wanted) {
    std::vector<std::string> rights;
    for (const Acl& acl : wanted.now) {
        rights.emplace_back(to_string(acl.right));
    }
    for (const Acl& acl : wanted.on_failover) {
        rights.push_back(std::string(to_string(acl.right)) + " later");
    }
    return rights;
}

TEST(WantedAcls, LetNobodyWriteToACopy_BeforeTheFailover) {
    EXPECT_THAT(rights_of(wanted_of({allow(read), allow(write), allow(describe)})),
                ElementsAre("READ", "DESCRIBE", "WRITE later"));
    for (const AclRight right : {create, erase, alter, alter_configs}) {
        EXPECT_THAT(rights_of(wanted_of({allow(right)})),
                    ElementsAre(std::string(to_string(right)) + " later"));
    }
}

TEST(WantedAcls, GiveOfAll_WhatChangesNothing) {
    EXPECT_THAT(rights_of(wanted_of({allow(all)})),
                ElementsAre("READ", "DESCRIBE_CONFIGS", "ALL later"));
    EXPECT_THAT(rights_of(wanted_of({allow(all, cluster, "kafka-cluster")})),
                ElementsAre("DESCRIBE", "DESCRIBE_CONFIGS", "ALL later"));
}

TEST(WantedAcls, ComeAtOnce_WhereThatWasAskedFor) {
    AclRules rules;
    rules.writes = AclWrites::at_once;
    EXPECT_THAT(rights_of(wanted_of({allow(all), allow(write)}, rules)),
                ElementsAre("ALL", "WRITE"));
}

TEST(WantedAcls, DenyAtOnce_ButNotLockstepItself) {
    EXPECT_THAT(rights_of(wanted_of({deny(write), deny(all)})), ElementsAre("ALL", "WRITE"));
    EXPECT_THAT(rights_of(wanted_of(
                    {deny(write, "User:*"), deny(read, "User:*"), deny(describe, "User:*")})),
                ElementsAre("READ later", "WRITE later", "DESCRIBE later"));
    EXPECT_THAT(rights_of(wanted_of({deny(all, "User:*")})), ElementsAre("ALL later"));
    for (const auto& [resource, name] :
         {std::pair{group, "billing"}, std::pair{cluster, "kafka-cluster"}}) {
        Acl acl = deny(describe, "User:*");
        acl.resource = resource;
        acl.name = name;
        EXPECT_THAT(rights_of(wanted_of({acl})), ElementsAre("DESCRIBE later"));
    }
    Acl of_one_host = deny(read, "User:*");
    of_one_host.host = "10.0.0.1";
    EXPECT_THAT(rights_of(wanted_of({of_one_host})), ElementsAre("READ"));
}

// Who reads nothing at the source, because of a DENY that waits, reads nothing on the target.
TEST(WantedAcls, HoldWhatADenyThatWaitsOverrules) {
    const Acl of_pays = allow(read, topic, "payments-eu");
    EXPECT_THAT(
        rights_of(wanted_of({allow(read), allow(describe_configs), of_pays, deny(read, "User:*")})),
        UnorderedElementsAre("READ", "DESCRIBE_CONFIGS", "READ later", "READ later"));
    EXPECT_THAT(rights_of(wanted_of({allow(read), deny(describe, "User:*")})),
                UnorderedElementsAre("READ later", "DESCRIBE later"));
    EXPECT_THAT(
        rights_of(wanted_of({allow(all), deny(all, "User:*")})),
        UnorderedElementsAre("ALL later", "ALL later", "READ later", "DESCRIBE_CONFIGS later"));
    EXPECT_THAT(rights_of(wanted_of({allow(read), deny(write, "User:*")})),
                ElementsAre("READ", "WRITE later"));
    EXPECT_THAT(rights_of(wanted_of({prefixed("ord"), deny(read, "User:*")})),
                UnorderedElementsAre("READ later", "READ later"));
}

WantedAcls wanted_beside(const std::vector<Acl>& at_source, std::set<Acl> brought_here,
                         std::set<Acl> on_target = {}, const AclRules& rules = {}) {
    const auto topics = TopicFilter::make({"orders"}, {});
    const auto principals = PrincipalMap::make(rules);
    AclScope scope{*topics, nullptr, *principals, rules};
    scope.brought_here = std::move(brought_here);
    scope.on_target = std::move(on_target);
    return wanted_acls(at_source, scope);
}

TEST(WantedAcls, AreNotThoseThatLinksHaveBroughtToTheSource) {
    EXPECT_THAT(wanted_beside({allow(read), allow(describe)}, {allow(read)}).now,
                ElementsAre(allow(describe)));
    EXPECT_THAT(wanted_beside({allow(write)}, {allow(write)}).on_failover, IsEmpty());
}

// Else somebody who reads nothing at the source would read on the target.
TEST(WantedAcls, GiveNothing_ThatADenyOverrulesWhichIsNotPassedOn) {
    const WantedAcls wanted =
        wanted_beside({allow(read), allow(write), deny(describe)}, {deny(describe)});
    EXPECT_THAT(wanted.now, IsEmpty());
    EXPECT_THAT(wanted.on_failover, IsEmpty());
    EXPECT_THAT(wanted.overruled, UnorderedElementsAre(allow(read), allow(write)));
    EXPECT_THAT(wanted.not_passed_on, ElementsAre(deny(describe)));
    const WantedAcls of_others =
        wanted_beside({allow(read), deny(read, "User:eve")}, {deny(read, "User:eve")});
    EXPECT_THAT(of_others.now, ElementsAre(allow(read)));
    const WantedAcls denied_there =
        wanted_beside({allow(read), deny(describe)}, {deny(describe)}, {deny(describe)});
    EXPECT_THAT(denied_there.now, ElementsAre(allow(read)));
}

TEST(WantedAcls, LeavePrincipalsAlone_AsTheTargetCallsThem) {
    AclRules rules;
    rules.principals = {{"User:al(.*)", "User:\\1"}};
    rules.exclude_principals = {"User:alice"};
    const WantedAcls wanted = wanted_beside({allow(all)}, {}, {}, rules);
    EXPECT_THAT(wanted.now, IsEmpty());
    EXPECT_THAT(wanted.on_failover, IsEmpty());
    ASSERT_EQ(wanted.left_alone.size(), 3U);  // and the parts that come before a failover
    for (const Acl& acl : wanted.left_alone) {
        EXPECT_EQ(acl.principal, "User:ice");
    }
}

TEST(WantedAcls, AreThoseOfTheLinksTopics) {
    const auto names = [](const std::vector<Acl>& acls) {
        std::vector<std::string> found;
        for (const Acl& acl : wanted_of(acls).now) {
            found.push_back(acl.name);
        }
        return found;
    };
    EXPECT_THAT(names({allow(read, topic, "orders"), allow(read, topic, "payments-eu"),
                       allow(read, topic, "payments-test"), allow(read, topic, "other"),
                       allow(read, topic, "*"), allow(read, topic, "__consumer_offsets")}),
                UnorderedElementsAre("orders", "payments-eu", "*"));
    EXPECT_THAT(names({prefixed("ord"), prefixed("pay"), prefixed("payments-eu-"),
                       prefixed("orders-eu"), prefixed("other")}),
                UnorderedElementsAre("ord", "pay", "payments-eu-"));
}

TEST(WantedAcls, AreThoseOfGroups_TransactionsAndTheCluster) {
    const std::vector<Acl> acls{allow(read, group, "billing"),
                                allow(read, group, "other"),
                                allow(write, transactional_id, "tx"),
                                allow(idempotent_write, cluster, "kafka-cluster"),
                                allow(cluster_action, cluster, "kafka-cluster"),
                                allow(describe, delegation_token, "token")};
    EXPECT_THAT(rights_of(wanted_of(acls)), ElementsAre("READ", "IDEMPOTENT_WRITE", "WRITE"));
    EXPECT_THAT(rights_of(wanted_of(acls, {}, false)), ElementsAre("IDEMPOTENT_WRITE", "WRITE"));
    AclRules rules;
    rules.resources = {delegation_token};
    EXPECT_THAT(rights_of(wanted_of(acls, rules)), ElementsAre("DESCRIBE"));
}

TEST(WantedAcls, AreForPrincipals_AsTheTargetCallsThem) {
    AclRules rules;
    rules.principals = {{"User:CN=([^,]+),.*", "User:\\1"}, {"User:alice", "User:bob"}};
    rules.exclude_principals = {"User:lockstep.*"};
    Acl by_certificate = allow(read);
    by_certificate.principal = "User:CN=carol,OU=eu";
    Acl of_lockstep = allow(read);
    of_lockstep.principal = "User:lockstep-1";
    Acl of_somebody = allow(read);
    of_somebody.principal = "User:dave";
    std::vector<std::string> principals;
    for (const Acl& acl :
         wanted_of({allow(read), by_certificate, of_lockstep, of_somebody}, rules).now) {
        principals.push_back(acl.principal);
    }
    EXPECT_THAT(principals, ElementsAre("User:bob", "User:carol", "User:dave"));
}

TEST(PrincipalMap, RefusesWhatIsNoExpression_AndGroupsThatAreNone) {
    AclRules rules;
    rules.principals = {{"User:(", "User:x"}};
    EXPECT_TRUE(PrincipalMap::make(rules).error().is(Errc::invalid_argument));
    rules.principals = {{"User:(.*)", "User:\\2"}};
    EXPECT_TRUE(PrincipalMap::make(rules).error().is(Errc::invalid_argument));
    rules.principals = {};
    rules.exclude_principals = {"["};
    EXPECT_TRUE(PrincipalMap::make(rules).error().is(Errc::invalid_argument));
}

TEST(AclDifference, CreatesWhatIsMissing_DenyFirst) {
    const auto difference =
        acl_difference({allow(read), allow(describe), deny(alter)}, {allow(read)}, {});
    EXPECT_THAT(difference.to_create, ElementsAre(deny(alter), allow(describe)));
    EXPECT_THAT(difference.to_delete, IsEmpty());
    EXPECT_EQ(difference.in_step, 1U);
}

TEST(AclDifference, DeletesOnlyItsOwn_AllowFirst) {
    const std::set<Acl> found{allow(read), allow(write), deny(read), allow(describe)};
    const auto difference =
        acl_difference({allow(describe)}, found, {deny(read), allow(read), allow(describe)});
    EXPECT_THAT(difference.to_delete, ElementsAre(allow(read), deny(read)));
    EXPECT_THAT(difference.to_create, IsEmpty());
}

TEST(AclDifference, DeletesNothingThatIsKept) {
    const auto difference =
        acl_difference({}, {allow(read)}, {allow(read), allow(write)}, {allow(read), allow(write)});
    EXPECT_THAT(difference.to_delete, IsEmpty());
    EXPECT_THAT(difference.to_create, IsEmpty());
    EXPECT_THAT(difference.to_forget, ElementsAre(allow(write)));
}

TEST(AclDifference, ForgetsItsOwn_WhenItIsGone) {
    const auto difference = acl_difference({}, {}, {allow(read)});
    EXPECT_THAT(difference.to_forget, ElementsAre(allow(read)));
    EXPECT_THAT(difference.to_delete, IsEmpty());
}

/// "TOPIC east.orders", of all rights that are wanted now.
std::vector<std::string> subjects_of(const std::vector<Acl>& at_source, const TopicNames& names) {
    const auto topics = TopicFilter::make({"orders", "payments-.*"}, {});
    const AclRules rules;
    const auto principals = PrincipalMap::make(rules);
    std::vector<std::string> subjects;
    for (const Acl& acl :
         wanted_acls(at_source, {*topics, nullptr, *principals, rules, names}).now) {
        subjects.push_back(acl.subject());
    }
    return subjects;
}

TEST(WantedAcls, AreForTheNamesOnTheTarget) {
    const TopicNames names{{{"orders", "sales"}}, "east."};
    EXPECT_THAT(subjects_of({allow(read)}, names), ElementsAre("TOPIC sales"));
    EXPECT_THAT(subjects_of({allow(read, topic, "payments-eu")}, names),
                ElementsAre("TOPIC east.payments-eu"));
    EXPECT_THAT(subjects_of({prefixed("payments-")}, names),
                ElementsAre("TOPIC east.payments- (PREFIXED)"));
    EXPECT_THAT(subjects_of({prefixed("o")}, names),
                UnorderedElementsAre("TOPIC east.o (PREFIXED)", "TOPIC sales"));
}

TEST(WantedAcls, OfEveryTopic_AreForTheCopiesOnly_WhereTheseHaveAPrefix) {
    EXPECT_THAT(subjects_of({allow(read, topic, "*")}, {{{"orders", "sales"}}, "east."}),
                UnorderedElementsAre("TOPIC east. (PREFIXED)", "TOPIC sales"));
    EXPECT_THAT(subjects_of({allow(read, topic, "*")}, {{{"orders", "sales"}}, ""}),
                ElementsAre("TOPIC *"));
}

}  // namespace
}  // namespace lockstep::replication

#include "sandbox/acls.h"

#include "tests/unit/sandbox/admin_fixture.h"

namespace lockstep::sandbox {

using enum AclOperation;

class AclsTest : public AdminTest {
protected:
    bool alice_may(AclOperation operation, const std::string& topic,
                   const std::string& host = "127.0.0.1") {
        return cluster_->acls().allows(call_of("User:alice", host), operation, ResourceType::topic,
                                       topic);
    }
    void add(PatternType pattern, const std::string& name, AclOperation operation,
             AclPermission permission = AclPermission::allow) {
        cluster_->acls().add(
            {ResourceType::topic, pattern, name, "User:alice", "*", operation, permission});
    }
};

TEST_F(AclsTest, EverybodyMayDoEverything_WithoutAnAuthorizer) {
    start();
    EXPECT_TRUE(alice_may(write, "orders"));
}

TEST_F(AclsTest, NobodyMayDoAnything_WithoutARule) {
    start_guarded();
    EXPECT_FALSE(alice_may(describe, "orders"));
}

TEST_F(AclsTest, SuperUsersMayDoEverything_EvenWhatIsDenied) {
    start_guarded();
    cluster_->acls().add(
        {ResourceType::topic, PatternType::literal, "*", "User:*", "*", all, AclPermission::deny});
    EXPECT_TRUE(cluster_->acls().allows(call_of("User:admin"), write, ResourceType::topic, "a"));
    EXPECT_FALSE(cluster_->acls().allows(call_of("User:alice"), write, ResourceType::topic, "a"));
}

TEST_F(AclsTest, LiteralRule_IsAboutItsNameOnly) {
    start_guarded();
    add(PatternType::literal, "orders", read);
    EXPECT_TRUE(alice_may(read, "orders"));
    EXPECT_FALSE(alice_may(read, "orders-2"));
}

TEST_F(AclsTest, PrefixedRule_IsAboutAllThatBeginsSo) {
    start_guarded();
    add(PatternType::prefixed, "ord", read);
    EXPECT_TRUE(alice_may(read, "orders"));
    EXPECT_FALSE(alice_may(read, "or"));
}

TEST_F(AclsTest, Wildcard_IsAboutEveryName_OnlyWhereItIsLiteral) {
    start_guarded();
    add(PatternType::prefixed, "*", read);
    EXPECT_FALSE(alice_may(read, "orders"));
    add(PatternType::literal, "*", read);
    EXPECT_TRUE(alice_may(read, "orders"));
}

TEST_F(AclsTest, Deny_ComesBeforeAllow) {
    start_guarded();
    add(PatternType::literal, "orders", all);
    add(PatternType::prefixed, "o", write, AclPermission::deny);
    EXPECT_FALSE(alice_may(write, "orders"));
    EXPECT_TRUE(alice_may(read, "orders"));
}

TEST_F(AclsTest, SomeOperations_LetDescribeToo) {
    start_guarded();
    for (const AclOperation operation : {read, write, erase, alter}) {
        const std::string topic = "t" + std::to_string(static_cast<int>(operation));
        add(PatternType::literal, topic, operation);
        EXPECT_TRUE(alice_may(describe, topic));
        EXPECT_FALSE(alice_may(describe_configs, topic));
    }
    add(PatternType::literal, "c", alter_configs);
    EXPECT_TRUE(alice_may(describe_configs, "c"));
    EXPECT_FALSE(alice_may(describe, "c"));
    add(PatternType::literal, "d", create);
    EXPECT_FALSE(alice_may(describe, "d"));
}

TEST_F(AclsTest, DeniedRead_DeniesNoDescribe) {
    start_guarded();
    add(PatternType::literal, "orders", all);
    add(PatternType::literal, "orders", read, AclPermission::deny);
    EXPECT_TRUE(alice_may(describe, "orders"));
}

TEST_F(AclsTest, HostOfARule_MustBeTheClients) {
    start_guarded();
    cluster_->acls().add({ResourceType::topic, PatternType::literal, "orders", "User:alice",
                          "10.0.0.1", read, AclPermission::allow});
    EXPECT_TRUE(alice_may(read, "orders", "10.0.0.1"));
    EXPECT_FALSE(alice_may(read, "orders", "10.0.0.2"));
}

TEST_F(AclsTest, RuleOfAnotherType_IsNotAboutATopic) {
    start_guarded();
    allow(ResourceType::group, "orders", read);
    EXPECT_FALSE(alice_may(read, "orders"));
}

TEST_F(AclsTest, AllowEveryone_HoldsOnlyWhereNoRuleIsAboutTheResource) {
    ClusterOptions options;
    options.has_authorizer = true;
    options.broker_config["allow.everyone.if.no.acl.found"] = "true";
    start(options);
    EXPECT_TRUE(alice_may(read, "orders"));
    cluster_->acls().add({ResourceType::topic, PatternType::literal, "orders", "User:bob", "*",
                          read, AclPermission::allow});
    EXPECT_FALSE(alice_may(read, "orders"));
    EXPECT_TRUE(alice_may(read, "others"));
}

TEST_F(AclsTest, AnyOfAType_IsAllowed_WhereOneRuleIsNotTakenAway) {
    start_guarded();
    const auto may_write_any = [&] {
        return cluster_->acls().allows_any_of(call_of("User:alice"), write, ResourceType::topic);
    };
    EXPECT_FALSE(may_write_any());
    add(PatternType::literal, "orders", write);
    EXPECT_TRUE(may_write_any());
    add(PatternType::prefixed, "ord", write, AclPermission::deny);
    EXPECT_FALSE(may_write_any());
    add(PatternType::prefixed, "o", write);
    EXPECT_TRUE(may_write_any());
    add(PatternType::literal, "*", write, AclPermission::deny);
    EXPECT_FALSE(may_write_any());
}

TEST_F(AclsTest, AuthorizedOperations_AreABitEach) {
    start_guarded();
    add(PatternType::literal, "orders", write);
    const auto bits = cluster_->acls().authorized_operations(call_of("User:alice"),
                                                             ResourceType::topic, "orders");
    EXPECT_EQ(bits, 1 << 4 | 1 << 8);
    const auto all_bits = cluster_->acls().authorized_operations(call_of("User:admin"),
                                                                 ResourceType::topic, "orders");
    EXPECT_EQ(all_bits, 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 10 | 1 << 11);
}

TEST_F(AclsTest, Filter_MatchesNamesAsItsPatternSays) {
    start_guarded();
    add(PatternType::literal, "orders", read);
    add(PatternType::literal, "*", read);
    add(PatternType::prefixed, "ord", read);
    add(PatternType::prefixed, "orders", read);
    add(PatternType::literal, "others", read);
    const auto count = [&](PatternType pattern) {
        AclFilter filter;
        filter.pattern = pattern;
        filter.name = "orders";
        return cluster_->acls().find(filter).size();
    };
    EXPECT_EQ(count(PatternType::literal), 1U);
    EXPECT_EQ(count(PatternType::prefixed), 1U);
    EXPECT_EQ(count(PatternType::any), 2U);
    EXPECT_EQ(count(PatternType::match), 4U);
}

TEST_F(AclsTest, SameRuleTwice_IsOneRule) {
    start_guarded();
    add(PatternType::literal, "orders", read);
    add(PatternType::literal, "orders", read);
    EXPECT_EQ(cluster_->acls().find({}).size(), 1U);
    EXPECT_EQ(cluster_->acls().remove({}).size(), 1U);
    EXPECT_TRUE(cluster_->acls().find({}).empty());
}

}  // namespace lockstep::sandbox

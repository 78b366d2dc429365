#include "replication/user_difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace lockstep::replication {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Credential kAlice{"alice", SaslMechanism::scram_sha_256};
const Credential kAlice512{"alice", SaslMechanism::scram_sha_512};
const Credential kBob{"bob", SaslMechanism::scram_sha_512};

using Iterations = std::map<Credential, int>;

UserDifference difference_of(const Iterations& wanted, const Iterations& found,
                             const std::map<Credential, bool>& is_created = {},
                             const std::set<Credential>& set_before = {}) {
    return user_difference({wanted, found, is_created, set_before});
}

TEST(UserDifference, CreatesWhatIsNotThere) {
    const auto difference =
        difference_of({{kAlice, 4096}, {kAlice512, 4096}}, {{kAlice512, 4096}}, {}, {kAlice512});
    EXPECT_THAT(difference.create, ElementsAre(kAlice));
    EXPECT_EQ(difference.in_step, 1U);
}

TEST(UserDifference, ChangesIterations) {
    const auto difference = difference_of({{kBob, 8192}}, {{kBob, 4096}}, {}, {kBob});
    EXPECT_THAT(difference.change, ElementsAre(kBob));
    EXPECT_EQ(difference.in_step, 0U);
}

TEST(UserDifference, SetsASecretAgain_ThatThisProcessHasNotSet) {
    const auto difference = difference_of({{kBob, 4096}}, {{kBob, 4096}});
    EXPECT_THAT(difference.set_again, ElementsAre(kBob));
    EXPECT_EQ(difference.in_step, 0U);
}

TEST(UserDifference, RemovesOnlyWhatTheLinkHasCreated) {
    const auto difference = difference_of({}, {{kAlice, 4096}, {kBob, 4096}, {kAlice512, 4096}},
                                          {{kAlice, true}, {kBob, false}});
    EXPECT_THAT(difference.remove, ElementsAre(kAlice));
    EXPECT_THAT(difference.forget, ElementsAre(kBob));
}

TEST(UserDifference, ForgetsWhatIsGoneAlready) {
    const auto difference = difference_of({}, {}, {{kAlice, true}});
    EXPECT_THAT(difference.remove, IsEmpty());
    EXPECT_THAT(difference.forget, ElementsAre(kAlice));
}

TEST(UserDifference, LeavesOtherUsersAlone) {
    const auto difference = difference_of({}, {{kBob, 4096}});
    EXPECT_THAT(difference.remove, IsEmpty());
    EXPECT_THAT(difference.forget, IsEmpty());
}

TEST(UserDifference, NamesACredential) {
    EXPECT_EQ(words_of(kAlice), "user alice, SCRAM-SHA-256");
}

}  // namespace
}  // namespace lockstep::replication

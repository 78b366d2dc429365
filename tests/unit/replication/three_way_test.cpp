#include "replication/three_way.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace lockstep::replication {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using Action = SettingDifference::Action;

constexpr const char* kUnset = "";

struct SettingCase {
    const char* name;
    const char* wanted;  // "" is unset, like the others
    const char* found;
    const char* agreed;
    FollowRule rule;
    const char* expected;
};

std::ostream& operator<<(std::ostream& out, const SettingCase& setting) {
    return out << setting.name;
}

Settings one(const char* value) {
    return *value == '\0' ? Settings{} : Settings{{"retention.ms", value}};
}

std::string action_of(const SettingsDifference& difference) {
    if (difference.differences.empty()) {
        return "in step";
    }
    switch (difference.differences.at(0).action) {
        case Action::set: return "set";
        case Action::remove: return "remove";
        case Action::keep: return "keep";
    }
    return "";
}

class OneSetting : public testing::TestWithParam<SettingCase> {};

TEST_P(OneSetting, IsDecidedByWhoChangedIt) {
    const SettingCase& setting = GetParam();
    const ThreeSides sides{one(setting.wanted), one(setting.found), one(setting.agreed)};
    EXPECT_EQ(action_of(compare_settings(sides, setting.rule, {})), setting.expected);
}

constexpr auto kChanges = FollowRule::changes;
constexpr auto kAll = FollowRule::all;
constexpr auto kOff = FollowRule::off;

INSTANTIATE_TEST_SUITE_P(
    ThreeWay, OneSetting,
    testing::Values(
        SettingCase{"Same", "5", "5", kUnset, kChanges, "in step"},
        SettingCase{"NewAtTheSource", "5", kUnset, kUnset, kChanges, "set"},
        SettingCase{"ChangedAtTheSource", "6", "5", "5", kChanges, "set"},
        SettingCase{"ChangedOnTheTarget", "5", "7", "5", kChanges, "keep"},
        SettingCase{"ChangedOnBoth", "6", "7", "5", kChanges, "keep"},
        SettingCase{"OtherFromTheStart", "5", "7", kUnset, kChanges, "keep"},
        SettingCase{"RemovedAtTheSource", kUnset, "5", "5", kChanges, "remove"},
        SettingCase{"RemovedAtTheSource_ChangedOnTheTarget", kUnset, "7", "5", kChanges, "keep"},
        SettingCase{"OnTheTargetOnly", kUnset, "7", kUnset, kChanges, "keep"},
        SettingCase{"RemovedOnTheTarget", "5", kUnset, "5", kChanges, "keep"},
        SettingCase{"RemovedOnTheTarget_ChangedAtTheSource", "6", kUnset, "5", kChanges, "keep"},
        SettingCase{"GoneOnBoth", kUnset, kUnset, "5", kChanges, "in step"},
        SettingCase{"All_ChangedOnTheTarget", "5", "7", "5", kAll, "set"},
        SettingCase{"All_OtherFromTheStart", "5", "7", kUnset, kAll, "set"},
        SettingCase{"All_RemovedOnTheTarget", "5", kUnset, "5", kAll, "set"},
        SettingCase{"All_OnTheTargetOnly", kUnset, "7", kUnset, kAll, "keep"},
        SettingCase{"All_RemovedAtTheSource", kUnset, "5", "5", kAll, "remove"},
        SettingCase{"Off_NewAtTheSource", "5", kUnset, kUnset, kOff, "keep"},
        SettingCase{"Off_RemovedAtTheSource", kUnset, "5", "5", kOff, "keep"}),
    [](const auto& setting) { return std::string(setting.param.name); });

TEST(ThreeWay, SetsWhatIsFirm_WhateverTheRuleSays) {
    const ThreeSides sides{{{"a", "1"}, {"b", "1"}}, {{"a", "2"}, {"b", "2"}}, {}};
    const auto difference = compare_settings(sides, FollowRule::off, {"a"});
    ASSERT_EQ(difference.differences.size(), 2U);
    EXPECT_EQ(difference.differences[0].action, Action::set);
    EXPECT_EQ(difference.differences[1].action, Action::keep);
    EXPECT_EQ(difference.differences[1].reason, "the link does not follow the source here");
}

TEST(ThreeWay, AgreesOnWhatIsTheSame_AndKeepsWhatWasAgreedOn) {
    const ThreeSides sides{{{"same", "1"}, {"drifted", "1"}, {"changed", "2"}},
                           {{"same", "1"}, {"drifted", "9"}, {"changed", "1"}},
                           {{"drifted", "1"}, {"changed", "1"}, {"gone", "1"}}};
    auto difference = compare_settings(sides, FollowRule::changes, {});
    EXPECT_EQ(difference.in_step, 1U);
    EXPECT_THAT(difference.agreed,
                ElementsAre(Pair("changed", "1"), Pair("drifted", "1"), Pair("same", "1")));
    agree(difference.agreed, difference.differences.at(0));
    EXPECT_EQ(difference.agreed.at("changed"), "2");
}

TEST(ThreeWay, SaysWhoHasRemovedIt) {
    const auto difference = compare_settings({one("5"), {}, one("5")}, FollowRule::changes, {});
    EXPECT_EQ(difference.differences.at(0).reason, "someone has removed it on the target");
    EXPECT_EQ(difference.agreed, one("5"));
}

/// Clusters that each follow each other one, as in a mesh.
class Mesh {
public:
    using Link = std::pair<size_t, size_t>;  // source and target

    explicit Mesh(size_t clusters) : settings(clusters) {
        for (size_t from = 0; from < clusters; ++from) {
            for (size_t to = 0; to < clusters; ++to) {
                if (from != to) {
                    links.push_back({from, to});
                }
            }
        }
    }

    /// In the order of `links`, as often as it takes until nothing changes.
    void follow() {
        for (size_t round = 0; round <= settings.size(); ++round) {
            for (const Link& link : links) {
                look(link);
            }
        }
    }

    std::vector<Settings> settings;  // of each cluster
    std::vector<Link> links;

private:
    void look(const Link& link) {
        Settings& target = settings[link.second];
        auto difference = compare_settings({settings[link.first], target, agreed_[link]},
                                           FollowRule::changes, {});
        for (const SettingDifference& each : difference.differences) {
            agree(difference.agreed, each);
            if (each.action == Action::set) {
                target[each.key] = *each.wanted;
            } else if (each.action == Action::remove) {
                target.erase(each.key);
            }
        }
        agreed_[link] = std::move(difference.agreed);
    }

    std::map<Link, Settings> agreed_;
};

/// The change is made on the second of three clusters, and the links look in every order there is.
void expect_everywhere(const Settings& before, const Settings& after) {
    Mesh begun(3);
    for (Settings& settings : begun.settings) {
        settings = before;
    }
    begun.follow();
    std::vector<Mesh::Link> order = begun.links;
    do {
        Mesh mesh = begun;
        mesh.links = order;
        mesh.settings[1] = after;
        mesh.follow();
        EXPECT_THAT(mesh.settings, testing::Each(after));
    } while (std::ranges::next_permutation(order).found);
}

TEST(ThreeWay, BringsAChangeEverywhere_WhereLinksGoBothWays) {
    expect_everywhere(one("5"), one("7"));
}

TEST(ThreeWay, BringsARemovalEverywhere_WhereLinksGoBothWays) {
    expect_everywhere(one("5"), {});
    expect_everywhere({}, one("5"));
}

TEST(ThreeWay, ForgetsWhatWasRemoved) {
    auto difference = compare_settings({{}, {{"a", "1"}}, {{"a", "1"}}}, FollowRule::changes, {});
    agree(difference.agreed, difference.differences.at(0));
    EXPECT_THAT(difference.agreed, IsEmpty());
}

}  // namespace
}  // namespace lockstep::replication

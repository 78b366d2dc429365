#include "app/demo_action.h"

#include <gtest/gtest.h>

namespace lockstep::app {
namespace {

using std::chrono::milliseconds;

std::string error_of(std::string_view text) {
    const auto action = parse_demo_action(text);
    return action.has_error() ? action.error().context : "no error";
}

std::string script_error_of(std::string_view text) {
    const auto script = parse_demo_script(text);
    return script.has_error() ? script.error().context : "no error";
}

struct Line {
    const char* text;
    DemoAction action;
};

TEST(DemoActions, AreParsed) {
    for (const Line& line : {
             Line{"cut berlin-paris", {DemoVerb::cut_link, "berlin-paris", 0}},
             Line{"heal berlin-paris", {DemoVerb::heal_link, "berlin-paris", 0}},
             Line{"heal", {DemoVerb::heal_link, "", 0}},
             Line{"  kill-broker   berlin  1 ", {DemoVerb::kill_broker, "berlin", 1}},
             Line{"restart-broker berlin 3", {DemoVerb::restart_broker, "berlin", 3}},
             Line{"kill-cluster paris", {DemoVerb::kill_cluster, "paris", 0}},
             Line{"restart-cluster paris", {DemoVerb::restart_cluster, "paris", 0}},
             Line{"pause", {DemoVerb::pause_lockstep, "", 0}},
             Line{"resume", {DemoVerb::resume_lockstep, "", 0}},
             Line{"delete-topic orders", {DemoVerb::delete_topic, "orders", 0}},
             Line{"create-topic orders", {DemoVerb::create_topic, "orders", 0}},
             Line{"add-partition orders", {DemoVerb::add_partition, "orders", 0}},
             Line{"lose-records orders 2", {DemoVerb::lose_records, "orders", 2}},
             Line{"quit", {DemoVerb::quit, "", 0}},
         }) {
        const auto action = parse_demo_action(line.text);
        ASSERT_TRUE(action.has_value()) << line.text << ": " << action.error().context;
        EXPECT_EQ(*action, line.action) << line.text;
        EXPECT_EQ(*parse_demo_action(to_string(*action)), *action) << to_string(*action);
    }
}

TEST(DemoActions, AreWrittenAsTheyAreRead) {
    EXPECT_EQ(to_string({DemoVerb::kill_broker, "berlin", 1}), "kill-broker berlin 1");
    EXPECT_EQ(to_string({DemoVerb::lose_records, "orders", 0}), "lose-records orders 0");
    EXPECT_EQ(to_string({DemoVerb::heal_link, "", 0}), "heal");
    EXPECT_EQ(to_string({DemoVerb::pause_lockstep, "", 0}), "pause");
}

TEST(DemoActions, SayWhatIsWrongWithThem) {
    EXPECT_EQ(error_of("kil-broker berlin 1"),
              "there is no \"kil-broker\"; did you mean \"kill-broker\"?");
    EXPECT_EQ(error_of("kill-broker berlin"), "write: kill-broker CLUSTER NUMBER");
    EXPECT_EQ(error_of("kill-broker berlin 1 2"), "write: kill-broker CLUSTER NUMBER");
    EXPECT_EQ(error_of("kill-broker berlin one"),
              "\"one\" is no number; write: kill-broker CLUSTER NUMBER");
    EXPECT_EQ(error_of("lose-records orders -1"),
              "\"-1\" is no number; write: lose-records TOPIC PARTITION");
    EXPECT_EQ(error_of("cut"), "write: cut LINK");
    EXPECT_EQ(error_of("quit now"), "write: quit");
    EXPECT_EQ(error_of(" "), "nothing to do is named");
    EXPECT_NE(error_of("explode-everything").find("there are cut, heal, kill-broker"),
              std::string::npos);
}

TEST(DemoScript, IsReadInTheOrderOfItsTimes) {
    const auto script = parse_demo_script(
        "# a comment\n"
        "\n"
        "at 12s heal\r\n"
        "  at 500ms cut berlin-paris   # behind it, too\n"
        "at 12s quit");
    ASSERT_TRUE(script.has_value()) << script.error().context;
    ASSERT_EQ(script->size(), 3u);
    EXPECT_EQ((*script)[0].at, milliseconds(500));
    EXPECT_EQ((*script)[0].action, (DemoAction{DemoVerb::cut_link, "berlin-paris", 0}));
    EXPECT_EQ((*script)[1].at, milliseconds(12'000));
    EXPECT_EQ((*script)[1].action.verb, DemoVerb::heal_link);
    EXPECT_EQ((*script)[2].action.verb, DemoVerb::quit);
}

TEST(DemoScript, NamesTheLineThatIsWrong) {
    EXPECT_EQ(script_error_of("at 1s quit\nat soon quit"),
              "line 2: \"soon\" is no time; write for example 5s or 500ms");
    EXPECT_EQ(script_error_of("\nkill-broker berlin 1"),
              "line 2: it begins with \"kill-broker\"; write for example: at 5s cut berlin-paris");
    EXPECT_EQ(script_error_of("at 5s"),
              "line 1: write: at TIME ACTION, for example: at 5s kill-broker berlin 1");
    EXPECT_EQ(script_error_of("at"),
              "line 1: write: at TIME ACTION, for example: at 5s kill-broker berlin 1");
    EXPECT_EQ(script_error_of("at 5s cut"), "line 1: write: cut LINK");
}

TEST(DemoScript, MayBeEmpty) {
    const auto script = parse_demo_script("\n# nothing\n");
    ASSERT_TRUE(script.has_value());
    EXPECT_TRUE(script->empty());
}

TEST(DemoActions, AreHeldAgainstWhatIsThere) {
    const DemoNames names{{"berlin", "paris"}, {"berlin-paris"}, {"orders", "payments"}, 3};
    const auto problem = [&names](DemoVerb verb, const std::string& name, int number = 0) {
        return demo_action_problem({verb, name, number}, names);
    };
    EXPECT_EQ(problem(DemoVerb::cut_link, "berlin-paris"), "");
    EXPECT_EQ(problem(DemoVerb::cut_link, "berlin-london"),
              "there is no link \"berlin-london\"; there is berlin-paris");
    EXPECT_EQ(problem(DemoVerb::heal_link, ""), "");
    EXPECT_NE(problem(DemoVerb::heal_link, "paris"), "");
    EXPECT_EQ(problem(DemoVerb::kill_broker, "berlin", 3), "");
    EXPECT_EQ(problem(DemoVerb::kill_broker, "berlin", 4),
              "berlin has no broker 4; it has brokers 1 to 3");
    EXPECT_NE(problem(DemoVerb::restart_broker, "berlin", 0), "");
    EXPECT_EQ(problem(DemoVerb::kill_cluster, "rome"),
              "there is no cluster \"rome\"; there are berlin, paris");
    EXPECT_EQ(problem(DemoVerb::lose_records, "payments", 1), "");
    EXPECT_EQ(problem(DemoVerb::delete_topic, "order"),
              "there is no topic \"order\"; there are orders, payments");
    EXPECT_EQ(problem(DemoVerb::quit, ""), "");
}

class DemoKeys : public testing::Test {
protected:
    std::optional<DemoAction> press(char key) { return action_of_demo_key(key, targets_, broken_); }

    DemoKeyTargets targets_{"berlin-paris", "berlin", "paris", "orders", 1};
    DemoBreakage broken_;
};

TEST_F(DemoKeys, Break) {
    EXPECT_EQ(press('c'), (DemoAction{DemoVerb::cut_link, "berlin-paris", 0}));
    EXPECT_EQ(press('k'), (DemoAction{DemoVerb::kill_broker, "berlin", 1}));
    EXPECT_EQ(press('K'), (DemoAction{DemoVerb::kill_cluster, "paris", 0}));
    EXPECT_EQ(press('p'), (DemoAction{DemoVerb::pause_lockstep, "", 0}));
    EXPECT_EQ(press('d'), (DemoAction{DemoVerb::delete_topic, "orders", 0}));
    EXPECT_EQ(press('+'), (DemoAction{DemoVerb::add_partition, "orders", 0}));
    EXPECT_EQ(press('t'), (DemoAction{DemoVerb::lose_records, "orders", 0}));
}

TEST_F(DemoKeys, MendWhatIsBroken) {
    broken_ = {{"berlin-paris"}, {"paris"}, true, true, true};
    EXPECT_EQ(press('c'), (DemoAction{DemoVerb::heal_link, "berlin-paris", 0}));
    EXPECT_EQ(press('k'), (DemoAction{DemoVerb::restart_broker, "berlin", 1}));
    EXPECT_EQ(press('K'), (DemoAction{DemoVerb::restart_cluster, "paris", 0}));
    EXPECT_EQ(press('p'), (DemoAction{DemoVerb::resume_lockstep, "", 0}));
    EXPECT_EQ(press('d'), (DemoAction{DemoVerb::create_topic, "orders", 0}));
}

TEST_F(DemoKeys, BreakWhereSomethingElseIsBroken) {
    broken_.cut_links = {"berlin-london"};
    broken_.clusters_down = {"london"};
    EXPECT_EQ(press('c')->verb, DemoVerb::cut_link);
    EXPECT_EQ(press('K')->verb, DemoVerb::kill_cluster);
}

TEST(DemoLinkKeys, ChooseALinkThatIsThere) {
    EXPECT_EQ(link_of_demo_key('1', 6), 0u);
    EXPECT_EQ(link_of_demo_key('6', 6), 5u);
    for (const char key : {'0', '7', 'c', '\0', '\x7f'}) {
        EXPECT_FALSE(link_of_demo_key(key, 6).has_value()) << static_cast<int>(key);
    }
}

TEST_F(DemoKeys, Quit) {
    for (const char key : {'q', '\x03', '\x04'}) {
        ASSERT_TRUE(press(key).has_value());
        EXPECT_EQ(press(key)->verb, DemoVerb::quit);
    }
}

TEST_F(DemoKeys, AreFew) {
    for (const char key : {'h', 'x', '1', ' ', '\n', '\0', '\x7f'}) {
        EXPECT_FALSE(press(key).has_value()) << static_cast<int>(key);
    }
}

TEST(DemoKeysOfATerminal, LeaveOutWhatIsNoSingleKey) {
    EXPECT_EQ(demo_keys("kK"), (std::vector<char>{'k', 'K'}));
    EXPECT_EQ(demo_keys("\x1b[Ac"), std::vector<char>{'c'});          // up
    EXPECT_EQ(demo_keys("\x1b[15~c\x1bOP"), std::vector<char>{'c'});  // F5, F1
    EXPECT_EQ(demo_keys("\x1b[1;5Cq"), std::vector<char>{'q'});       // Ctrl and right
    EXPECT_TRUE(demo_keys("\x1b").empty());
    EXPECT_TRUE(demo_keys("\x1b[").empty());
    EXPECT_TRUE(demo_keys("").empty());
}

}  // namespace
}  // namespace lockstep::app

#include "app/sandbox_action.h"

#include <gtest/gtest.h>

namespace lockstep::app {
namespace {

std::string error_of(std::string_view line) {
    const auto action = parse_sandbox_action(line);
    return action.has_error() ? action.error().context : "no error";
}

TEST(SandboxActions, AreParsed) {
    struct Line {
        const char* text;
        SandboxAction action;
    };
    for (const Line& line : {
             Line{"kill 2", {SandboxVerb::kill, 2, "", ""}},
             Line{"  kill   2  cluster-1 ", {SandboxVerb::kill, 2, "", "cluster-1"}},
             Line{"restart 1\r", {SandboxVerb::restart, 1, "", ""}},
             Line{"compact orders", {SandboxVerb::compact, 0, "orders", ""}},
             Line{"compact orders cluster-2", {SandboxVerb::compact, 0, "orders", "cluster-2"}},
             Line{"elect orders/3", {SandboxVerb::elect, 3, "orders", ""}},
             Line{"elect a-b.c/0 cluster-1", {SandboxVerb::elect, 0, "a-b.c", "cluster-1"}},
             Line{"help", {}},
         }) {
        const auto action = parse_sandbox_action(line.text);
        ASSERT_TRUE(action.has_value()) << line.text << ": " << action.error().context;
        EXPECT_EQ(*action, line.action) << line.text;
    }
}

TEST(SandboxActions, SayWhatMayBeWritten) {
    EXPECT_EQ(error_of("stop"),
              "there is no \"stop\"; there are kill, restart, compact, elect, "
              "help");
    EXPECT_EQ(error_of("kill"), "write: kill BROKER [CLUSTER]");
    EXPECT_EQ(error_of("kill 1 cluster-1 now"), "write: kill BROKER [CLUSTER]");
    EXPECT_EQ(error_of("kill one"), "\"one\" is no number; write: kill BROKER [CLUSTER]");
    EXPECT_EQ(error_of("restart -1"), "\"-1\" is no number; write: restart BROKER [CLUSTER]");
    EXPECT_EQ(error_of("compact"), "write: compact TOPIC [CLUSTER]");
    EXPECT_EQ(error_of("elect orders 0"),
              "\"orders\" is no partition; write: elect "
              "TOPIC/PARTITION [CLUSTER], for example elect orders/0");
    EXPECT_EQ(error_of("elect orders/"),
              "\"\" is no number; write: elect TOPIC/PARTITION [CLUSTER]");
    EXPECT_EQ(error_of("help me"), "write: help");
    EXPECT_EQ(error_of("  "), "nothing to do is named");
}

TEST(SandboxActions, AreAllInTheHelp) {
    for (const SandboxVerb verb : {SandboxVerb::kill, SandboxVerb::restart, SandboxVerb::compact,
                                   SandboxVerb::elect, SandboxVerb::help}) {
        EXPECT_NE(sandbox_help().find(usage_of(verb)), std::string::npos) << usage_of(verb);
    }
}

}  // namespace
}  // namespace lockstep::app

#include "app/config_version.h"

#include <gtest/gtest.h>

namespace lockstep::app {
namespace {

ConfigVersion sample() {
    return {12, 1'769'860'801'000, "alice@host", "rollback to 3", "clusters:\n  - {}\n"};
}

TEST(ConfigVersion, IsReadBack) {
    const auto read = ConfigVersion::parse(sample().value());
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(*read, sample());
    EXPECT_EQ(sample().key(), "version-0000000012");
}

TEST(ConfigVersion, RefusesWhatIsNone) {
    const std::string good = sample().value();
    for (size_t size = 0; size < good.size(); ++size) {
        EXPECT_TRUE(ConfigVersion::parse(good.substr(0, size)).has_error()) << size;
    }
    EXPECT_TRUE(ConfigVersion::parse("[]").has_error());
    EXPECT_TRUE(ConfigVersion::parse(R"({"version": "1"})").has_error());
}

TEST(ConfigVersion, IsNotAppliedAgain_WhereItIsNoConfiguration) {
    ConfigVersion version = sample();
    version.text =
        "clusters:\n"
        "  - {name: east, bootstrap: \"a:1\"}\n"
        "  - {name: west, bootstrap: \"b:1\"}\n"
        "links:\n"
        "  - {source: east, target: west, topics: [orders]}\n";
    EXPECT_EQ(problem_of_version(version), "");
    version.text += "speed: high\n";
    EXPECT_EQ(problem_of_version(version).find(
                  "version 12 is no valid configuration for this Lockstep: version 12:6:1: "),
              0U)
        << problem_of_version(version);
    version.text = "";
    EXPECT_NE(problem_of_version(version), "");
}

TEST(ConfigVersion, ListsWhoAndWhen) {
    EXPECT_EQ(render_history({sample()}),
              "VERSION  WHEN                     WHO\n"
              "     12  2026-01-31 12:00:01 UTC  alice@host (rollback to 3)\n");
}

TEST(ConfigVersion, IsToldToScripts) {
    EXPECT_EQ(applied_json(3, true), "{\"version\":3,\"is_new\":true}\n");
    EXPECT_EQ(diff_json(3, false, "- a\n+ b\n"),
              "{\"newest\":3,\"is_same\":false,\"diff\":\"- a\\n+ b\\n\"}\n");
}

TEST(DiffLines, ShowsChangesWithWhatIsAround) {
    EXPECT_EQ(diff_lines("a\nb\n", "a\nb\n"), "");
    EXPECT_EQ(diff_lines("a\nb\nc", "a\nx\nc"), "  a\n- b\n+ x\n  c\n");
    EXPECT_EQ(diff_lines("1\n2\n3\n4\n5\n6\n7\n8\n9\nend", "0\n1\n2\n3\n4\n5\n6\n7\n8\n9"),
              "+ 0\n  1\n  2\n  3\n  ...\n  7\n  8\n  9\n- end\n");
    EXPECT_EQ(diff_lines("", "a"), "- \n+ a\n");
}

}  // namespace
}  // namespace lockstep::app

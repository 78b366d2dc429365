#include "runtime/secret_source.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace lockstep::runtime {
namespace {

std::string resolved(const std::string& text) {
    const auto result = resolve_references(text);
    return result.has_error() ? "error: " + result.error().message() : *result;
}

TEST(SecretSource, LeavesOtherTextAlone) {
    for (const char* text : {"", "secret", "${", "$${x}", "${home}", "${env:OPEN", "a}b{c"}) {
        EXPECT_EQ(resolved(text), text);
    }
}

TEST(SecretSource, ReadsTheEnvironment) {
    ::setenv("LOCKSTEP_TEST_SECRET", "${env:HOME} is not looked at again", 1);
    EXPECT_EQ(resolved("a${env:LOCKSTEP_TEST_SECRET}b"), "a${env:HOME} is not looked at againb");
    ::unsetenv("LOCKSTEP_TEST_SECRET");
    EXPECT_EQ(resolved("${env:LOCKSTEP_TEST_SECRET}"),
              "error: the environment variable LOCKSTEP_TEST_SECRET is not set");
}

TEST(SecretSource, ReadsFilesAnew) {
    const std::string path = testing::TempDir() + "lockstep-secret";
    std::ofstream(path) << "one\n";
    EXPECT_EQ(resolved("${file:" + path + "}"), "one");
    std::ofstream(path) << "two words \r\n\n";
    EXPECT_EQ(resolved("${file:" + path + "}"), "two words ");
    std::remove(path.c_str());
    EXPECT_EQ(resolved("${file:" + path + "}"),
              "error: read the secret in " + path + ": No such file or directory");
}

TEST(SecretSource, KnowsWhatIsNoReference) {
    for (const char* text : {"", "${env:A}", "${file:/a b}", "${env:A}${file:/b}"}) {
        EXPECT_FALSE(has_literal_part(text)) << text;
    }
    for (const char* text : {"a", "a${env:A}", "${env:A}a", "${env:A} ${env:B}", "${env:A",
                             "$env:A", "${home}", "${env:A}}"}) {
        EXPECT_TRUE(has_literal_part(text)) << text;
    }
}

}  // namespace
}  // namespace lockstep::runtime

#include "app/config_secrets.h"

#include "app/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::app {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A configuration whose first cluster has `security`, and that ends with `more`.
std::string config_with(const std::string& security, const std::string& more = "") {
    return "clusters:\n"
           "  - name: east\n"
           "    bootstrap: \"127.0.0.1:9092\"\n" +
           security +
           "  - {name: west, bootstrap: \"127.0.0.1:9093\"}\n"
           "links:\n"
           "  - {source: east, target: west, topics: [orders]}\n" +
           more;
}

std::string with_password(const std::string& written) {
    return config_with(
        "    security:\n"
        "      protocol: SASL_SSL\n"
        "      sasl:\n"
        "        mechanism: PLAIN\n"
        "        password: " +
        written +
        "\n"
        "        username: lockstep\n");
}

TEST(ConfigSecrets, NamesEachLiteralSecret_ByItsPlaceAndKey) {
    const std::string text = config_with(
        "    security:\n"
        "      protocol: SASL_SSL\n"
        "      tls: {key: k.pem, certificate: c.pem, key_password: one}\n"
        "      sasl: {mechanism: PLAIN, username: lockstep, password: two}\n",
        "http:\n"
        "  tls: {certificate: c.pem, key_password: three}\n"
        "  tokens: [{name: a, token: four}, {name: b, token: \"${env:FIVE}\"}]\n");
    const std::string advice =
        " is a secret that stands here as it is, and the desired state would show it to everybody "
        "who may read the topic; write ${file:/path} or ${env:NAME}\n";
    EXPECT_EQ(literal_secrets(text, "a.yaml"),
              "a.yaml:6:59: \"key_password\"" + advice + "a.yaml:7:62: \"password\"" + advice +
                  "a.yaml:12:43: \"key_password\"" + advice + "a.yaml:13:29: \"token\"" + advice);
}

TEST(ConfigSecrets, KnowsOtherProgramsNames) {
    const std::string text = config_with(
        "    security.protocol: SASL_SSL\n"
        "    sasl.mechanism: PLAIN\n"
        "    sasl.username: lockstep\n"
        "    sasl.password: hunter2\n");
    EXPECT_THAT(literal_secrets(text, "a.yaml"), HasSubstr("a.yaml:7:20: \"sasl.password\""));
    EXPECT_THAT(without_secrets(text), HasSubstr("    sasl.password: (a secret)\n  - {name: west"));
}

TEST(ConfigSecrets, TakesReferencesOnly) {
    for (const char* fine : {"\"${env:A}\"", "'${file:/run/secret}'", "\"${env:A}${file:/b}\""}) {
        EXPECT_EQ(literal_secrets(with_password(fine), "a.yaml"), "") << fine;
        EXPECT_EQ(without_secrets(with_password(fine)), with_password(fine)) << fine;
    }
    for (const char* wrong : {"\"x${env:A}\"", "\"${env:A}x\"", "\"${env:A\"", "\"$env:A\""}) {
        EXPECT_THAT(literal_secrets(with_password(wrong), "a.yaml"), HasSubstr("a.yaml:8:19: "))
            << wrong;
    }
}

TEST(ConfigSecrets, HidesASecret_HoweverItIsWritten) {
    for (const char* written :
         {"hunter2", "\"hunter2\"", "'hunter2'", "\"hunter2\\\" hunter2\"", "'it''s hunter2'",
          "|\n          hunter2\n          hunter2", ">-\n          hunter2\n\n          hunter2",
          "hunter2\n          hunter2\n             hunter2", "&anchor hunter2", "!!str hunter2",
          "\"hunter2\n\n   hunter2\"", "hunter2 # a comment", "\n          hunter2",
          "|  # hunter2 follows\n          hunter2", "hunter2 hunter2", "hunter2, hunter2}"}) {
        const std::string text = with_password(written);
        ASSERT_TRUE(parse_config(text).problems.empty())
            << written << parse_config(text).problems.front().what;
        const std::string shown = without_secrets(text);
        EXPECT_THAT(shown, Not(HasSubstr("hunter2"))) << shown;
        EXPECT_THAT(shown, HasSubstr("(a secret)"));
        EXPECT_THAT(shown, HasSubstr("\n        username: lockstep\n  - {name: west"));
    }
}

TEST(ConfigSecrets, HidesSecretsInBraces_AndKeepsTheRest) {
    const std::string text = config_with(
        "    security: {protocol: SASL_SSL, sasl: {mechanism: PLAIN, password: hunter2, username: "
        "a, "
        "token: \"hunter2\"}}\n",
        "http:\n  tokens:\n    - {name: \"\u00e4\", token: hunter2}\n    - token: hunter2\n"
        "      name: b\n");
    const std::string shown = without_secrets(text);
    EXPECT_THAT(shown, HasSubstr("{mechanism: PLAIN, password: (a secret), username: a, token: "
                                 "(a secret)}}\n"));
    EXPECT_THAT(shown, HasSubstr("    - {name: \"\u00e4\", token: (a secret)}\n"
                                 "    - token: (a secret)\n      name: b\n"));
}

TEST(ConfigSecrets, HidesWhatAnAliasNames) {
    const std::string text = config_with(
        "    security: {protocol: SASL_SSL, sasl: {mechanism: PLAIN, username: a, password: &p "
        "hunter2}}\n",
        "http:\n  tokens: [{name: a, token: *p}]\n");
    EXPECT_THAT(without_secrets(text), Not(HasSubstr("hunter2")));
    EXPECT_THAT(without_secrets(text), HasSubstr("token: *p"));
}

TEST(ConfigSecrets, NamesWhatLooksLikeASecretInAComment) {
    for (const char* comment :
         {"# password: hunter2", "#password=hunter2", "#    token: 'hunter2'",
          "# sasl: {mechanism: PLAIN, password: \"hunter2\", username: a}",
          "# sasl.jaas.config=...PlainLoginModule required username=\"a\" password=\"hunter2\";",
          "# ssl.key.password = hunter2", "# \"client_secret\": hunter2",
          "# password: ${env:A}, token: hunter2", "# was: SASL_PASSWORD=hunter2"}) {
        const std::string text = config_with("", std::string(comment) + "\n");
        EXPECT_THAT(literal_secrets(text, "a.yaml"),
                    testing::MatchesRegex("a.yaml:7:[0-9]+: \".*\" in this comment looks like a "
                                          "secret, .*or take it out\n"))
            << comment;
        const std::string shown = without_secrets(text);
        EXPECT_THAT(shown, Not(HasSubstr("hunter2"))) << shown;
        EXPECT_TRUE(shown.ends_with("(a secret)\n")) << shown;
    }
    const std::string behind = with_password("\"${env:A}\"  # the old Password: hunter2");
    EXPECT_THAT(literal_secrets(behind, "a.yaml"),
                HasSubstr("a.yaml:8:51: \"Password\" in this comment"));
}

TEST(ConfigSecrets, LeavesOtherCommentsAlone) {
    for (const char* comment :
         {"# password: ${file:/run/secrets/east}", "# the password is in ${env:PASSWORD}",
          "# password: \"${env:A}\", token: '${env:B}'", "# tokens: two of them",
          "# token:", "# token_endpoint: https://idp/token", "# sasl: {password: ${env:A}}", "#",
          "# no secret is in here", "# taken: ssl.key.password = (hidden) (line 3)",
          "# password: (a secret)"}) {
        const std::string text = config_with("", std::string(comment) + "\n");
        EXPECT_EQ(literal_secrets(text, "a.yaml"), "") << comment;
        EXPECT_EQ(without_secrets(text), text);
    }
    const std::string quoted = config_with(
        "    security: {protocol: SASL_SSL, sasl: {mechanism: PLAIN, password: \"${env:A}\", "
        "username: \"a # token: b\"}}\n");
    EXPECT_EQ(literal_secrets(quoted, "a.yaml"), "");
}

TEST(ConfigSecrets, HidesSecretsAndComments_SideBySide) {
    const std::string shown = without_secrets(with_password("hunter2  # password: hunter2"));
    EXPECT_THAT(shown, Not(HasSubstr("hunter2"))) << shown;
    EXPECT_THAT(shown, HasSubstr("password: (a secret)  # password: (a secret)\n"
                                 "        username: lockstep\n"));
}

TEST(ConfigSecrets, ShowsNothing_OfWhatIsNoConfiguration) {
    const std::string shown = without_secrets("clusters:\n  - {name: a, pasword: hunter2}\n");
    EXPECT_THAT(shown, Not(HasSubstr("hunter2")));
    EXPECT_THAT(shown, HasSubstr("# not shown"));
}

}  // namespace
}  // namespace lockstep::app

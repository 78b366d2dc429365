#include "tests/unit/app/config_texts.h"

#include <gtest/gtest.h>

namespace lockstep::app {
namespace {

std::string with_security(const std::string& lines) {
    return "clusters:\n  - name: east\n    bootstrap: \"a:1\"\n" + lines +
           "  - {name: west, bootstrap: \"b:1\"}\n"
           "links:\n  - {source: east, target: west, topics: [orders]}\n";
}

SecuritySpec security_of(const std::string& lines) {
    const std::string text = with_security(lines);
    EXPECT_EQ(problems_of(text), "");
    return parse_config(text).config.clusters[0].security;
}

constexpr const char* kFull = R"(    security:
      protocol: SASL_SSL
      tls:
        ca: /ca.pem
        certificate: /me.pem
        key: /me.key
        key_password: "${env:KEY}"
        verify_hostname: false
        min_version: 1.3
      sasl:
        mechanism: SCRAM-SHA-512
        username: lockstep
        password: "${file:/run/secret}"
)";

TEST(ConfigSecurity, IsOff_WithoutAnyOfItsKeys) {
    EXPECT_EQ(security_of(""), SecuritySpec{});
}

TEST(ConfigSecurity, ReadsItsSection) {
    const SecuritySpec security = security_of(kFull);
    EXPECT_TRUE(security.has_tls && security.has_sasl);
    EXPECT_EQ(security.tls.ca, "/ca.pem");
    EXPECT_EQ(security.tls.certificate, "/me.pem");
    EXPECT_EQ(security.tls.key, "/me.key");
    EXPECT_EQ(security.tls.key_password.reveal(), "${env:KEY}");
    EXPECT_TRUE(security.tls.verify_certificate);
    EXPECT_FALSE(security.tls.verify_hostname);
    EXPECT_EQ(security.tls.min_version, TlsVersion::tls_1_3);
    EXPECT_EQ(security.sasl.mechanism, SaslMechanism::scram_sha_512);
    EXPECT_EQ(security.sasl.username, "lockstep");
    EXPECT_EQ(security.sasl.password.reveal(), "${file:/run/secret}");
}

TEST(ConfigSecurity, TakesTheNamesOfLibrdkafka) {
    const SecuritySpec security = security_of(R"(    security.protocol: sasl_ssl
    ssl.ca.location: /ca.pem
    ssl.certificate.location: /me.pem
    ssl.key.location: /me.key
    ssl.key.password: "${env:KEY}"
    ssl.endpoint.identification.algorithm: none
    sasl.mechanisms: SCRAM-SHA-512
    sasl.username: lockstep
    sasl.password: "${file:/run/secret}"
)");
    SecuritySpec wanted = security_of(kFull);
    wanted.tls.min_version = TlsVersion::tls_1_2;
    EXPECT_EQ(security, wanted);
}

TEST(ConfigSecurity, ReadsOauth) {
    const SecuritySpec security = security_of(R"(    security:
      protocol: SASL_SSL
      sasl: {mechanism: OAUTHBEARER, token_endpoint: "https://idp/token", client_id: me,
             client_secret: "${env:S}", scope: kafka}
)");
    EXPECT_EQ(security.sasl.mechanism, SaslMechanism::oauthbearer);
    EXPECT_EQ(security.sasl.token_endpoint, "https://idp/token");
    EXPECT_EQ(security.sasl.scope, "kafka");
}

TEST(ConfigSecurity, KeyMayBeInTheCertificatesFile) {
    EXPECT_EQ(security_of("    security: {protocol: SSL, tls: {certificate: /me.pem}}\n").tls.key,
              "/me.pem");
}

TEST(ConfigSecurity, SaysWhatIsWrong) {
    const std::pair<const char*, const char*> cases[] = {
        {"    security: {tls: {ca: /ca.pem}}\n",
         "c.yaml:4:15: the cluster's security lacks the key \"protocol\"; add one of PLAINTEXT, "
         "SSL, SASL_PLAINTEXT, SASL_SSL\n"},
        {"    security: {protocol: KERBEROS}\n",
         "c.yaml:4:26: \"protocol\" has no choice \"KERBEROS\"; known here: PLAINTEXT, SSL, "
         "SASL_PLAINTEXT, SASL_SSL\n"},
        {"    security: {protocol: SASL_SSL, sasl: {mechanism: SCRAM-SHA-256, username: a}}\n",
         "c.yaml:4:15: SCRAM-SHA-256 needs a username and a password; add both, for example "
         "password: \"${env:KAFKA_PASSWORD}\" or \"${file:/run/secrets/kafka}\"\n"},
        {"    security: {protocol: SASL_SSL, sasl: {username: a, password: b}}\n",
         "c.yaml:4:15: the cluster's login lacks the key \"mechanism\"; add one of PLAIN, "
         "SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER\n"},
        {"    security: {protocol: SSL, sasl: {mechanism: PLAIN}}\n",
         "c.yaml:4:37: the protocol leaves \"sasl\" unused; write SASL_SSL, or SASL_PLAINTEXT to "
         "send it unencrypted as protocol, or remove it\n"},
        {"    security: {protocol: SASL_SSL, sasl: {mechanism: OAUTHBEARER}}\n",
         "c.yaml:4:15: OAUTHBEARER needs either a token, or a token_endpoint to get one from; "
         "write one of the two\n"},
        {"    security: {protocol: SASL_SSL, sasl: {mechanism: OAUTHBEARER, token_endpoint: "
         "\"http://idp\", client_id: a, client_secret: b}}\n",
         "c.yaml:4:15: the token_endpoint must begin with https://, as the secret goes there\n"},
        {"    security: {protocol: SSL, tls: {ca: /a}}\n    ssl.ca.location: /b\n",
         "c.yaml:5:22: \"ssl.ca.location\" and \"ca\" say the same; remove one of the two\n"},
        {"    sasl.pasword: x\n",
         "c.yaml:4:5: unknown key \"sasl.pasword\" in a cluster; did you mean "
         "\"sasl.password\"?\n"},
    };
    for (const auto& [lines, wanted] : cases) {
        EXPECT_EQ(problems_of(with_security(lines)), wanted) << lines;
    }
}

TEST(ConfigSecurity, ProblemsHoldNoSecret) {
    for (const char* lines :
         {"    security: {protocol: SASL, sasl: hunter2}\n", "    security: hunter2\n",
          "    security: {protocol: SASL_SSL, sasl: {mechanism: PLAIN, password: hunter2}}\n",
          "    security: {protocol: SASL_SSL, sasl: {password: [hunter2]}}\n",
          "    security: {protocol: SASL_SSL, sasl: [mechanism, hunter2]}\n",
          "    sasl.password: hunter2\n"}) {
        const std::string problems = problems_of(with_security(lines));
        EXPECT_NE(problems, "") << lines;
        EXPECT_EQ(problems.find("hunter2"), std::string::npos) << problems;
    }
}

TEST(ConfigHttp, ReadsTlsAndTokens) {
    const std::string text = with_security("") + R"(http:
  listen: 0.0.0.0:7878
  tls: {certificate: /http.pem, key: /http.key}
  tokens:
    - {name: prometheus, token: "${env:T}"}
    - {name: me, token: abc, role: operate}
)";
    ASSERT_EQ(problems_of(text), "");
    const Config config = parse_config(text).config;
    EXPECT_EQ(config.http_tls->certificate, "/http.pem");
    ASSERT_EQ(config.http_tokens.size(), 2U);
    EXPECT_EQ(config.http_tokens[0].role, HttpRole::view);
    EXPECT_EQ(config.http_tokens[0].token.reveal(), "${env:T}");
    EXPECT_EQ(config.http_tokens[1].role, HttpRole::operate);
}

TEST(ConfigHttp, SaysWhatIsWrong) {
    EXPECT_EQ(problems_of(with_security("") + "http: {tokens: [{name: a, token: b, role: x}]}\n"),
              "c.yaml:7:43: \"role\" has no choice \"x\"; known here: view, operate\n");
    EXPECT_EQ(problems_of(with_security("") + "http: {tokens: [{name: a}]}\n"),
              "c.yaml:7:17: an entry of \"tokens\" lacks the key \"token\"; add a secret, for "
              "example token: \"${env:METRICS_TOKEN}\"\n");
}

}  // namespace
}  // namespace lockstep::app

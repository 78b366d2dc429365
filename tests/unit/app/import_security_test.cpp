#include "app/import_security.h"
#include "app/import_text.h"
#include "app/import_yaml.h"

#include <gtest/gtest.h>

namespace lockstep::app {

namespace {

ImportedSecurity import_of(const std::vector<ForeignSetting>& settings) {
    return import_security("east-1", settings);
}

std::string verdict_on(const ImportedSecurity& security, const std::string& key) {
    for (const Ruling& ruling : security.because) {
        if (ruling.from.key == key) {
            return std::string(to_string(ruling.verdict));
        }
    }
    return "nothing";
}

const ForeignSetting kScram{"sasl.jaas.config",
                            "org.apache.kafka.common.security.scram.ScramLoginModule required "
                            "username=\"the \\user\" password=\"hush\";",
                            3, ""};

}  // namespace

TEST(ImportSecurity, WithoutSettings_WritesNothing) {
    EXPECT_TRUE(import_of({}).lines.empty());
    const auto plain = import_of({{"security.protocol", "PLAINTEXT", 1, ""}});
    EXPECT_TRUE(plain.lines.empty());
    EXPECT_EQ(verdict_on(plain, "security.protocol"), "taken");
}

TEST(ImportSecurity, LogsInWithoutWritingThePassword) {
    const auto security = import_of({{"security.protocol", "SASL_PLAINTEXT", 1, ""},
                                     {"sasl.mechanism", "SCRAM-SHA-512", 2, ""},
                                     kScram});
    EXPECT_EQ(
        security.lines,
        (std::vector<std::string>{
            "security:", "  protocol: SASL_PLAINTEXT", "  sasl:", "    mechanism: SCRAM-SHA-512",
            "    username: \"the \\\\user\"", "    password: \"${env:EAST_1_PASSWORD}\""}));
    EXPECT_EQ(verdict_on(security, "sasl.jaas.config"), "changed");
}

TEST(ImportSecurity, TakesPemFiles) {
    const auto security = import_of({{"security.protocol", "SSL", 1, ""},
                                     {"ssl.truststore.type", "PEM", 2, ""},
                                     {"ssl.truststore.location", "/etc/ca.pem", 3, ""},
                                     {"ssl.keystore.type", "PEM", 4, ""},
                                     {"ssl.keystore.location", "/etc/me.pem", 5, ""},
                                     {"ssl.key.password", "hush", 6, ""},
                                     {"ssl.endpoint.identification.algorithm", "", 7, ""},
                                     {"ssl.protocol", "TLSv1.3", 8, ""}});
    EXPECT_EQ(
        security.lines,
        (std::vector<std::string>{
            "security:", "  protocol: SSL", "  tls:", "    ca: \"/etc/ca.pem\"",
            "    certificate: \"/etc/me.pem\"", "    key_password: \"${env:EAST_1_KEY_PASSWORD}\"",
            "    verify_hostname: false"}));
    EXPECT_EQ(verdict_on(security, "ssl.protocol"), "not needed");
}

TEST(ImportSecurity, JavasStoresAreLeftToSomebody) {
    const auto security = import_of({{"security.protocol", "SSL", 1, ""},
                                     {"ssl.truststore.location", "/etc/trust.jks", 2, ""},
                                     {"ssl.truststore.password", "hush", 3, ""}});
    EXPECT_EQ(security.lines, (std::vector<std::string>{"security:", "  protocol: SSL"}));
    EXPECT_EQ(verdict_on(security, "ssl.truststore.location"), "by hand");
    EXPECT_EQ(verdict_on(security, "ssl.truststore.password"), "by hand");
}

TEST(ImportSecurity, MechanismsThatLockstepLacks_AreLeftToSomebody) {
    for (const char* mechanism : {"GSSAPI", "AWS_MSK_IAM"}) {
        const auto security = import_of({{"security.protocol", "SASL_SSL", 1, ""},
                                         {"sasl.mechanism", mechanism, 2, ""},
                                         kScram});
        EXPECT_TRUE(security.lines.empty());
        EXPECT_EQ(verdict_on(security, "sasl.mechanism"), "by hand");
        EXPECT_EQ(verdict_on(security, "security.protocol"), "by hand");
    }
}

TEST(ImportSecurity, EverySettingIsRuledOn) {
    const auto security = import_of({{"sasl.mechanism", "PLAIN", 1, ""},
                                     {"sasl.kerberos.service.name", "kafka", 2, ""},
                                     {"ssl.cipher.suites", "x", 3, ""}});
    EXPECT_EQ(security.because.size(), 3U);
}

TEST(ImportSecurity, AClustersOwnSettingsWin_AndAllAreShownAsTheyStand) {
    const std::string yaml =
        import_text(
            "clusters = a, b\na.bootstrap.servers = a:1\nb.bootstrap.servers = b:1\n"
            "a->b.enabled = true\nsecurity.protocol = SSL\n"
            "b.security.protocol = SASL_SSL\nb.sasl.mechanism = PLAIN\n"
            "b.sasl.jaas.config = M required username=u password=hush;\n",
            "mm2.properties")
            .yaml;
    for (const char* part :
         {"    security:\n", "      protocol: SSL\n", "      protocol: SASL_SSL\n",
          "        username: \"u\"\n", "        password: \"${env:B_PASSWORD}\"\n",
          "b.sasl.jaas.config = (hidden) (line 8)", "security.protocol = SSL (line 5)"}) {
        EXPECT_NE(yaml.find(part), std::string::npos) << part << "\n" << yaml;
    }
    EXPECT_EQ(yaml.find("hush"), std::string::npos);
}

}  // namespace lockstep::app

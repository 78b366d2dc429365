#include "client/scram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::client {
namespace {

using testing::HasSubstr;

std::string text_of(const Bytes& bytes) {
    return std::string(as_text(bytes));
}

// The example of RFC 7677.
constexpr const char* kServerFirst =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

SaslLogin pencil() {
    SaslLogin login;
    login.mechanism = SaslMechanism::scram_sha_256;
    login.username = "user";
    login.password = "pencil";
    login.nonce = "rOprNGfwEbeRWgbNEkqO";
    return login;
}

std::string error_of(Result<std::optional<Bytes>> outcome) {
    return outcome.has_error() ? outcome.error().message() : "no error";
}

TEST(Scram, SaysWhatTheExampleOfTheRfcSays) {
    const auto exchange = start_sasl(pencil());
    EXPECT_EQ(text_of(exchange->first()), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
    const auto proof = exchange->next(as_bytes(kServerFirst));
    ASSERT_TRUE(proof.has_value()) << proof.error().message();
    EXPECT_EQ(text_of(**proof),
              "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
              "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    const auto end = exchange->next(as_bytes("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
    ASSERT_TRUE(end.has_value()) << end.error().message();
    EXPECT_FALSE(end->has_value());
}

TEST(Scram, RefusesABroker_ThatDoesNotKnowThePassword) {
    const auto exchange = start_sasl(pencil());
    exchange->first();
    ASSERT_TRUE(exchange->next(as_bytes(kServerFirst)).has_value());
    EXPECT_THAT(
        error_of(exchange->next(as_bytes("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="))),
        HasSubstr("does not know the password"));
}

TEST(Scram, RefusesAnAnswerToSomebodyElse) {
    const auto exchange = start_sasl(pencil());
    exchange->first();
    EXPECT_THAT(error_of(exchange->next(as_bytes("r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"))),
                HasSubstr("does not continue our nonce"));
}

TEST(Scram, RefusesFewAndTooManyIterations) {
    for (const std::string count : {"1", "4095", "99999999", "x", ""}) {
        const auto exchange = start_sasl(pencil());
        exchange->first();
        const std::string message =
            "r=rOprNGfwEbeRWgbNEkqOmore,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=" + count;
        EXPECT_THAT(error_of(exchange->next(as_bytes(message))), HasSubstr("iterations")) << count;
    }
}

TEST(Scram, SurvivesEveryCutOfTheBrokersMessages) {
    const std::string first = kServerFirst;
    for (size_t size = 0; size < first.size(); ++size) {
        const auto exchange = start_sasl(pencil());
        exchange->first();
        const auto outcome = exchange->next(as_bytes(first.substr(0, size)));
        EXPECT_TRUE(outcome.has_error() || size > first.size() - 4) << size;
    }
}

TEST(Scram, EscapesNames) {
    SaslLogin login = pencil();
    login.username = "a,b=c";
    EXPECT_EQ(text_of(start_sasl(login)->first()), "n,,n=a=2Cb=3Dc,r=rOprNGfwEbeRWgbNEkqO");
}

TEST(Sasl, Plain_SendsEverythingAtOnce) {
    SaslLogin login;
    login.username = "alice";
    login.password = "secret";
    const auto exchange = start_sasl(login);
    EXPECT_EQ(text_of(exchange->first()), std::string("\0alice\0secret", 13));
    EXPECT_FALSE(exchange->next({})->has_value());
}

TEST(Sasl, Bearer_AcknowledgesARefusal) {
    SaslLogin login;
    login.mechanism = SaslMechanism::oauthbearer;
    login.token = "abc";
    const auto exchange = start_sasl(login);
    EXPECT_EQ(text_of(exchange->first()),
              "n,,\x01"
              "auth=Bearer abc\x01\x01");
    const auto answer = exchange->next(as_bytes("{\"status\":\"invalid_token\"}"));
    EXPECT_EQ(text_of(**answer), "\x01");
    EXPECT_FALSE(exchange->next({})->has_value());
}

}  // namespace
}  // namespace lockstep::client

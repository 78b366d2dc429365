#include "client/token_source.h"

#include "tests/unit/support/scripted_network.h"

#include <gtest/gtest.h>

namespace lockstep::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(TokenSource, AsksForItsScope) {
    EXPECT_EQ(token_request_body(""), "grant_type=client_credentials");
    EXPECT_EQ(token_request_body("a b&c"), "grant_type=client_credentials&scope=a%20b%26c");
}

TEST(TokenSource, ReadsAToken) {
    const auto granted =
        parse_token_answer(200, R"({"access_token":"abc","token_type":"bearer","expires_in":300})");
    ASSERT_TRUE(granted.has_value());
    EXPECT_EQ(granted->token, "abc");
    EXPECT_EQ(granted->lasts, std::chrono::seconds(300));
}

TEST(TokenSource, SaysWhyTheEndpointRefuses) {
    const auto refused =
        parse_token_answer(401, R"({"error":"invalid_client","error_description":"who are you"})");
    EXPECT_EQ(refused.error().message(),
              "the token endpoint answers 401 (invalid_client: who are you)");
    EXPECT_EQ(parse_token_answer(502, "<html>").error().message(),
              "the token endpoint answers 502 (no reason given)");
}

TEST(TokenSource, TakesNoNonsense) {
    for (const char* body :
         {"", "null", "[]", "{}", R"({"access_token":""})", R"({"access_token":7})", R"("abc")"}) {
        EXPECT_TRUE(parse_token_answer(200, body).has_error()) << body;
    }
    const auto odd = parse_token_answer(200, R"({"access_token":"a","expires_in":-1e99})");
    EXPECT_EQ(odd->lasts.count(), 0);
}

/// Asks an endpoint that gives "token 1", "token 2", ... for an hour each.
class TokensOfAnEndpoint : public testing::Test {
protected:
    TokensOfAnEndpoint() {
        network_.listen({"idp", 80}, {})->on_connect = [this](test::Wire& wire) {
            const std::string body =
                fmt::format(R"({{"access_token":"token {}","expires_in":3600}})", ++given_);
            const std::string answer =
                fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
            wire.send(as_bytes(answer));
        };
    }

    std::string token() {
        const auto got = test::run(loop_, source_.token(loop_.now() + seconds(5)));
        return got.has_value() ? *got : got.error().message();
    }

    static SaslSpec spec() {
        SaslSpec spec;
        spec.mechanism = SaslMechanism::oauthbearer;
        spec.token_endpoint = "http://idp/token";
        spec.client_id = "me";
        return spec;
    }

    test::ManualLoop loop_;
    test::ScriptedNetwork network_{loop_};
    Rng rng_{1};
    runtime::Runtime runtime_{loop_, network_, rng_};
    TokenSource source_{runtime_, spec()};
    int given_ = 0;
};

TEST_F(TokensOfAnEndpoint, KeepsOne_ForFourFifthsOfItsTime) {
    EXPECT_EQ(token(), "token 1");
    loop_.advance(seconds(3600 * 4 / 5 - 1));
    EXPECT_EQ(token(), "token 1");
    loop_.advance(seconds(1));
    EXPECT_EQ(token(), "token 2");
}

TEST_F(TokensOfAnEndpoint, AsksForAnotherOneAtOnce_WhenOneThatWasOfUseIsRefused) {
    EXPECT_EQ(token(), "token 1");
    loop_.advance(seconds(60));
    source_.on_refused("token 1");
    EXPECT_EQ(token(), "token 2");
    source_.on_refused("token 1");  // by a connection that was slow
    loop_.advance(seconds(60));
    EXPECT_EQ(token(), "token 2");
}

TEST_F(TokensOfAnEndpoint, AsksSeldom_WhileEachNewOneIsRefused) {
    const auto end = loop_.now() + seconds(60);
    while (loop_.now() < end) {
        source_.on_refused(token());
        loop_.advance(milliseconds(50));
    }
    EXPECT_GE(given_, 7);
    EXPECT_LE(given_, 11);  // after 1, 2, 4, 8 and then each 10 seconds, or a fifth less
}

}  // namespace
}  // namespace lockstep::client

#include "client/token_source.h"

#include <gtest/gtest.h>

namespace lockstep::client {
namespace {

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

}  // namespace
}  // namespace lockstep::client

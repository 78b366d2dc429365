#include "app/http_access.h"

#include <gtest/gtest.h>

namespace lockstep::app {
namespace {

HttpAccess two_tokens() {
    return HttpAccess(
        {{"prometheus", Secret("${one}"), HttpRole::view},
         {"operator", Secret("two"), HttpRole::operate}},
        [](const std::string& text) {
            return Result<std::string>(text == "${one}" ? "one" : text);
        },
        "127.0.0.1");
}

int status_of(const HttpAccess& access, const std::string& method, const std::string& path,
              const std::string& authorization) {
    runtime::HttpRequest request;
    request.method = method;
    request.path = path;
    request.authorization = authorization;
    const auto refused = access.admit(request).refusal;
    return refused ? refused->status : 200;
}

TEST(HttpAccess, LetsEverybodyIn_WithoutTokens) {
    const HttpAccess access({}, nullptr, "127.0.0.1");
    EXPECT_EQ(status_of(access, "POST", "/api/v1/links/a/pause", ""), 200);
}

TEST(HttpAccess, WantsAToken) {
    const HttpAccess access = two_tokens();
    for (const char* wrong : {"", "Bearer ", "Bearer three", "Bearer ${one}", "Basic one", "one",
                              "Bearer one two", "Bearer on"}) {
        EXPECT_EQ(status_of(access, "GET", "/metrics", wrong), 401) << wrong;
    }
    EXPECT_EQ(status_of(access, "GET", "/metrics", "Bearer one"), 200);
    EXPECT_EQ(status_of(access, "HEAD", "/", "bearer two"), 200);
}

TEST(HttpAccess, LetsOnlyOperatorsChangeThings) {
    const HttpAccess access = two_tokens();
    EXPECT_EQ(status_of(access, "POST", "/api/v1/links/a/pause", "Bearer one"), 403);
    EXPECT_EQ(status_of(access, "DELETE", "/x", "Bearer one"), 403);
    EXPECT_EQ(status_of(access, "POST", "/api/v1/links/a/pause", "Bearer two"), 200);
    EXPECT_EQ(status_of(access, "POST", "/api/v1/links/a/pause", ""), 401);
}

int status_for_host(const HttpAccess& access, const std::string& host,
                    const std::string& path = "/metrics", const std::string& token = "") {
    runtime::HttpRequest request;
    request.method = "GET";
    request.path = path;
    request.host = host;
    request.authorization = token;
    const auto refused = access.admit(request).refusal;
    return refused ? refused->status : 200;
}

TEST(HttpAccess, KnowsLoopbackAddresses) {
    for (const char* host :
         {"localhost", "LocalHost", "127.0.0.1", "127.8.9.1", "::1", "0:0:0:0:0:0:0:1"}) {
        EXPECT_TRUE(is_loopback(host)) << host;
    }
    for (const char* host : {"", "127.0.0.1.example.com", "127.example.com", "10.0.0.1", "0.0.0.0",
                             "::", "::2", "localhost.example.com", "local", "127.0.0.1 "}) {
        EXPECT_FALSE(is_loopback(host)) << host;
    }
}

// A page whose own name suddenly resolves to 127.0.0.1 is of the same origin as what it then asks.
TEST(HttpAccess, RefusesOtherNames_OnALoopbackAddressWithoutTokens) {
    for (const char* listens : {"127.0.0.1", "localhost", "::1"}) {
        const HttpAccess access({}, nullptr, listens);
        for (const char* host : {"localhost", "localhost:7878", "LOCALHOST:1", "127.0.0.1:7878",
                                 "127.0.1.1", "[::1]:7878", "[::1]", "localhost:"}) {
            EXPECT_EQ(status_for_host(access, host), 200) << host;
        }
        for (const char* host :
             {"evil.example", "evil.example:7878", "127.0.0.1.evil.example:7878",
              "localhost.evil.example", "10.0.0.7:7878", "[::2]:7878", "[::1", "[::1]evil.example",
              "localhost:80.evil.example", "localhost@evil.example", "::1", "0.0.0.0:7878"}) {
            EXPECT_EQ(status_for_host(access, host), 403) << host;
        }
        EXPECT_EQ(status_for_host(access, ""), 200) << "HTTP/1.0 has none";
        EXPECT_EQ(status_for_host(access, "evil.example", "/healthz"), 200);
    }
}

TEST(HttpAccess, TakesAnyName_WhereThereAreTokensOrOtherMachinesMayCome) {
    EXPECT_EQ(status_for_host(two_tokens(), "lockstep.example", "/metrics", "Bearer one"), 200);
    EXPECT_EQ(status_for_host(HttpAccess({}, nullptr, "0.0.0.0"), "lockstep.example"), 200);
    EXPECT_EQ(status_for_host(HttpAccess({}, nullptr, "10.0.0.7"), "lockstep.example"), 200);
}

Admission admission_of(const std::string& path, const std::string& authorization,
                       const std::string& method = "GET") {
    runtime::HttpRequest request;
    request.method = method;
    request.path = path;
    request.authorization = authorization;
    return two_tokens().admit(request);
}

// Probes of Kubernetes have no token.
TEST(HttpAccess, LeavesHealthAndReadinessOpen_ToStrangers) {
    for (const char* path : {"/healthz", "/readyz"}) {
        for (const char* wrong : {"", "Bearer three"}) {
            EXPECT_FALSE(admission_of(path, wrong).refusal) << path;
            EXPECT_EQ(admission_of(path, wrong).audience, Audience::strangers) << path;
        }
    }
    EXPECT_EQ(admission_of("/readyz", "Bearer one").audience, Audience::known);
    EXPECT_EQ(HttpAccess({}, nullptr, "0.0.0.0").admit({"GET", "/readyz", ""}).audience,
              Audience::known);
    EXPECT_EQ(status_for_host(HttpAccess({}, nullptr, "127.0.0.1"), "evil.example", "/readyz"),
              403);
}

TEST(HttpAccess, SaysWhoseTokenItIs) {
    EXPECT_EQ(admission_of("/api/v1/pause", "Bearer two", "POST").token, "operator");
    EXPECT_EQ(admission_of("/metrics", "Bearer one").token, "prometheus");
    EXPECT_EQ(admission_of("/healthz", "").token, "");
}

TEST(HttpAccess, RefusesInJson_WhereTheApiIsAsked) {
    const auto unknown = admission_of("/api/v1/links", "").refusal;
    EXPECT_EQ(unknown->content_type, "application/json");
    EXPECT_TRUE(unknown->body.starts_with(R"({"error":"This needs the header)")) << unknown->body;
    const auto viewer = admission_of("/api/v1/pause", "Bearer one", "POST").refusal;
    EXPECT_EQ(viewer->body,
              "{\"error\":\"\\\"prometheus\\\" may view only; this needs a token whose role is "
              "operate.\"}\n");
    EXPECT_TRUE(admission_of("/metrics", "").refusal->content_type.starts_with("text/plain"));
}

TEST(HttpAccess, LetsNobodyIn_WhoseTokenCannotBeReadOrIsEmpty) {
    const HttpAccess unreadable(
        {{"a", Secret("x"), HttpRole::view}},
        [](const std::string&) { return Result<std::string>(Error(Errc::not_found, "gone")); },
        "0.0.0.0");
    EXPECT_EQ(status_of(unreadable, "GET", "/", "Bearer x"), 401);
    EXPECT_EQ(unreadable.check().error().message(), "http.tokens, \"a\": gone");
    const HttpAccess empty(
        {{"a", Secret("x"), HttpRole::view}},
        [](const std::string&) { return Result<std::string>(std::string()); }, "0.0.0.0");
    EXPECT_EQ(status_of(empty, "GET", "/", "Bearer "), 401);
    EXPECT_TRUE(empty.check().has_error());
}

}  // namespace
}  // namespace lockstep::app

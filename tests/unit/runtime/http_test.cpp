#include "runtime/asio_access.h"
#include "runtime/asio_loop.h"
#include "runtime/http_call.h"
#include "runtime/http_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <stdexcept>
#include <thread>

namespace lockstep::runtime {
namespace {

using namespace std::string_literals;
using std::chrono::milliseconds;

constexpr milliseconds kPatience{60'000};  // only a test that fails waits for so long

Result<HttpResponse> http_get(const std::string& url, milliseconds timeout) {
    HttpCall call;
    call.url = url;
    return http_exchange_now(std::move(call), timeout);
}

Result<HttpResponse> http_post(const std::string& url, std::string json, milliseconds timeout) {
    HttpCall call;
    call.url = url;
    call.content_type = "application/json";
    call.body = std::move(json);
    return http_exchange_now(std::move(call), timeout);
}

HttpResponse answer(const HttpRequest& request) {
    if (request.path == "/hello") {
        return {200, "text/plain", "hello " + request.query + "\n"};
    }
    if (request.path == "/echo") {
        return {200, "text/plain",
                request.method + " " + request.content_type + " " + request.body};
    }
    if (request.path == "/throws") {
        throw std::runtime_error("on purpose");
    }
    if (request.path == "/large") {
        return {200, "text/plain", std::string(4 << 20, 'x')};
    }
    return {404, "text/plain", "no such page\n"};
}

/// A server on a loop that runs on a thread of its own.
class Fixture {
public:
    explicit Fixture(HttpServerOptions options = {}) {
        auto started = HttpServer::start(loop_, std::move(options), answer);
        if (started.has_error()) {
            throw std::runtime_error(started.error().message());
        }
        server_ = std::move(*started);
        thread_ = std::thread([this] { loop_.run(); });
    }
    ~Fixture() {
        boost::asio::post(io_context_of(loop_), [this] {
            server_.reset();
            loop_.finish();
        });
        thread_.join();
    }

    uint16_t port() const { return server_->port(); }
    std::string url(const std::string& target) const {
        return "http://127.0.0.1:" + std::to_string(port()) + target;
    }

private:
    AsioLoop loop_;
    std::unique_ptr<HttpServer> server_;
    std::thread thread_;
};

sockaddr_in loopback(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// A client that sends bytes as it likes.
class RawClient {
public:
    explicit RawClient(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        const timeval patience{60, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        const sockaddr_in address = loopback(port);
        EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;
    ~RawClient() { ::close(fd_); }

    void send(const std::string& bytes) {
        size_t sent = 0;
        while (sent < bytes.size()) {
            const ssize_t count =
                ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
            if (count <= 0) {
                return;
            }
            sent += static_cast<size_t>(count);
        }
    }

    /// Reads until `end` has come, or the connection has ended.
    std::string read_until(const std::string& end) {
        std::string got;
        char byte = 0;
        while (got.find(end) == std::string::npos && ::recv(fd_, &byte, 1, 0) == 1) {
            got += byte;
        }
        return got;
    }

    std::string read_to_end() {
        std::string got;
        char piece[4096];
        while (true) {
            const ssize_t count = ::recv(fd_, piece, sizeof piece, 0);
            if (count <= 0) {
                is_ended_ = count == 0;
                return got;
            }
            got.append(piece, static_cast<size_t>(count));
        }
    }

    /// The server closed the connection properly: it neither reset it nor left us waiting.
    bool is_ended() const { return is_ended_; }

private:
    int fd_;
    bool is_ended_ = false;
};

std::string status_line(const std::string& response) {
    return response.substr(0, response.find("\r\n"));
}

constexpr const char* kHello = "GET /hello?a=1 HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(HttpServer, AnswersSeveralRequests_OnOneConnection) {
    Fixture fixture;
    RawClient client(fixture.port());
    for (int i = 0; i < 3; ++i) {
        client.send(kHello);
        const std::string response = client.read_until("hello a=1\n");
        EXPECT_EQ(status_line(response), "HTTP/1.1 200 OK");
        EXPECT_NE(response.find("Content-Length: 10\r\n"), std::string::npos) << response;
    }
}

TEST(HttpServer, AnswersInOrder_WhenRequestsArePipelined) {
    Fixture fixture;
    RawClient client(fixture.port());
    client.send(std::string(kHello) +
                "GET /other HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const std::string response = client.read_to_end();
    const size_t first = response.find("200 OK");
    ASSERT_NE(first, std::string::npos);
    EXPECT_NE(response.find("404 Not Found", first), std::string::npos) << response;
}

TEST(HttpServer, ReadsARequest_ThatComesByteByByte) {
    Fixture fixture;
    RawClient client(fixture.port());
    for (const char byte : std::string(kHello)) {
        client.send(std::string(1, byte));
    }
    EXPECT_EQ(status_line(client.read_until("hello a=1\n")), "HTTP/1.1 200 OK");
}

TEST(HttpServer, SendsNoBody_ToHead) {
    Fixture fixture;
    RawClient client(fixture.port());
    client.send("HEAD /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const std::string response = client.read_to_end();
    EXPECT_EQ(status_line(response), "HTTP/1.1 200 OK");
    EXPECT_NE(response.find("Content-Length: 7\r\n"), std::string::npos) << response;
    EXPECT_TRUE(response.ends_with("\r\n\r\n")) << response;
}

TEST(HttpServer, ClosesTheConnection_OfHttp10) {
    Fixture fixture;
    RawClient client(fixture.port());
    client.send("GET /hello HTTP/1.0\r\n\r\n");
    EXPECT_EQ(status_line(client.read_to_end()), "HTTP/1.0 200 OK");
    EXPECT_TRUE(client.is_ended());
}

TEST(HttpServer, TakesAFullUrlAsTarget) {
    Fixture fixture;
    RawClient client(fixture.port());
    client.send("GET http://x/hello?b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(client.read_to_end().ends_with("hello b\n"));
}

struct Refused {
    const char* name;
    std::string request;
    const char* status;
};

void PrintTo(const Refused& refused, std::ostream* out) {
    *out << refused.name;
}

class RefusedRequests : public testing::TestWithParam<Refused> {};

TEST_P(RefusedRequests, GetTheirStatus_AndAProperEnd) {
    Fixture fixture;
    RawClient client(fixture.port());
    client.send(GetParam().request);
    EXPECT_EQ(status_line(client.read_to_end()), GetParam().status);
    EXPECT_TRUE(client.is_ended());
}

INSTANTIATE_TEST_SUITE_P(
    Http, RefusedRequests,
    testing::Values(
        Refused{"TlsHello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hi\r\n\r\n"s,
                "HTTP/1.1 400 Bad Request"},
        Refused{"KafkaFrame", "\x00\x00\x00\x10\x00\x12\x00\x00\x00\x00\x00\x01"s,
                "HTTP/1.1 400 Bad Request"},
        Refused{"NoHost", "GET /hello HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request"},
        Refused{"BadVersion", "GET /hello HTTP/7.7\r\nHost: x\r\n\r\n", "HTTP/1.1 400 Bad Request"},
        Refused{"Post", "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi",
                "HTTP/1.1 405 Method Not Allowed"},
        Refused{"Delete", "DELETE /hello HTTP/1.1\r\nHost: x\r\n\r\n",
                "HTTP/1.1 405 Method Not Allowed"},
        Refused{"UnknownMethod", "BREW /hello HTTP/1.1\r\nHost: x\r\n\r\n",
                "HTTP/1.1 405 Method Not Allowed"},
        Refused{"BodyOfGet", "GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi",
                "HTTP/1.1 413 Payload Too Large"},
        Refused{"LargeHeader",
                "GET /hello HTTP/1.1\r\nHost: x\r\nX: " + std::string(40000, 'x') + "\r\n\r\n",
                "HTTP/1.1 431 Request Header Fields Too Large"},
        Refused{"LongTarget", "GET /" + std::string(40000, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n",
                "HTTP/1.1 431 Request Header Fields Too Large"}),
    [](const auto& refused) { return std::string(refused.param.name); });

TEST(HttpServer, KeepsTheConnection_AfterAPageThatDoesNotExist) {
    Fixture fixture;
    RawClient client(fixture.port());
    client.send("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(status_line(client.read_until("no such page\n")), "HTTP/1.1 404 Not Found");
    client.send(kHello);
    EXPECT_EQ(status_line(client.read_until("hello a=1\n")), "HTTP/1.1 200 OK");
}

HttpServerOptions with_bodies_of(size_t limit) {
    HttpServerOptions options;
    options.body_limit_bytes = limit;
    return options;
}

TEST(HttpServer, HandsOverABody_WhereThatIsWanted) {
    Fixture fixture(with_bodies_of(100));
    const auto response = http_post(fixture.url("/echo"), R"({"a":1})", kPatience);
    ASSERT_TRUE(response.has_value()) << response.error().message();
    EXPECT_EQ(response->body, R"(POST application/json {"a":1})");
}

TEST(HttpServer, HandsOverBodies_OneAfterTheOther_AlsoInPieces) {
    Fixture fixture(with_bodies_of(100));
    RawClient client(fixture.port());
    client.send(
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: Text/Plain; charset=utf-8\r\n"
        "Content-Length: 3\r\n\r\na");
    client.send("bc");
    EXPECT_NE(client.read_until("abc").find("POST text/plain abc"), std::string::npos);
    client.send(
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "2\r\nde\r\n1\r\nf\r\n0\r\n\r\n");
    EXPECT_NE(client.read_until("def").find("POST  def"), std::string::npos);
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(status_line(client.read_until("POST  ")), "HTTP/1.1 200 OK");
}

TEST(HttpServer, Answers413_WhenABodyIsTooLarge) {
    for (const std::string& request :
         {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'x'),
          "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" +
              std::string(101, 'x') + "\r\n0\r\n\r\n"}) {
        Fixture fixture(with_bodies_of(100));
        RawClient client(fixture.port());
        client.send(request);
        EXPECT_EQ(status_line(client.read_to_end()), "HTTP/1.1 413 Payload Too Large");
    }
}

TEST(HttpServer, NamesPost_WhereBodiesAreTaken) {
    Fixture fixture(with_bodies_of(100));
    RawClient client(fixture.port());
    client.send("PUT /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    EXPECT_NE(client.read_to_end().find("Allow: GET, HEAD, POST\r\n"), std::string::npos);
}

TEST(HttpServer, NamesTheMethods_WhenOneIsNotAllowed) {
    Fixture fixture;
    RawClient client(fixture.port());
    client.send("PUT /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    EXPECT_NE(client.read_to_end().find("Allow: GET, HEAD\r\n"), std::string::npos);
}

HttpResponse error_page(int status, std::string_view path, const std::string& why) {
    return {status, "application/json", "[" + std::string(path) + "] " + why};
}

/// What a client gets that sends `request`.
std::string refusal_of(const std::string& request) {
    HttpServerOptions options;
    options.body_limit_bytes = 100;
    options.error_page = error_page;
    const Fixture server(std::move(options));
    RawClient client(server.port());
    client.send(request);
    return client.read_to_end();
}

TEST(HttpServer, LetsItsOwnerSayWhyItRefuses_AndForWhichPath) {
    const std::string host = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    const std::string put = refusal_of("PUT /api/v1/lag?link=a" + host + "\r\n");
    EXPECT_NE(put.find("Content-Type: application/json\r\n"), std::string::npos) << put;
    EXPECT_NE(put.find("Allow: GET, HEAD, POST\r\n"), std::string::npos) << put;
    EXPECT_TRUE(put.ends_with("[/api/v1/lag] Only GET, HEAD and POST are served here.")) << put;
    EXPECT_TRUE(refusal_of("POST /echo" + host + "Content-Length: 101\r\n\r\n")
                    .ends_with("[/echo] The request's body is too large."));
    EXPECT_TRUE(refusal_of("GET http://x/throws?a" + host + "\r\n")
                    .ends_with("[/throws] Internal error; the log says more."));
    EXPECT_TRUE(refusal_of("GET /hello HTTP/1.1\r\n\r\n")
                    .ends_with("[/hello] The request lacks the header Host."));
    EXPECT_NE(refusal_of("nonsense\r\n\r\n").find("[] This is not HTTP"), std::string::npos);
}

TEST(HttpServer, Answers500_WhenItsHandlerThrows) {
    Fixture fixture;
    const auto response = http_get(fixture.url("/throws"), kPatience);
    ASSERT_TRUE(response.has_value()) << response.error().message();
    EXPECT_EQ(response->status, 500);
}

TEST(HttpServer, CutsAClient_ThatDoesNotFinishItsRequest) {
    HttpServerOptions options;
    options.idle_limit = milliseconds(200);
    Fixture fixture(options);
    RawClient client(fixture.port());
    client.send("GET /hello HTTP/1.1\r\nHo");
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_TRUE(client.is_ended());
}

TEST(HttpServer, CutsAClient_ThatDoesNotReadItsResponse) {
    HttpServerOptions options;
    options.idle_limit = milliseconds(200);
    options.connections_limit = 1;
    Fixture fixture(options);
    RawClient client(fixture.port());
    client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    // Its place is free again once it has been cut.
    Result<HttpResponse> response = Error(Errc::timeout, "");
    for (int i = 0; i < 100 && (response.has_error() || response->status != 200); ++i) {
        std::this_thread::sleep_for(milliseconds(50));
        response = http_get(fixture.url("/hello"), kPatience);
    }
    ASSERT_TRUE(response.has_value()) << response.error().message();
    EXPECT_EQ(response->status, 200);
}

TEST(HttpServer, Refuses_WhatIsBeyondItsNumberOfConnections) {
    HttpServerOptions options;
    options.connections_limit = 2;
    Fixture fixture(options);
    RawClient first(fixture.port());
    RawClient second(fixture.port());
    for (RawClient* client : {&first, &second}) {
        client->send(kHello);
        client->read_until("hello a=1\n");
    }
    RawClient third(fixture.port());
    EXPECT_EQ(status_line(third.read_to_end()), "HTTP/1.1 503 Service Unavailable");
    first.send(kHello);
    EXPECT_EQ(status_line(first.read_until("hello a=1\n")), "HTTP/1.1 200 OK");
}

TEST(HttpServer, ClosesItsConnections_WhenItEnds) {
    auto fixture = std::make_unique<Fixture>();
    RawClient client(fixture->port());
    client.send(kHello);
    client.read_until("hello a=1\n");
    fixture.reset();
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_TRUE(client.is_ended());
}

TEST(HttpServer, SaysWhy_WhenThePortIsTaken) {
    Fixture fixture;
    AsioLoop loop;
    HttpServerOptions options;
    options.port = fixture.port();
    const auto second = HttpServer::start(loop, options, answer);
    ASSERT_TRUE(second.has_error());
    EXPECT_EQ(second.error().message(),
              "listen on 127.0.0.1:" + std::to_string(fixture.port()) + ": Address already in use");
}

TEST(HttpClient, GetsAPage) {
    Fixture fixture;
    const auto response = http_get(fixture.url("/hello?x=y"), kPatience);
    ASSERT_TRUE(response.has_value()) << response.error().message();
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->content_type, "text/plain");
    EXPECT_EQ(response->body, "hello x=y\n");
}

TEST(HttpClient, GetsALargePage) {
    Fixture fixture;
    const auto response = http_get(fixture.url("/large"), kPatience);
    ASSERT_TRUE(response.has_value()) << response.error().message();
    EXPECT_EQ(response->body.size(), size_t{4} << 20);
}

/// A server that accepts, sends `bytes`, and keeps the connection open.
class SilentServer {
public:
    explicit SilentServer(std::string bytes)
        : fd_(::socket(AF_INET, SOCK_STREAM, 0)), bytes_(std::move(bytes)) {
        sockaddr_in address = loopback(0);
        socklen_t size = sizeof address;
        ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size);
        ::listen(fd_, 1);
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] {
            const int peer = ::accept(fd_, nullptr, nullptr);
            ::send(peer, bytes_.data(), bytes_.size(), MSG_NOSIGNAL);
            char piece[256];
            while (::recv(peer, piece, sizeof piece, 0) > 0) {
            }
            ::close(peer);
        });
    }
    ~SilentServer() {
        thread_.join();
        ::close(fd_);
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

private:
    int fd_;
    std::string bytes_;
    uint16_t port_ = 0;
    std::thread thread_;
};

TEST(HttpClient, GivesUp_WhenNoAnswerComes) {
    SilentServer server("");
    const auto response = http_get(server.url(), milliseconds(100));
    ASSERT_TRUE(response.has_error());
    EXPECT_TRUE(response.error().is(Errc::timeout)) << response.error().message();
}

TEST(HttpClient, SaysMalformed_WhenTheAnswerIsNotHttp) {
    SilentServer server("SSH-2.0-OpenSSH_9.2\r\n");
    const auto response = http_get(server.url(), kPatience);
    ASSERT_TRUE(response.has_error());
    EXPECT_TRUE(response.error().is(Errc::malformed)) << response.error().message();
}

TEST(HttpClient, SaysRefused_WhenNobodyListens) {
    uint16_t free_port = 0;
    {
        Fixture fixture;
        free_port = fixture.port();
    }
    const auto response = http_get("http://127.0.0.1:" + std::to_string(free_port), kPatience);
    ASSERT_TRUE(response.has_error());
    const std::string where = "127.0.0.1:" + std::to_string(free_port);
    EXPECT_EQ(response.error().message(),
              "HTTP request to " + where + ": connect to " + where + " (Connection refused)");
}

TEST(HttpClient, RefusesUrls_ThatAreNotHttp) {
    for (const char* url : {"ftp://x/", "x:80", "http://", "http://:80/", "http://x:/",
                            "http://x:y/", "http://x/a b", "http://user@x/", "http://x:123456/"}) {
        const auto response = http_get(url, milliseconds(100));
        ASSERT_TRUE(response.has_error()) << url;
        EXPECT_TRUE(response.error().is(Errc::invalid_argument)) << response.error().message();
    }
}

}  // namespace
}  // namespace lockstep::runtime

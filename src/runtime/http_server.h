#pragma once

#include "base/result.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace lockstep::runtime {

class AsioLoop;
class TlsContext;

struct HttpRequest {
    std::string method;  // "GET", "HEAD", or "POST" where bodies are taken: nothing else gets here
    std::string path;    // "/metrics"
    std::string query;   // what follows the "?", as it came; "" where there is none
    std::string content_type{};   // of the body, in lower case, without parameters
    std::string body{};           // of a POST
    std::string peer{};           // the address that it came from; "" where it has gone
    std::string authorization{};  // the header of that name, as it came
    std::string host{};           // the same
    std::string token{};  // the name of the token in `authorization`: whoever checks that fills it
};

struct HttpResponse {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
    std::string allow = "GET, HEAD";  // told with a status of 405
};

/// Runs on the loop's thread and must not block. An exception becomes a 500.
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

/// How the server says that it does not take a request: with a status and why. The path is "" where
/// the request was not read so far.
using HttpErrorPage =
    std::function<HttpResponse(int status, std::string_view path, const std::string& why)>;

struct HttpServerOptions {
    std::string host = "127.0.0.1";
    uint16_t port = 0;                            // 0 takes a free one
    size_t connections_limit = 64;                // one more is answered 503
    size_t header_limit_bytes = 8 * 1024;         // of a request; a longer one is answered 431
    size_t body_limit_bytes = 0;                  // of a POST; 0: there is no POST
    std::chrono::milliseconds idle_limit{15000};  // for a whole request, or response, to pass
    TlsContext* tls = nullptr;                    // outlives the server; null: without TLS
    HttpErrorPage error_page{};                   // empty: plain text
};

/// A small HTTP/1.1 server for GET, HEAD and, where wanted, POST, with keep-alive. Owned by whoever
/// starts the shard, lives on `loop`, and its handler's world must outlive it. Destroying it closes
/// all connections.
class HttpServer {
public:
    /// Fails with the system's error where host and port cannot be listened on, and where the
    /// certificate cannot be used.
    static Result<std::unique_ptr<HttpServer>> start(AsioLoop& loop, HttpServerOptions options,
                                                     HttpHandler handler);
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    ~HttpServer();

    uint16_t port() const;

private:
    class Impl;
    explicit HttpServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

    std::shared_ptr<Impl> impl_;
};

}  // namespace lockstep::runtime

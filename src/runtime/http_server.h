#pragma once

#include "base/result.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace lockstep::runtime {

class AsioLoop;

struct HttpRequest {
    std::string method;  // "GET" or "HEAD": everything else is answered before a handler sees it
    std::string path;    // "/metrics"
    std::string query;   // what follows the "?", as it came; "" where there is none
};

struct HttpResponse {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
};

/// Runs on the loop's thread and must not block. An exception becomes a 500.
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

struct HttpServerOptions {
    std::string host = "127.0.0.1";
    uint16_t port = 0;                            // 0 takes a free one
    size_t connections_limit = 64;                // one more is answered 503
    size_t header_limit_bytes = 8 * 1024;         // of a request; a longer one is answered 431
    std::chrono::milliseconds idle_limit{15000};  // for a whole request, or response, to pass
};

/// A small HTTP/1.1 server for GET and HEAD with keep-alive. Owned by whoever starts the shard,
/// lives on `loop`, and its handler's world must outlive it. Destroying it closes all connections.
class HttpServer {
public:
    /// Fails with the system's error where host and port cannot be listened on.
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

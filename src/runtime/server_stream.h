#pragma once

// For this room only: what a connection of the HTTP server reads and writes.

#include "runtime/openssl_access.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace lockstep::runtime {

/// A socket with deadlines, or TLS above one; an AsyncStream to Asio and Beast.
class ServerStream {
public:
    using executor_type = boost::beast::tcp_stream::executor_type;
    using SystemError = boost::system::error_code;

    /// Without a context there is no TLS.
    ServerStream(boost::asio::ip::tcp::socket socket, SSL_CTX* context)
        : plain_(std::move(socket)) {
        if (context != nullptr) {
            SSL_CTX_up_ref(context);
            boost::asio::ssl::context shared(context);  // gives the reference back
            tls_ = std::make_unique<Tls>(plain_, shared);
        }
    }

    executor_type get_executor() { return plain_.get_executor(); }
    bool has_tls() const { return tls_ != nullptr; }

    /// Handler: void(SystemError). For TLS only.
    template <typename Handler>
    void async_handshake(Handler handler) {
        tls_->async_handshake(boost::asio::ssl::stream_base::server, std::move(handler));
    }

    /// Says goodbye and waits for the peer's. Handler: void(SystemError). For TLS only.
    template <typename Handler>
    void async_shutdown(Handler handler) {
        tls_->async_shutdown(std::move(handler));
    }

    /// Handler: void(SystemError, size_t), as for the next.
    template <typename Buffers, typename Handler>
    void async_read_some(const Buffers& into, Handler&& handler) {
        if (tls_) {
            tls_->async_read_some(into, std::forward<Handler>(handler));
        } else {
            plain_.async_read_some(into, std::forward<Handler>(handler));
        }
    }

    template <typename Buffers, typename Handler>
    void async_write_some(const Buffers& from, Handler&& handler) {
        if (tls_) {
            tls_->async_write_some(from, std::forward<Handler>(handler));
        } else {
            plain_.async_write_some(from, std::forward<Handler>(handler));
        }
    }

    void expires_after(std::chrono::milliseconds limit) { plain_.expires_after(limit); }
    void close() { plain_.close(); }
    /// The address at the other end; "" where it has gone.
    std::string peer() {
        SystemError gone;
        const auto endpoint = plain_.socket().remote_endpoint(gone);
        return gone ? "" : endpoint.address().to_string();
    }
    void shutdown_send() {
        SystemError ignored;
        plain_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
    }

private:
    using Tls = boost::asio::ssl::stream<boost::beast::tcp_stream&>;

    boost::beast::tcp_stream plain_;
    std::unique_ptr<Tls> tls_;
};

}  // namespace lockstep::runtime

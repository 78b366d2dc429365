#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <string>
#include <thread>

namespace lockstep::test {

/// The server's end of one TCP connection, with plain blocking system calls.
class LoopbackPeer {
public:
    explicit LoopbackPeer(int fd) : fd_(fd) {
        const timeval patience{20, 0};  // a test that hangs fails instead
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    }
    LoopbackPeer(const LoopbackPeer&) = delete;
    LoopbackPeer& operator=(const LoopbackPeer&) = delete;
    ~LoopbackPeer() { ::close(fd_); }

    void send(const std::string& bytes) const {
        for (size_t sent = 0; sent < bytes.size();) {
            const ssize_t count =
                ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
            if (count <= 0) {
                return;
            }
            sent += static_cast<size_t>(count);
        }
    }

    /// Up to `size` bytes; fewer only where the connection ends.
    std::string receive(size_t size) const {
        std::string got(size, '\0');
        size_t at = 0;
        while (at < size) {
            const ssize_t count = ::recv(fd_, got.data() + at, size - at, 0);
            if (count <= 0) {
                break;
            }
            at += static_cast<size_t>(count);
        }
        got.resize(at);
        return got;
    }

    void reset() const {
        const linger at_once{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }

private:
    int fd_;
};

/// Listens on a loopback port; serves one connection on a thread of its own.
class LoopbackServer {
public:
    using Serve = std::function<void(const LoopbackPeer&)>;

    /// Without `serve` nothing is ever accepted.
    explicit LoopbackServer(Serve serve = nullptr) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        socklen_t size = sizeof address;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        EXPECT_EQ(::listen(listener_, 0), 0);
        if (serve) {
            thread_ = std::thread([this, serve = std::move(serve)] {
                const int fd = ::accept(listener_, nullptr, nullptr);
                if (fd >= 0) {
                    serve(LoopbackPeer(fd));
                }
            });
        }
    }
    LoopbackServer(const LoopbackServer&) = delete;
    LoopbackServer& operator=(const LoopbackServer&) = delete;
    ~LoopbackServer() {
        ::shutdown(listener_, SHUT_RDWR);
        if (thread_.joinable()) {
            thread_.join();
        }
        ::close(listener_);
    }

    uint16_t port() const { return port_; }

private:
    int listener_;
    uint16_t port_ = 0;
    std::thread thread_;
};

/// A loopback port on which nobody listens.
inline uint16_t refused_port() {
    const LoopbackServer gone;
    return gone.port();
}

}  // namespace lockstep::test

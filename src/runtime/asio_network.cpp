#include "runtime/asio_loop.h"

#include "runtime/asio_access.h"
#include "runtime/signal.h"
#include "runtime/task_group.h"

#include <fmt/core.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace lockstep::runtime {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using SystemError = boost::system::error_code;

/// Waits until a socket is ready. Resumes from the io_context, on the loop's thread.
class ReadinessAwaiter {
public:
    ReadinessAwaiter(tcp::socket& socket, tcp::socket::wait_type what)
        : socket_(socket), what_(what) {}

    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> waiting) {
        socket_.async_wait(what_, [this, waiting](const SystemError& problem) {
            problem_ = problem;
            waiting.resume();
        });
    }
    SystemError await_resume() const { return problem_; }

private:
    tcp::socket& socket_;
    tcp::socket::wait_type what_;
    SystemError problem_;
};

Error lost(const std::string& peer, const std::string& why) {
    return Error(Errc::disconnected, fmt::format("{} ({})", peer, why));
}

/// The sockets are read and written by system calls of our own; Asio only tells when they are
/// ready. That keeps large scattered writes in one call.
class AsioStream final : public Stream {
public:
    AsioStream(tcp::socket socket, std::string peer)
        : socket_(std::move(socket)), peer_(std::move(peer)) {}

    Task<Result<size_t>> read_some(MutableByteView into) override;
    Task<Result<void>> read_exactly(MutableByteView into) override;
    Task<Result<void>> write_all(std::span<const ByteView> pieces) override;
    void close() override {
        SystemError ignored;
        socket_.close(ignored);
    }

private:
    Result<size_t> receive(MutableByteView into);
    void set_low_water_mark(int bytes);

    tcp::socket socket_;
    std::string peer_;
    int low_water_mark_ = 1;
};

constexpr size_t kWouldBlock = 0;
constexpr int kReceiveStep = 256 * 1024;

/// Bytes received, or kWouldBlock.
Result<size_t> AsioStream::receive(MutableByteView into) {
    if (!socket_.is_open()) {
        return lost(peer_, "closed here");
    }
    while (true) {
        const ssize_t got = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
        if (got > 0) {
            return static_cast<size_t>(got);
        }
        if (got == 0) {
            return lost(peer_, "closed by the peer");
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return kWouldBlock;
        }
        if (errno != EINTR) {
            return lost(peer_, std::generic_category().message(errno));
        }
    }
}

void AsioStream::set_low_water_mark(int bytes) {
    if (bytes != low_water_mark_ && socket_.is_open()) {
        ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes);
        low_water_mark_ = bytes;
    }
}

Task<Result<size_t>> AsioStream::read_some(MutableByteView into) {
    while (true) {
        LS_CO_TRY(got, receive(into));
        if (got != kWouldBlock) {
            co_return got;
        }
        ReadinessAwaiter ready(socket_, tcp::socket::wait_read);
        const SystemError problem = co_await ready;
        if (problem) {
            co_return lost(peer_, problem.message());
        }
    }
}

Task<Result<void>> AsioStream::read_exactly(MutableByteView into) {
    while (!into.empty()) {
        LS_CO_TRY(got, receive(into));
        into = into.subspan(got);
        if (got != kWouldBlock) {
            continue;
        }
        set_low_water_mark(static_cast<int>(std::min<size_t>(into.size(), kReceiveStep)));
        ReadinessAwaiter ready(socket_, tcp::socket::wait_read);
        const SystemError problem = co_await ready;
        set_low_water_mark(1);
        if (problem) {
            co_return lost(peer_, problem.message());
        }
    }
    co_return Result<void>();
}

/// The pieces of a write that are still to be sent, as the system call wants them.
class PendingPieces {
public:
    explicit PendingPieces(std::span<const ByteView> pieces) : pieces_(pieces) {}

    bool done() const { return pieces_.empty(); }

    /// Fills `vectors` from the front; returns how many.
    size_t fill(std::span<iovec> vectors) const {
        const size_t count = std::min(vectors.size(), pieces_.size());
        for (size_t i = 0; i < count; ++i) {
            const ByteView piece = i == 0 ? pieces_[0].subspan(sent_of_first_) : pieces_[i];
            vectors[i] = {const_cast<uint8_t*>(piece.data()), piece.size()};
        }
        return count;
    }

    void advance(size_t sent) {
        sent += sent_of_first_;
        while (!pieces_.empty() && sent >= pieces_.front().size()) {
            sent -= pieces_.front().size();
            pieces_ = pieces_.subspan(1);
        }
        sent_of_first_ = sent;
    }

private:
    std::span<const ByteView> pieces_;
    size_t sent_of_first_ = 0;
};

Task<Result<void>> AsioStream::write_all(std::span<const ByteView> pieces) {
    PendingPieces pending(pieces);
    std::array<iovec, 256> vectors;
    while (!pending.done()) {
        if (!socket_.is_open()) {
            co_return lost(peer_, "closed here");
        }
        msghdr message{};
        message.msg_iov = vectors.data();
        message.msg_iovlen = pending.fill(vectors);
        const ssize_t sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
        if (sent >= 0) {
            pending.advance(static_cast<size_t>(sent));
            continue;
        }
        if (errno == EINTR) {
            continue;
        }
        if (errno != EAGAIN && errno != EWOULDBLOCK) {
            co_return lost(peer_, std::generic_category().message(errno));
        }
        ReadinessAwaiter ready(socket_, tcp::socket::wait_write);
        const SystemError problem = co_await ready;
        if (problem) {
            co_return lost(peer_, problem.message());
        }
    }
    co_return Result<void>();
}

/// One asynchronous step of connecting. Shared with Asio's handler, which may come after the
/// waiting coroutine has given up.
struct Step {
    explicit Step(AsioLoop& loop) : done(loop) {}
    Signal done;
    bool finished = false;
    SystemError problem;
    tcp::resolver::results_type addresses;

    void finish(const SystemError& outcome) {
        problem = outcome;
        finished = true;
        done.notify_all();
    }
};

Task<Result<void>> await_step(std::shared_ptr<Step> step, TimePoint deadline, std::stop_token stop,
                              std::string what) {
    while (!step->finished) {
        const Wake wake = co_await step->done.wait(deadline, stop);
        if (step->finished) {
            break;
        }
        if (wake == Wake::timeout) {
            co_return Error(Errc::timeout, what);
        }
        if (wake == Wake::stopped) {
            co_return Error(Errc::stopped, what);
        }
    }
    if (step->problem) {
        co_return Error(Errc::disconnected, what + " (" + step->problem.message() + ")");
    }
    co_return Result<void>();
}

std::unique_ptr<Stream> stream_of(tcp::socket socket, std::string peer) {
    SystemError ignored;
    socket.non_blocking(true, ignored);
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
    return std::make_unique<AsioStream>(std::move(socket), std::move(peer));
}

constexpr std::chrono::milliseconds kPauseAfterAcceptError{100};

class AsioListener final : public Listener {
public:
    AsioListener(AsioLoop& loop, tcp::acceptor acceptor)
        : loop_(loop), acceptor_(std::move(acceptor)), port_(acceptor_.local_endpoint().port()) {}

    Task<Result<std::unique_ptr<Stream>>> accept() override;
    uint16_t port() const override { return port_; }
    void close() override {
        SystemError ignored;
        acceptor_.close(ignored);
    }

private:
    AsioLoop& loop_;
    tcp::acceptor acceptor_;
    uint16_t port_;
};

/// Waits until a connection comes, or the listener is closed.
class AcceptAwaiter {
public:
    explicit AcceptAwaiter(tcp::acceptor& acceptor) : acceptor_(acceptor) {}

    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> waiting) {
        acceptor_.async_wait(tcp::acceptor::wait_read,
                             [waiting](const SystemError&) { waiting.resume(); });
    }
    void await_resume() const {}

private:
    tcp::acceptor& acceptor_;
};

Task<Result<std::unique_ptr<Stream>>> AsioListener::accept() {
    while (acceptor_.is_open()) {
        SystemError problem;
        tcp::endpoint peer;
        tcp::socket socket = acceptor_.accept(peer, problem);
        if (!problem) {
            co_return stream_of(std::move(socket),
                                fmt::format("{}:{}", peer.address().to_string(), peer.port()));
        }
        if (problem == asio::error::would_block || problem == asio::error::try_again) {
            AcceptAwaiter ready(acceptor_);
            co_await ready;
        } else if (acceptor_.is_open()) {
            co_await sleep_for(loop_, kPauseAfterAcceptError, {});  // out of descriptors, mostly
        }
    }
    co_return Error(Errc::stopped, fmt::format("accept on port {}", port_));
}

}  // namespace

Result<std::unique_ptr<Listener>> AsioNetwork::listen(const std::string& address, uint16_t port) {
    const std::string where = fmt::format("listen on {}:{}", address, port);
    SystemError problem;
    const asio::ip::address parsed = asio::ip::make_address(address, problem);
    if (problem) {
        return Error(Errc::invalid_argument, where + " (" + problem.message() + ")");
    }
    const tcp::endpoint endpoint(parsed, port);
    tcp::acceptor acceptor(io_context_of(loop_));
    acceptor.open(endpoint.protocol(), problem);
    if (!problem) {
        acceptor.set_option(asio::socket_base::reuse_address(true), problem);
    }
    if (!problem) {
        acceptor.bind(endpoint, problem);
    }
    if (!problem) {
        acceptor.listen(asio::socket_base::max_listen_connections, problem);
    }
    if (!problem) {
        acceptor.non_blocking(true, problem);
    }
    if (problem) {
        return Error(Errc::invalid_argument, where + " (" + problem.message() + ")");
    }
    std::unique_ptr<Listener> listener = std::make_unique<AsioListener>(loop_, std::move(acceptor));
    return listener;
}

Task<Result<std::unique_ptr<Stream>>> AsioNetwork::connect(std::string host, uint16_t port,
                                                           TimePoint deadline,
                                                           std::stop_token stop) {
    auto& io = io_context_of(loop_);
    const std::string peer = fmt::format("{}:{}", host, port);

    auto resolving = std::make_shared<Step>(loop_);
    auto resolver = std::make_shared<tcp::resolver>(io);
    resolver->async_resolve(
        host, std::to_string(port),
        [resolving, resolver](const SystemError& problem, tcp::resolver::results_type addresses) {
            resolving->addresses = std::move(addresses);
            resolving->finish(problem);
        });
    LS_CO_CHECK(co_await await_step(resolving, deadline, stop, "resolve " + host));

    auto connecting = std::make_shared<Step>(loop_);
    auto socket = std::make_shared<tcp::socket>(io);
    asio::async_connect(*socket, resolving->addresses,
                        [connecting, socket](const SystemError& problem, const tcp::endpoint&) {
                            connecting->finish(problem);
                        });
    auto connected = co_await await_step(connecting, deadline, stop, "connect to " + peer);
    SystemError ignored;
    if (connected.has_error()) {
        socket->close(ignored);
        co_return std::move(connected).error();
    }
    co_return stream_of(std::move(*socket), peer);
}

}  // namespace lockstep::runtime

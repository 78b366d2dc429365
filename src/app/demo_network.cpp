#include "app/demo_network.h"

#include <fmt/core.h>

namespace lockstep::app {

using runtime::Stream;
using runtime::Task;

/// Tells its network that it is there.
class DemoNetwork::Connection final : public Stream {
public:
    Connection(DemoNetwork& network, std::unique_ptr<Stream> real)
        : network_(network), real_(std::move(real)) {
        network_.connections_.insert(this);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() override { network_.connections_.erase(this); }

    Task<Result<size_t>> read_some(MutableByteView into) override { return real_->read_some(into); }
    Task<Result<void>> read_exactly(MutableByteView into) override {
        return real_->read_exactly(into);
    }
    Task<Result<void>> write_all(std::span<const ByteView> pieces) override {
        return real_->write_all(pieces);
    }
    void close() override { real_->close(); }

private:
    DemoNetwork& network_;
    std::unique_ptr<Stream> real_;
};

Task<Result<std::unique_ptr<Stream>>> DemoNetwork::connect(std::string host, uint16_t port,
                                                           runtime::TimePoint deadline,
                                                           std::stop_token stop) {
    const std::string peer = fmt::format("{}:{}", host, port);
    if (!is_cut_) {
        LS_CO_TRY(stream, co_await real_.connect(std::move(host), port, deadline, stop));
        if (!is_cut_) {  // it may have been cut meanwhile
            std::unique_ptr<Stream> connection =
                std::make_unique<Connection>(*this, std::move(stream));
            co_return connection;
        }
    }
    co_return Error(Errc::disconnected, fmt::format("connect to {} (the link is cut)", peer));
}

void DemoNetwork::cut() {
    is_cut_ = true;
    for (Connection* connection : connections_) {
        connection->close();
    }
}

}  // namespace lockstep::app

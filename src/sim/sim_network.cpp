#include "sim/sim_network.h"

#include "base/assert.h"
#include "runtime/task_group.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::sim {

using runtime::Stream;
using runtime::Task;
using runtime::Wake;

/// Where a node takes connections.
class SimListener final : public runtime::Listener {
public:
    SimListener(Internet& internet, NodeLoop& node, Internet::Address address)
        : internet_(internet), node_(node), address_(std::move(address)), arrived_(node) {
        internet_.listeners_[address_] = this;
    }
    ~SimListener() override { close(); }

    Task<Result<std::unique_ptr<Stream>>> accept() override;
    uint16_t port() const override { return address_.port; }
    void close() override {
        const auto found = internet_.listeners_.find(address_);
        if (found != internet_.listeners_.end() && found->second == this) {
            internet_.listeners_.erase(found);
        }
        is_closed_ = true;
        arrived_.notify_all();
    }

    NodeLoop& node() { return node_; }
    void take(std::shared_ptr<Wire> wire) {
        waiting_.push_back(std::move(wire));
        arrived_.notify_all();
    }

private:
    Internet& internet_;
    NodeLoop& node_;
    Internet::Address address_;
    std::deque<std::shared_ptr<Wire>> waiting_;
    bool is_closed_ = false;
    runtime::Signal arrived_;
};

/// One end of a wire: end 0 has connected, end 1 was connected to.
class SimStream final : public Stream {
public:
    SimStream(Internet& internet, std::shared_ptr<Wire> wire, int end)
        : internet_(internet), wire_(std::move(wire)), end_(end) {}
    ~SimStream() override { close(); }

    Task<Result<size_t>> read_some(MutableByteView into) override {
        Wire::End& own = wire_->ends[end_];
        while (own.inbox.empty() && !own.has_ended && !own.is_closed) {
            co_await own.arrived.wait();
        }
        if (own.is_closed || own.inbox.empty()) {
            co_return Error(Errc::disconnected, "the connection has ended");
        }
        Bytes& message = own.inbox.front();
        const size_t count = std::min(message.size() - read_, into.size());
        std::copy_n(message.begin() + static_cast<ptrdiff_t>(read_), count, into.begin());
        read_ += count;
        if (read_ == message.size()) {
            own.inbox.pop_front();
            read_ = 0;
        }
        co_return count;
    }

    Task<Result<void>> read_exactly(MutableByteView into) override {
        while (!into.empty()) {
            auto got = co_await read_some(into);
            LS_CO_TRY(count, std::move(got));
            into = into.subspan(count);
        }
        co_return Result<void>();
    }

    Task<Result<void>> write_all(std::span<const ByteView> pieces) override {
        const Wire::End& own = wire_->ends[end_];
        if (own.is_closed || own.has_ended) {
            co_return Error(Errc::disconnected, "the connection has ended");
        }
        Bytes message;
        for (const ByteView piece : pieces) {
            message.insert(message.end(), piece.begin(), piece.end());
        }
        if (!message.empty()) {
            internet_.send(wire_, 1 - end_, std::move(message));
        }
        co_return Result<void>();
    }

    void close() override {
        Wire::End& own = wire_->ends[end_];
        if (own.is_closed) {
            return;
        }
        own.is_closed = true;
        own.arrived.notify_all();
        internet_.send(wire_, 1 - end_, {});
    }

private:
    Internet& internet_;
    std::shared_ptr<Wire> wire_;
    const int end_;
    size_t read_ = 0;  // of the first message
};

Task<Result<std::unique_ptr<Stream>>> SimListener::accept() {
    while (waiting_.empty() && !is_closed_) {
        co_await arrived_.wait();
    }
    if (is_closed_) {
        co_return Error(Errc::stopped, "the listener is closed");
    }
    const std::shared_ptr<Wire> wire = std::move(waiting_.front());
    waiting_.pop_front();
    std::unique_ptr<Stream> stream = std::make_unique<SimStream>(internet_, wire, 1);
    co_return stream;
}

void Internet::block(const std::string& from, const std::string& to) {
    blocked_.begin({from, to});
}

void Internet::unblock(const std::string& from, const std::string& to) {
    if (!blocked_.end({from, to})) {
        return;
    }
    for (size_t i = 0; i < wires_.size(); ++i) {
        const std::shared_ptr<Wire> wire = wires_[i].lock();
        for (const int end : {0, 1}) {
            while (wire && !wire->ends[end].on_the_way.empty() &&
                   wire->ends[1 - end].node == from && wire->ends[end].node == to) {
                const size_t before = wire->ends[end].on_the_way.size();
                deliver(wire, end);
                if (wire->ends[end].on_the_way.size() == before) {
                    break;
                }
            }
        }
    }
}

void Internet::reset(const std::string& one, const std::string& other) {
    for (size_t i = 0; i < wires_.size(); ++i) {
        const std::shared_ptr<Wire> wire = wires_[i].lock();
        if (wire && ((wire->ends[0].node == one && wire->ends[1].node == other) ||
                     (wire->ends[0].node == other && wire->ends[1].node == one))) {
            break_wire(wire);
        }
    }
}

void Internet::sever(const std::string& node, Sent sent) {
    severed_.insert(node);
    for (size_t i = 0; i < wires_.size(); ++i) {
        const std::shared_ptr<Wire> wire = wires_[i].lock();
        if (!wire || (wire->ends[0].node != node && wire->ends[1].node != node)) {
            continue;
        }
        if (sent == Sent::is_lost) {
            break_wire(wire);
        } else {
            const int own = wire->ends[0].node == node ? 0 : 1;
            break_end(wire->ends[own]);
            send(wire, 1 - own, {});
        }
    }
}

void Internet::end_lag(const std::string& node, Duration lag) {
    const auto found = std::ranges::find_if(
        lags_, [&](const auto& one) { return one.first == node && one.second == lag; });
    LS_ASSERT(found != lags_.end());
    lags_.erase(found);
}

Duration Internet::lag_of(const std::string& node) const {
    const auto [first, last] = lags_.equal_range(node);
    Duration longest(0);
    for (auto lag = first; lag != last; ++lag) {
        longest = std::max(longest, lag->second);
    }
    return longest;
}

Duration Internet::draw_delay() {
    const auto spread = static_cast<uint64_t>((latency_.most - latency_.least).count());
    return latency_.least + Duration(static_cast<int64_t>(world_.rng().below(spread + 1)));
}

void Internet::send(const std::shared_ptr<Wire>& wire, int to, Bytes bytes) {
    Wire::End& end = wire->ends[to];
    if (end.has_ended || end.is_closed) {
        return;
    }
    ++messages_;
    end.on_the_way.push_back(std::move(bytes));
    const Duration lag = lag_of(wire->ends[1 - to].node);
    end.last_arrival = std::max(end.last_arrival, world_.now() + draw_delay() + lag);
    world_.after(end.last_arrival - world_.now(), [this, wire, to] { deliver(wire, to); });
}

/// The first message on its way to that end arrives, unless the way is cut.
void Internet::deliver(const std::shared_ptr<Wire>& wire, int to) {
    Wire::End& end = wire->ends[to];
    if (end.on_the_way.empty() || is_blocked(wire->ends[1 - to].node, end.node)) {
        return;
    }
    Bytes bytes = std::move(end.on_the_way.front());
    end.on_the_way.pop_front();
    if (bytes.empty()) {
        end.has_ended = true;
    } else {
        end.inbox.push_back(std::move(bytes));
    }
    end.arrived.notify_all();
}

void Internet::break_wire(const std::shared_ptr<Wire>& wire) {
    for (Wire::End& end : wire->ends) {
        break_end(end);
    }
}

void Internet::break_end(Wire::End& end) {
    end.on_the_way.clear();
    end.inbox.clear();
    end.has_ended = true;
    end.arrived.notify_all();
}

Task<Result<std::unique_ptr<Stream>>> SimNetwork::connect(std::string host, uint16_t port,
                                                          TimePoint deadline,
                                                          std::stop_token stop) {
    const std::string what = fmt::format("connect to {}:{}", host, port);
    const Duration there_and_back = internet_.draw_delay() + internet_.draw_delay();
    const Wake wake = co_await runtime::sleep_for(node_, there_and_back, stop);
    if (wake == Wake::stopped) {
        co_return Error(Errc::stopped, what);
    }
    const auto is_cut = [&] {
        return internet_.is_blocked(node_.name(), host) || internet_.is_blocked(host, node_.name());
    };
    while (is_cut()) {
        constexpr std::chrono::milliseconds kNextTry{200};
        const TimePoint next = std::min(deadline, node_.now() + kNextTry);
        const Wake woken = co_await runtime::sleep_until(node_, next, stop);
        if (woken == Wake::stopped || node_.now() >= deadline) {
            co_return Error(woken == Wake::stopped ? Errc::stopped : Errc::timeout, what);
        }
    }
    const auto found = internet_.listeners_.find(Internet::Address{host, port});
    const bool is_severed = internet_.severed_.contains(node_.name());
    if (found == internet_.listeners_.end() || is_severed) {
        co_return Error(Errc::disconnected, what + " (refused)");
    }
    auto wire = std::shared_ptr<Wire>(
        new Wire{{Wire::End(node_.name(), node_), Wire::End(host, found->second->node())}});
    std::erase_if(internet_.wires_, [](const auto& one) { return one.expired(); });
    internet_.wires_.push_back(wire);
    found->second->take(wire);
    std::unique_ptr<Stream> stream = std::make_unique<SimStream>(internet_, wire, 0);
    co_return stream;
}

std::unique_ptr<runtime::Listener> SimNetwork::listen(const std::string& host, uint16_t port) {
    return std::make_unique<SimListener>(internet_, node_, Internet::Address{host, port});
}

}  // namespace lockstep::sim

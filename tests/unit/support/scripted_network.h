#pragma once

// A network in memory for a ManualLoop: the test plays the peers.
//
//     ScriptedNetwork network(loop);
//     Script script;
//     script.expect(ApiKey::api_versions).answer(versions);
//     script.expect(ApiKey::metadata).send_in_dribs(bytes);
//     network.listen({"broker", 9092}, script.handler());

#include "model/link.h"
#include "protocol/codec.h"
#include "protocol/frame.h"
#include "runtime/network.h"
#include "tests/unit/support/manual_loop.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace lockstep::test {

/// One connection, as its peer holds it.
class Wire {
public:
    explicit Wire(runtime::EventLoop& loop) : incoming_(loop), writable_(loop) {}

    /// To the client, which reads it in one piece where its buffer has room.
    void send(ByteView bytes) {
        chunks_.emplace_back(bytes.begin(), bytes.end());
        incoming_.notify_all();
    }
    /// To the client, which reads one byte at a time.
    void send_in_dribs(ByteView bytes) {
        for (const uint8_t byte : bytes) {
            chunks_.push_back({byte});
        }
        incoming_.notify_all();
    }
    /// Ends the connection once the client has read what was sent.
    void hang_up() {
        is_ended_ = true;
        incoming_.notify_all();
        writable_.notify_all();
    }
    /// From now on the client's writes do not return, though their bytes arrive.
    void hold_writes() { is_holding_ = true; }
    void release_writes() {
        is_holding_ = false;
        writable_.notify_all();
    }

    bool is_closed_by_client() const { return is_closed_; }

private:
    friend class ScriptedStream;

    std::deque<Bytes> chunks_;
    Bytes inbox_;
    bool is_ended_ = false;
    bool is_closed_ = false;
    bool is_holding_ = false;
    runtime::Signal incoming_;
    runtime::Signal writable_;
};

/// A request as it reached a peer.
struct ReceivedRequest {
    std::shared_ptr<Wire> wire;
    std::shared_ptr<const Bytes> frame;  // without its size
    protocol::RequestHeader header;      // views of the frame

    protocol::ApiKey key() const { return header.key; }

    /// Its records are views of the frame.
    template <typename Request>
    Request as() const {
        auto request = protocol::decode<Request>(header.body, header.version);
        EXPECT_TRUE(request.has_value()) << request.error().message();
        return request.has_value() ? std::move(*request) : Request{};
    }

    /// The frame of an answer to it, with its size.
    template <typename Response>
    Bytes frame_of(const Response& response) const {
        protocol::WireWriter writer;
        protocol::write_response(writer, response, header.version, header.correlation_id);
        return writer.flatten();
    }

    template <typename Response>
    void answer(const Response& response) const {
        wire->send(frame_of(response));
    }
};

using RequestHandler = std::function<void(const ReceivedRequest&)>;

/// What happens on the connections of one address.
struct ScriptedPeer {
    RequestHandler on_request;
    std::function<void(Wire&)> on_connect = [](Wire&) {};
    std::vector<std::shared_ptr<Wire>> wires;
};

/// Which reads and writes are to fail, counted over all connections from 0; -1: none.
struct InjectedErrors {
    int failing_read = -1;
    int failing_write = -1;
    int reads = 0;
    int writes = 0;

    bool fails_read() { return reads++ == failing_read; }
    bool fails_write() { return writes++ == failing_write; }
};

class ScriptedStream final : public runtime::Stream {
public:
    ScriptedStream(std::shared_ptr<Wire> wire, std::shared_ptr<ScriptedPeer> peer,
                   std::shared_ptr<InjectedErrors> errors)
        : wire_(std::move(wire)), peer_(std::move(peer)), errors_(std::move(errors)) {}

    runtime::Task<Result<size_t>> read_some(MutableByteView into) override {
        if (errors_->fails_read()) {
            co_return Error(Errc::disconnected, "injected into a read");
        }
        while (wire_->chunks_.empty() && !wire_->is_ended_ && !wire_->is_closed_) {
            co_await wire_->incoming_.wait();
        }
        if (wire_->is_closed_ || wire_->chunks_.empty()) {
            co_return Error(Errc::disconnected, "closed by the peer");
        }
        Bytes& chunk = wire_->chunks_.front();
        const size_t count = std::min(chunk.size(), into.size());
        std::copy_n(chunk.begin(), count, into.begin());
        chunk.erase(chunk.begin(), chunk.begin() + static_cast<ptrdiff_t>(count));
        if (chunk.empty()) {
            wire_->chunks_.pop_front();
        }
        co_return count;
    }

    runtime::Task<Result<void>> read_exactly(MutableByteView into) override {
        while (!into.empty()) {
            auto got = co_await read_some(into);
            LS_CO_TRY(count, std::move(got));
            into = into.subspan(count);
        }
        co_return Result<void>();
    }

    runtime::Task<Result<void>> write_all(std::span<const ByteView> pieces) override {
        if (errors_->fails_write()) {
            co_return Error(Errc::disconnected, "injected into a write");
        }
        if (wire_->is_closed_ || wire_->is_ended_) {
            co_return Error(Errc::disconnected, "closed by the peer");
        }
        for (const ByteView piece : pieces) {
            wire_->inbox_.insert(wire_->inbox_.end(), piece.begin(), piece.end());
        }
        hand_over_requests();
        while (wire_->is_holding_ && !wire_->is_closed_ && !wire_->is_ended_) {
            co_await wire_->writable_.wait();
        }
        if (wire_->is_holding_) {
            co_return Error(Errc::disconnected, "closed during a write");
        }
        check_pieces(pieces);
        co_return Result<void>();
    }

    void close() override {
        wire_->is_closed_ = true;
        wire_->incoming_.notify_all();
        wire_->writable_.notify_all();
    }

private:
    void hand_over_requests() {
        Bytes& inbox = wire_->inbox_;
        while (inbox.size() >= protocol::kFrameSizeBytes) {
            const auto size = static_cast<size_t>(load_big_endian<int32_t>(inbox.data()));
            if (inbox.size() - protocol::kFrameSizeBytes < size) {
                return;
            }
            const auto begin = inbox.begin() + protocol::kFrameSizeBytes;
            const auto end = begin + static_cast<ptrdiff_t>(size);
            ReceivedRequest request{wire_, std::make_shared<const Bytes>(begin, end), {}};
            inbox.erase(inbox.begin(), end);
            auto header = protocol::decode_request_header(*request.frame);
            ASSERT_TRUE(header.has_value()) << header.error().message();
            request.header = *header;
            peer_->on_request(request);
        }
    }

    /// Reads all bytes once more, as a system call at the end of a long write would: whoever owns
    /// them must have kept them until now. ASan says whether they did.
    static void check_pieces(std::span<const ByteView> pieces) {
        volatile uint8_t sink = 0;
        for (const ByteView piece : pieces) {
            for (const uint8_t byte : piece) {
                sink = sink ^ byte;
            }
        }
    }

    std::shared_ptr<Wire> wire_;
    std::shared_ptr<ScriptedPeer> peer_;
    std::shared_ptr<InjectedErrors> errors_;
};

/// Connects to those addresses where a test listens; any other refuses.
class ScriptedNetwork final : public runtime::Network {
public:
    explicit ScriptedNetwork(ManualLoop& loop) : loop_(loop) {}

    std::shared_ptr<ScriptedPeer> listen(const Endpoint& endpoint, RequestHandler on_request) {
        auto peer = std::make_shared<ScriptedPeer>();
        peer->on_request = std::move(on_request);
        peers_[endpoint] = peer;
        return peer;
    }
    void refuse(const Endpoint& endpoint) { peers_.erase(endpoint); }

    InjectedErrors& errors() { return *errors_; }
    int connects() const { return connects_; }

    runtime::Task<Result<std::unique_ptr<runtime::Stream>>> connect(std::string host, uint16_t port,
                                                                    runtime::TimePoint,
                                                                    std::stop_token stop) override {
        ++connects_;
        // As in the world: connecting takes time.
        const runtime::Wake wake =
            co_await runtime::sleep_for(loop_, std::chrono::milliseconds(1), stop);
        if (wake == runtime::Wake::stopped) {
            co_return Error(Errc::stopped, "connect to " + host);
        }
        const auto found = peers_.find(Endpoint{host, port});
        if (found == peers_.end()) {
            co_return Error(Errc::disconnected,
                            fmt::format("connect to {}:{} (refused)", host, port));
        }
        const std::shared_ptr<ScriptedPeer> peer = found->second;
        auto wire = std::make_shared<Wire>(loop_);
        peer->wires.push_back(wire);
        peer->on_connect(*wire);
        std::unique_ptr<runtime::Stream> stream =
            std::make_unique<ScriptedStream>(wire, peer, errors_);
        co_return stream;
    }

private:
    ManualLoop& loop_;
    std::map<Endpoint, std::shared_ptr<ScriptedPeer>> peers_;
    std::shared_ptr<InjectedErrors> errors_ = std::make_shared<InjectedErrors>();
    int connects_ = 0;
};

/// Requests in the order in which they are to come, and what each is answered with. One that comes
/// out of order fails the test. Copies share their state.
class Script {
public:
    Script& expect(protocol::ApiKey key) {
        state_->steps.push_back({key, {}});
        return *this;
    }

    template <typename Response>
    Script& answer(Response response) {
        return then([response = std::move(response)](const ReceivedRequest& request) {
            request.answer(response);
        });
    }
    template <typename Response>
    Script& answer_in_dribs(Response response) {
        return then([response = std::move(response)](const ReceivedRequest& request) {
            request.wire->send_in_dribs(request.frame_of(response));
        });
    }
    Script& send(Bytes raw) {
        return then(
            [raw = std::move(raw)](const ReceivedRequest& request) { request.wire->send(raw); });
    }
    Script& hang_up() {
        return then([](const ReceivedRequest& request) { request.wire->hang_up(); });
    }
    /// Anything else, after what was said before for the same request.
    Script& then(RequestHandler action) {
        state_->steps.back().actions.push_back(std::move(action));
        return *this;
    }

    RequestHandler handler() const {
        return [state = state_](const ReceivedRequest& request) { state->take(request); };
    }
    bool is_done() const { return state_->next == state_->steps.size(); }
    /// All requests that came, in order.
    const std::vector<ReceivedRequest>& received() const { return state_->received; }

private:
    struct Step {
        protocol::ApiKey key;
        std::vector<RequestHandler> actions;
    };
    struct State {
        std::vector<Step> steps;
        std::vector<ReceivedRequest> received;
        size_t next = 0;

        void take(const ReceivedRequest& request) {
            received.push_back(request);
            if (next == steps.size() || steps[next].key != request.key()) {
                ADD_FAILURE() << "request " << received.size() << " is " << to_string(request.key())
                              << ", which the script does not expect";
                return;
            }
            const Step& step = steps[next++];
            for (const RequestHandler& action : step.actions) {
                action(request);
            }
        }
    };

    std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace lockstep::test

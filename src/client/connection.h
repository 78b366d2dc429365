#pragma once

#include "base/buffer.h"
#include "client/api_versions.h"
#include "client/backoff.h"
#include "model/link.h"
#include "protocol/codec.h"
#include "protocol/frame.h"
#include "runtime/runtime.h"
#include "runtime/task_group.h"

#include <deque>
#include <memory>
#include <string>

namespace lockstep::client {

class ClusterSecurity;

struct ConnectionOptions {
    std::string client_id = "lockstep";
    runtime::Duration connect_timeout = std::chrono::seconds(10);
    runtime::Duration handshake_timeout = std::chrono::seconds(5);  // for each of its requests
    runtime::Duration request_timeout = std::chrono::seconds(30);
    /// Between a connection and the next one to the same broker, where it does not last.
    BackoffPace reconnect{std::chrono::milliseconds(50), std::chrono::seconds(3)};
    /// A frame that claims more is not Kafka's, or not for us (brokers' own limit is 100 MiB).
    size_t frame_size_limit = size_t{110} << 20;
    BufferPool* buffers = nullptr;        // for large frames; outlives the connection
    ClusterSecurity* security = nullptr;  // TLS and SASL; outlives the connection
};

/// A decoded answer together with the frame that its record data points into.
template <typename Message>
struct Answer {
    Message message;
    Slice frame;
    int16_t version = 0;
};

/// One TCP connection to a broker, with requests pipelined in order.
///
///     opening --connect, TLS, versions, login--> open --peer gone, deadline, bad frame--> closed
///
/// Where the broker ends a login after some time, it logs in anew before that (KIP-368), and holds
/// back other requests while it does.
///
/// A request that is not answered by its deadline closes the connection: answers come in order, so
/// none behind it could come either. A closed connection stays closed; its owner opens another.
/// Lives on one shard. `close()`, then `co_await join()` before destroying it.
class Connection {
public:
    Connection(runtime::Runtime& runtime, Endpoint endpoint, ConnectionOptions options);
    ~Connection();

    /// Connects, negotiates versions and logs in; call it once, first.
    runtime::Task<Result<void>> open(std::stop_token stop);

    bool is_open() const { return state_ == State::open; }
    const Endpoint& endpoint() const { return endpoint_; }
    const ApiVersions& api_versions() const { return api_versions_; }

    /// The version to use for `Request` on this connection, at most `highest`.
    template <typename Request>
    Result<int16_t> version_of(int16_t highest = Request::kMaxVersion) const {
        return api_versions_.pick(Request::kKey, {Request::kMinVersion, highest});
    }

    /// Sends `request` and waits for its answer, for `most` where that is less than for any
    /// request. `request` must outlive the call. Callers go on in the order in which they called,
    /// also when the connection fails.
    template <typename Request>
    runtime::Task<Result<Answer<typename Request::Response>>> call(
        const Request& request, int16_t version, runtime::Duration most = runtime::Duration::max());

    /// Sends `request` in the highest version that both sides speak.
    template <typename Request>
    runtime::Task<Result<Answer<typename Request::Response>>> call(
        const Request& request, runtime::Duration most = runtime::Duration::max());

    void close() { fail(Error(Errc::stopped, "closed by Lockstep")); }
    runtime::Task<void> join() { return tasks_.join(); }

private:
    enum class State { opening, open, closed };
    enum class Lane { ordinary, login };

    /// A request on its way; lives in the frame of exchange().
    struct Pending {
        explicit Pending(runtime::EventLoop& loop) : changed(loop) {}

        runtime::Signal changed;
        const protocol::WireWriter* frame = nullptr;
        int32_t correlation_id = 0;
        bool in_writer = false;  // the frame's bytes are being read by a write right now
        bool answered = false;
        Slice answer;
    };

    /// Takes a complete frame; returns the answer's frame without its size.
    runtime::Task<Result<Slice>> exchange(const protocol::WireWriter& frame, int32_t correlation_id,
                                          runtime::Duration most = runtime::Duration::max(),
                                          Lane lane = Lane::ordinary);
    void enqueue(Pending* pending);
    runtime::Task<Result<void>> encrypt();
    runtime::Task<Result<void>> negotiate();
    runtime::Task<Result<void>> log_in();
    runtime::Task<Result<void>> prove_identity();
    template <typename Request>
    runtime::Task<Result<typename Request::Response>> call_login(const Request& request,
                                                                 int16_t version);
    runtime::Task<void> log_in_again();
    runtime::Task<void> write_loop();
    runtime::Task<void> read_loop();
    runtime::Task<Result<Slice>> read_frame();
    runtime::Task<Result<void>> fill_at_least(size_t size);
    Error not_kafka(ByteView prefix) const;
    Error with_hint(Error lost) const;
    Result<void> deliver(Slice frame);
    void fail(Error error);
    std::string where() const { return "broker " + endpoint_.to_string(); }

    runtime::Runtime& runtime_;
    Endpoint endpoint_;
    ConnectionOptions options_;
    State state_ = State::opening;
    Error closed_because_;
    ApiVersions api_versions_;
    bool is_negotiated_ = false;
    std::unique_ptr<runtime::Stream> stream_;
    int32_t next_correlation_id_ = 0;

    std::deque<Pending*> to_write_;   // not yet given to the stream
    std::deque<Pending*> to_answer_;  // in the order of their answers; ends with those of to_write_
    std::deque<Pending*> callers_;    // who has not gone on yet, in the order of their calls
    runtime::Signal write_wanted_;

    int64_t answers_ = 0;
    bool is_logging_in_ = false;
    std::deque<Pending*> held_;         // until the login is done, in the order of their calls
    runtime::Duration login_lasts_{0};  // 0: for ever
    runtime::Signal closed_;

    Bytes read_buffer_;  // small frames, and the beginnings of large ones
    size_t read_begin_ = 0;
    size_t read_end_ = 0;

    runtime::TaskGroup tasks_;
};

template <typename Request>
runtime::Task<Result<Answer<typename Request::Response>>> Connection::call(const Request& request,
                                                                           int16_t version,
                                                                           runtime::Duration most) {
    using Response = typename Request::Response;
    protocol::WireWriter frame;
    const int32_t correlation_id = next_correlation_id_++;
    protocol::write_request(frame, request, version, {correlation_id, options_.client_id});
    auto exchanged = co_await exchange(frame, correlation_id, most);
    if (exchanged.has_error()) {
        co_return std::move(exchanged).error().within(to_string(Request::kKey));
    }
    LS_CO_TRY(header, protocol::decode_response_header(exchanged->view(), Request::kKey, version));
    LS_CO_TRY(message, protocol::decode<Response>(header.body, version));
    Answer<Response> answer{std::move(message), std::move(*exchanged), version};
    co_return answer;
}

template <typename Request>
runtime::Task<Result<Answer<typename Request::Response>>> Connection::call(const Request& request,
                                                                           runtime::Duration most) {
    LS_CO_TRY(version, version_of<Request>());
    auto answer = co_await call(request, version, most);
    co_return answer;
}

}  // namespace lockstep::client

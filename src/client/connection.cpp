#include "client/connection.h"

#include "base/version.h"
#include "client/cluster_security.h"
#include "protocol/kafka_error.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::client {

using runtime::Task;
using runtime::Wake;

namespace {

constexpr size_t kReadBufferSize = 64 * 1024;
constexpr size_t kSizePrefix = 4;

/// What a server that is no Kafka broker probably is, from the first bytes it sent.
std::string_view likely_server(ByteView prefix) {
    const std::string_view text = as_text(prefix);
    if (text.starts_with("HTTP")) {
        return "; it looks like an HTTP server";
    }
    if (prefix[0] == 0x15 && prefix[1] == 0x03) {
        return "; it looks like a TLS listener";
    }
    return "";
}

}  // namespace

Connection::Connection(runtime::Runtime& runtime, Endpoint endpoint, ConnectionOptions options)
    : runtime_(runtime),
      endpoint_(std::move(endpoint)),
      options_(std::move(options)),
      write_wanted_(runtime.loop),
      closed_(runtime.loop),
      read_buffer_(kReadBufferSize),
      tasks_(runtime.loop) {}

Connection::~Connection() = default;

Task<Result<void>> Connection::open(std::stop_token stop) {
    const auto deadline = runtime_.loop.now() + options_.connect_timeout;
    auto connected =
        co_await runtime_.network.connect(endpoint_.host, endpoint_.port, deadline, stop);
    if (connected.has_error()) {
        fail(connected.error());
        co_return std::move(connected).error();
    }
    if (state_ == State::closed) {
        co_return closed_because_;
    }
    stream_ = std::move(*connected);
    auto encrypted = co_await encrypt();
    if (encrypted.has_error()) {
        fail(encrypted.error());
        co_return encrypted;
    }
    if (state_ == State::closed) {
        co_return closed_because_;
    }
    state_ = State::open;
    tasks_.spawn("connection reader", read_loop());
    tasks_.spawn("connection writer", write_loop());
    auto ready = co_await negotiate();
    if (ready.has_value()) {
        ready = co_await log_in();
    }
    if (ready.has_error()) {
        fail(ready.error());
    } else if (login_lasts_ > runtime::Duration(0)) {
        tasks_.spawn("log in again", log_in_again());
    }
    co_return ready;
}

// KIP-511: a broker that does not know our version of ApiVersions answers in version 0, with
// UNSUPPORTED_VERSION and the versions that it does speak. ApiVersions v5 (KIP-1242) is left alone:
// it would tie the connection to a cluster id.
Task<Result<void>> Connection::negotiate() {
    protocol::ApiVersionsRequest request;
    request.client_software_name = "lockstep";
    request.client_software_version = kVersion;
    protocol::WireWriter frame;
    int16_t version = 3;
    for (; version >= 0; version = static_cast<int16_t>(version - 3)) {
        frame.clear();
        const int32_t correlation_id = next_correlation_id_++;
        protocol::write_request(frame, request, version, {correlation_id, options_.client_id});
        auto exchanged = co_await exchange(frame, correlation_id);
        if (exchanged.has_error()) {
            co_return std::move(exchanged).error().within("ApiVersions");
        }
        using protocol::ApiKey;
        LS_CO_TRY(header, protocol::decode_response_header(exchanged->view(), ApiKey::api_versions,
                                                           version));
        const bool refused = header.body.size() >= 2 &&
                             load_big_endian<int16_t>(header.body.data()) ==
                                 static_cast<int16_t>(protocol::KafkaError::unsupported_version);
        if (refused && version > 0) {
            continue;
        }
        LS_CO_TRY(answer, protocol::decode<protocol::ApiVersionsResponse>(header.body, version));
        if (answer.error_code != 0) {
            co_return Error(protocol::make_error_code(protocol::KafkaError(answer.error_code)),
                            "ApiVersions from " + where());
        }
        api_versions_ = ApiVersions(answer);
        is_negotiated_ = true;
        co_return Result<void>();
    }
    co_return Error(Errc::unsupported, "ApiVersions from " + where());
}

void Connection::enqueue(Pending* pending) {
    to_write_.push_back(pending);
    to_answer_.push_back(pending);
    callers_.push_back(pending);
    write_wanted_.notify_all();
}

Task<Result<Slice>> Connection::exchange(const protocol::WireWriter& frame, int32_t correlation_id,
                                         runtime::Duration most, Lane lane) {
    if (state_ != State::open && callers_.empty()) {
        co_return Error(closed_because_);
    }
    Pending pending(runtime_.loop);
    pending.frame = &frame;
    pending.correlation_id = correlation_id;
    if (state_ != State::open) {
        callers_.push_back(&pending);  // those who called before it failed may not know yet
    } else if (is_logging_in_ && lane == Lane::ordinary) {
        held_.push_back(&pending);
    } else {
        enqueue(&pending);
    }

    const runtime::Duration timeout =
        std::min(most, is_negotiated_ ? options_.request_timeout : options_.handshake_timeout);
    const auto deadline = runtime_.loop.now() + timeout;
    while (!pending.answered && state_ == State::open) {
        const Wake wake = co_await pending.changed.wait(deadline);
        if (wake == Wake::timeout && !pending.answered) {
            fail(Error(Errc::timeout, fmt::format("no answer from {} within {} ms", where(),
                                                  timeout / std::chrono::milliseconds(1))));
        }
    }
    // The writer may still be reading our frame (closing has told it to end soon). It ends at any
    // time: between an answer and its caller, or while only some of its frames are answered. Who
    // called before us goes on before us, whatever the order in which we were woken.
    while (pending.in_writer || callers_.front() != &pending) {
        co_await pending.changed.wait();
    }
    callers_.pop_front();
    if (!callers_.empty() && (callers_.front()->answered || state_ != State::open)) {
        callers_.front()->changed.notify_all();
    }
    if (!pending.answered) {
        co_return Error(closed_because_);
    }
    co_return std::move(pending.answer);
}

Task<void> Connection::write_loop() {
    std::vector<ByteView> pieces;
    std::vector<Pending*> writing;
    while (state_ == State::open) {
        if (to_write_.empty()) {
            co_await write_wanted_.wait();
            continue;
        }
        writing.assign(to_write_.begin(), to_write_.end());
        to_write_.clear();
        pieces.clear();
        for (Pending* pending : writing) {
            pending->in_writer = true;
            pending->frame->gather(pieces);
        }
        auto written = co_await stream_->write_all(pieces);
        if (written.has_error()) {
            fail(std::move(written).error());
        }
        for (Pending* pending : writing) {
            pending->in_writer = false;
            if (pending->answered || state_ != State::open) {
                pending->changed.notify_all();
            }
        }
    }
}

Task<void> Connection::read_loop() {
    while (state_ == State::open) {
        auto frame = co_await read_frame();
        if (frame.has_error()) {
            fail(with_hint(std::move(frame).error()));
            break;
        }
        auto delivered = deliver(std::move(*frame));
        if (delivered.has_error()) {
            fail(std::move(delivered).error());
        }
    }
}

Task<Result<void>> Connection::fill_at_least(size_t size) {
    if (read_begin_ > 0) {
        std::copy(read_buffer_.begin() + static_cast<ptrdiff_t>(read_begin_),
                  read_buffer_.begin() + static_cast<ptrdiff_t>(read_end_), read_buffer_.begin());
        read_end_ -= read_begin_;
        read_begin_ = 0;
    }
    while (read_end_ < size) {
        const MutableByteView free(read_buffer_.data() + read_end_,
                                   read_buffer_.size() - read_end_);
        auto got = co_await stream_->read_some(free);
        LS_CO_TRY(count, std::move(got));
        read_end_ += count;
    }
    co_return Result<void>();
}

Task<Result<Slice>> Connection::read_frame() {
    if (read_end_ - read_begin_ < kSizePrefix) {
        LS_CO_CHECK(co_await fill_at_least(kSizePrefix));
    }
    const ByteView prefix(read_buffer_.data() + read_begin_, kSizePrefix);
    auto announced = protocol::decode_frame_size(prefix, options_.frame_size_limit);
    if (announced.has_error() || *announced < kSizePrefix) {
        co_return not_kafka(prefix);
    }
    const size_t size = *announced;
    read_begin_ += kSizePrefix;

    const size_t at_hand = std::min(size, read_end_ - read_begin_);
    Slice frame;
    if (size > kReadBufferSize / 2 && options_.buffers != nullptr) {
        frame = options_.buffers->take(size);
    } else {
        std::shared_ptr<uint8_t[]> memory(new uint8_t[size]);
        frame.data = memory.get();
        frame.size = size;
        frame.owner = std::move(memory);
    }
    std::copy_n(read_buffer_.data() + read_begin_, at_hand, frame.data);
    read_begin_ += at_hand;
    const MutableByteView rest(frame.data + at_hand, size - at_hand);
    if (rest.size() >= kReadBufferSize / 2) {
        LS_CO_CHECK(co_await stream_->read_exactly(rest));
    } else if (!rest.empty()) {
        LS_CO_CHECK(co_await fill_at_least(rest.size()));
        std::copy_n(read_buffer_.data() + read_begin_, rest.size(), rest.data());
        read_begin_ += rest.size();
    }
    co_return frame;
}

Error Connection::not_kafka(ByteView prefix) const {
    return Error(Errc::malformed,
                 fmt::format("{} sent a frame that claims {} bytes (the limit is {}): this is no "
                             "Kafka broker{}",
                             where(), load_big_endian<uint32_t>(prefix.data()),
                             options_.frame_size_limit, likely_server(prefix)));
}

/// A listener with SASL tells its versions to everybody and hangs up at the next request.
Error Connection::with_hint(Error lost) const {
    const bool has_login = options_.security != nullptr && options_.security->has_sasl();
    if (lost.is(Errc::disconnected) && is_negotiated_ && answers_ == 1 && !has_login) {
        lost.context += "; does this listener want a login? See the cluster's security";
    }
    return lost;
}

Result<void> Connection::deliver(Slice frame) {
    if (to_answer_.size() <= to_write_.size()) {
        return Error(Errc::malformed, where() + " answered a request that was not sent");
    }
    Pending& pending = *to_answer_.front();
    const auto correlation_id = load_big_endian<int32_t>(frame.data);
    if (correlation_id != pending.correlation_id) {
        return Error(Errc::malformed,
                     fmt::format("{} answered request {} while {} is next: this is no Kafka broker",
                                 where(), correlation_id, pending.correlation_id));
    }
    to_answer_.pop_front();
    ++answers_;
    pending.answer = std::move(frame);
    pending.answered = true;
    pending.changed.notify_all();
    return {};
}

void Connection::fail(Error error) {
    if (state_ == State::closed) {
        return;
    }
    state_ = State::closed;
    closed_because_ = std::move(error);
    if (stream_) {
        stream_->close();
    }
    to_write_.clear();
    for (Pending* pending : to_answer_) {
        pending->changed.notify_all();
    }
    to_answer_.clear();
    for (Pending* pending : held_) {
        callers_.push_back(pending);
        pending->changed.notify_all();
    }
    held_.clear();
    write_wanted_.notify_all();
    closed_.notify_all();
}

}  // namespace lockstep::client

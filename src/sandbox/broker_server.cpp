#include "sandbox/broker_server.h"

#include "base/log.h"
#include "sandbox/handler_table.h"
#include "sandbox/sasl.h"

#include <fmt/core.h>

#include <array>

namespace lockstep::sandbox {

using protocol::ApiKey;
using runtime::Stream;
using runtime::Task;

namespace {

/// socket.request.max.bytes of brokers.
constexpr size_t kLargestRequestBytes = 100U << 20;
constexpr size_t kKeptBufferBytes = 16U << 20;

/// Reads requests off one connection, one after the other.
class RequestReader {
public:
    explicit RequestReader(Stream& stream) : stream_(stream), buffers_(kKeptBufferBytes) {}

    Task<Result<Slice>> next() {
        std::array<uint8_t, protocol::kFrameSizeBytes> size_bytes;
        LS_CO_CHECK(co_await stream_.read_exactly(size_bytes));
        LS_CO_TRY(size, protocol::decode_frame_size(size_bytes, kLargestRequestBytes));
        Slice frame = buffers_.take(size);
        LS_CO_CHECK(co_await stream_.read_exactly(frame.mutable_view()));
        co_return frame;
    }

private:
    Stream& stream_;
    BufferPool buffers_;
};

Task<Result<void>> send(Stream& stream, protocol::WireWriter& writer) {
    std::vector<ByteView> pieces;
    writer.gather(pieces);
    co_return co_await stream.write_all(pieces);
}

bool is_login(ApiKey key) {
    return key == ApiKey::sasl_handshake || key == ApiKey::sasl_authenticate;
}

bool may_ask_first(ApiKey key) {
    return key == ApiKey::api_versions || is_login(key);
}

/// One SASL token without a header, as behind a handshake of version 0. Brokers do not answer a
/// wrong one.
Task<Result<void>> answer_token(Cluster& cluster, ClientConnection& connection, ByteView token,
                                Stream& stream) {
    const SaslStep step = authenticate(cluster, connection, token);
    if (step.state == SaslStep::State::failed) {
        co_return Error(Errc::invalid_argument, step.message);
    }
    std::array<uint8_t, protocol::kFrameSizeBytes> size{};
    store_big_endian(size.data(), static_cast<int32_t>(step.answer.size()));
    const std::array<ByteView, 2> pieces{ByteView(size), ByteView(step.answer)};
    co_return co_await stream.write_all(pieces);
}

/// Between a handshake and its last token only tokens are taken.
Result<void> refuse_during_login(Call& call, const protocol::RequestHeader& header,
                                 protocol::WireWriter& writer) {
    if (header.key != ApiKey::api_versions) {
        return Error(Errc::invalid_argument, "a request between a handshake and its tokens");
    }
    protocol::ApiVersionsResponse refusal;
    refusal.error_code = code(protocol::KafkaError::illegal_sasl_state);
    protocol::write_response(writer, refusal, header.version, header.correlation_id);
    call.ends_connection = true;
    return {};
}

/// The frame of the answer. Error: there is none, and the connection ends, as with brokers.
Task<Result<void>> answer(Call& call, const protocol::RequestHeader& header,
                          protocol::WireWriter& writer) {
    const auto versions = versions_of(header.key, call.cluster.options().version);
    const HandlerTable::Handler* handler = HandlerTable::instance().find(header.key);
    const bool is_spoken = versions && handler != nullptr && versions->min <= header.version &&
                           header.version <= versions->max;
    if (!is_spoken && header.key == ApiKey::api_versions) {
        protocol::write_response(writer, refusal_of_versions(call.cluster.options().version), 0,
                                 header.correlation_id);
        co_return Result<void>();
    }
    if (!is_spoken) {
        co_return Error(Errc::unsupported,
                        fmt::format("{} version {}", to_string(header.key), header.version));
    }
    if (call.connection.sasl_exchange != nullptr && !is_login(header.key)) {
        co_return refuse_during_login(call, header, writer);
    }
    const bool is_known = call.connection.is_authenticated || !call.cluster.options().wants_sasl;
    if (!is_known && !may_ask_first(header.key)) {
        co_return Error(Errc::invalid_argument, "a request before SASL");
    }
    if (is_session_over(call.cluster, call.connection) && !is_login(header.key)) {
        co_return Error(Errc::invalid_argument, "a request behind the session's end");
    }
    protocol::begin_response(writer, header.key, header.version, header.correlation_id);
    auto handled = co_await (*handler)(call, header.body, writer);
    if (handled.has_error()) {
        co_return std::move(handled).error().within(to_string(header.key));
    }
    if (call.cluster.has_storage()) {
        call.cluster.note_unsaved(changes_by(header.key));
        if (call.cluster.has_unsafe() && !is_answered_at_once(header.key)) {
            LS_CO_CHECK(co_await call.cluster.make_safe());  // else it must not be acknowledged
        }
    }
    protocol::end_frame(writer);
    co_return Result<void>();
}

}  // namespace

void BrokerServer::serve(std::unique_ptr<Stream> stream) {
    std::shared_ptr<Stream> shared = std::move(stream);
    std::erase_if(streams_, [](const auto& one) { return one.expired(); });
    streams_.push_back(shared);
    group_.spawn("sandbox connection", run_connection(std::move(shared)));
}

void BrokerServer::accept_from(std::unique_ptr<runtime::Listener> listener) {
    std::shared_ptr<runtime::Listener> shared = std::move(listener);
    listeners_.push_back(shared);
    group_.spawn("sandbox listener", run_listener(std::move(shared)));
}

void BrokerServer::cut_connections() {
    for (const auto& one : streams_) {
        if (const auto stream = one.lock()) {
            stream->close();
        }
    }
    streams_.clear();
}

void BrokerServer::request_stop() {
    group_.request_stop();
    for (const auto& one : listeners_) {
        if (const auto listener = one.lock()) {
            listener->close();
        }
    }
    cut_connections();
}

Task<void> BrokerServer::run_listener(std::shared_ptr<runtime::Listener> listener) {
    while (!group_.stop_requested()) {
        auto stream = co_await listener->accept();
        if (stream.has_error()) {
            break;
        }
        serve(std::move(*stream));
    }
}

Task<void> BrokerServer::run_connection(std::shared_ptr<Stream> stream) {
    ClientConnection connection;
    RequestReader requests(*stream);
    runtime::Signal quota_is_back(cluster_.loop());  // nobody notifies it: time does
    while (!group_.stop_requested()) {
        if (connection.muted_until > cluster_.loop().now()) {
            co_await quota_is_back.wait(connection.muted_until, group_.stop_token());
        }
        auto frame = co_await requests.next();
        if (frame.has_error()) {
            break;  // the client has gone, or sends what is no request
        }
        if (connection.takes_raw_tokens) {
            auto taken = co_await answer_token(cluster_, connection, frame->view(), *stream);
            if (taken.has_error()) {
                log::debug("sandbox: {}", taken.error().message());
                break;
            }
            continue;
        }
        const auto header = protocol::decode_request_header(frame->view());
        if (header.has_error()) {
            log::debug("sandbox: {}", header.error().message());
            break;
        }
        Call call{cluster_, id_, connection, header->version, {}, group_.stop_token(), {}};
        call.client_id = header->client_id.value_or("");
        protocol::WireWriter writer;
        auto handled = co_await answer(call, *header, writer);
        if (handled.has_error()) {
            log::debug("sandbox: {}", handled.error().message());
            break;
        }
        if (!call.wants_no_answer) {
            auto sent = co_await send(*stream, writer);
            if (sent.has_error()) {
                break;
            }
        }
        if (call.ends_connection) {
            break;
        }
    }
    stream->close();
}

}  // namespace lockstep::sandbox

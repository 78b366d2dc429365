// What a connection does besides answering: it asks for a login, ends sessions, and holds requests
// back.

#include "protocol/frame.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/sasl_authenticate.h"
#include "protocol/messages/sasl_handshake.h"
#include "sandbox/broker_server.h"
#include "sandbox/quotas.h"
#include "tests/unit/sandbox/admin_fixture.h"
#include "tests/unit/sandbox/scram_client.h"

#include <algorithm>

namespace lockstep::sandbox {

namespace {

/// What a client sent and got, which the test holds.
struct Line {
    explicit Line(runtime::EventLoop& loop) : changed(loop) {}

    Bytes to_broker;
    Bytes from_broker;
    bool is_closed = false;
    runtime::Signal changed;
};

class LineStream final : public runtime::Stream {
public:
    explicit LineStream(std::shared_ptr<Line> line) : line_(std::move(line)) {}

    runtime::Task<Result<size_t>> read_some(MutableByteView into) override {
        auto whole = co_await read_exactly(into);
        if (whole.has_error()) {
            co_return std::move(whole).error();
        }
        co_return into.size();
    }
    runtime::Task<Result<void>> read_exactly(MutableByteView into) override {
        while (line_->to_broker.size() < into.size()) {
            if (line_->is_closed) {
                co_return Error(Errc::disconnected, "the test");
            }
            co_await line_->changed.wait();
        }
        const auto end = line_->to_broker.begin() + static_cast<std::ptrdiff_t>(into.size());
        std::copy(line_->to_broker.begin(), end, into.begin());
        line_->to_broker.erase(line_->to_broker.begin(), end);
        co_return Result<void>();
    }
    runtime::Task<Result<void>> write_all(std::span<const ByteView> pieces) override {
        for (const ByteView piece : pieces) {
            line_->from_broker.insert(line_->from_broker.end(), piece.begin(), piece.end());
        }
        co_return Result<void>();
    }
    void close() override {
        line_->is_closed = true;
        line_->changed.notify_all();
    }

private:
    std::shared_ptr<Line> line_;
};

}  // namespace

class BrokerSecurityTest : public AdminTest {
protected:
    void start_server(ClusterOptions options) {
        start(std::move(options));
        server_ = std::make_unique<BrokerServer>(*cluster_, BrokerId(1));
        server_->serve(std::make_unique<LineStream>(line_));
    }
    void start_with_sasl(ConfigValues config = {}) {
        ClusterOptions options;
        options.wants_sasl = true;
        options.plain_users = {{"alice", "wonder"}};
        options.broker_config = std::move(config);
        start_server(std::move(options));
    }
    void TearDown() override {
        server_->request_stop();
        test::run(loop_, server_->join());
    }
    void send_bytes(const Bytes& bytes) {
        line_->to_broker.insert(line_->to_broker.end(), bytes.begin(), bytes.end());
        line_->changed.notify_all();
        loop_.settle();
    }
    /// The size of the answer in bytes; 0 where there is none now.
    template <typename Request>
    size_t send(const Request& request, int16_t version) {
        line_->from_broker.clear();
        protocol::WireWriter writer;
        protocol::write_request(writer, request, version, {1, client_id_});
        send_bytes(writer.flatten());
        return line_->from_broker.size();
    }
    size_t log_in() {
        protocol::SaslHandshakeRequest handshake;
        handshake.mechanism = "PLAIN";
        EXPECT_GT(send(handshake, 1), 0U);
        protocol::SaslAuthenticateRequest request;
        request.auth_bytes = bytes_of(std::string("\0alice\0wonder", 13));
        return send(request, 2);
    }

    std::shared_ptr<Line> line_ = std::make_shared<Line>(loop_);
    std::unique_ptr<BrokerServer> server_;
};

// What librdkafka 2.16 sends to be told of all topics.
TEST_F(BrokerSecurityTest, BytesBehindARequest_ArePassedOver) {
    start_server({});
    const auto text = [](std::string_view bytes) { return bytes_of(std::string(bytes)); };
    send_bytes(text({"\0\0\0\x19\0\3\0\x0d\0\0\0\1\0\7rdkafka\0\0\0\0\0\1\0\0", 29}));
    EXPECT_FALSE(line_->from_broker.empty());
    EXPECT_FALSE(line_->is_closed);
}

TEST_F(BrokerSecurityTest, ApiVersionsThatItDoesNotKnow_AreAnsweredWithThoseItKnows) {
    ClusterOptions options;
    options.version = KafkaVersion::v2_8;
    start_server(std::move(options));
    EXPECT_GT(send(protocol::ApiVersionsRequest{}, 4), 0U);
    const Bytes unsupported_and_0_to_3{0, 35, 0, 0, 0, 1, 0, 18, 0, 0, 0, 3};
    ASSERT_GE(line_->from_broker.size(), 20U);
    EXPECT_TRUE(std::equal(unsupported_and_0_to_3.begin(), unsupported_and_0_to_3.end(),
                           line_->from_broker.begin() + 8));
}

TEST_F(BrokerSecurityTest, RequestBeforeALogin_EndsTheConnection) {
    start_with_sasl();
    EXPECT_EQ(send(protocol::MetadataRequest{}, 9), 0U);
    EXPECT_TRUE(line_->is_closed);
}

TEST_F(BrokerSecurityTest, RequestBehindALogin_IsAnswered) {
    start_with_sasl();
    EXPECT_GT(send(protocol::ApiVersionsRequest{}, 3), 0U);
    EXPECT_GT(log_in(), 0U);
    EXPECT_GT(send(protocol::MetadataRequest{}, 9), 0U);
    EXPECT_FALSE(line_->is_closed);
}

TEST_F(BrokerSecurityTest, BetweenAHandshakeAndItsToken_OnlyTokensAreTaken) {
    start_with_sasl();
    protocol::SaslHandshakeRequest handshake;
    handshake.mechanism = "PLAIN";
    EXPECT_GT(send(handshake, 1), 0U);
    EXPECT_GT(send(protocol::ApiVersionsRequest{}, 0), 0U);
    const Bytes illegal_sasl_state{0, 34};
    EXPECT_TRUE(std::equal(illegal_sasl_state.begin(), illegal_sasl_state.end(),
                           line_->from_broker.begin() + 8));
    EXPECT_TRUE(line_->is_closed);
}

TEST_F(BrokerSecurityTest, WrongPassword_IsAnswered_AndEndsTheConnection) {
    start_with_sasl();
    protocol::SaslHandshakeRequest handshake;
    handshake.mechanism = "PLAIN";
    EXPECT_GT(send(handshake, 1), 0U);
    protocol::SaslAuthenticateRequest request;
    request.auth_bytes = bytes_of(std::string("\0alice\0other", 12));
    EXPECT_GT(send(request, 2), 0U);
    EXPECT_TRUE(line_->is_closed);
}

TEST_F(BrokerSecurityTest, TokensWithoutHeaders_LogInToo) {
    start_with_sasl();
    protocol::SaslHandshakeRequest handshake;
    handshake.mechanism = "PLAIN";
    EXPECT_GT(send(handshake, 0), 0U);
    line_->from_broker.clear();
    send_bytes(bytes_of(std::string("\0\0\0\x0d\0alice\0wonder", 17)));
    EXPECT_EQ(line_->from_broker, Bytes(4));  // an empty token
    EXPECT_GT(send(protocol::MetadataRequest{}, 9), 0U);
}

TEST_F(BrokerSecurityTest, RequestBehindTheSession_EndsTheConnection) {
    start_with_sasl({{"connections.max.reauth.ms", "1000"}});
    EXPECT_GT(log_in(), 0U);
    loop_.advance(std::chrono::milliseconds(1000));
    EXPECT_GT(log_in(), 0U);
    EXPECT_GT(send(protocol::MetadataRequest{}, 9), 0U);
    loop_.advance(std::chrono::milliseconds(1000));
    EXPECT_EQ(send(protocol::MetadataRequest{}, 9), 0U);
    EXPECT_TRUE(line_->is_closed);
}

TEST_F(BrokerSecurityTest, WhoHasUsedUpItsQuota_IsHeldBackBehindTheAnswer) {
    start_server({});
    cluster_->quotas().set({{"client-id", client_id_}}, "producer_byte_rate", 10);
    const Bytes payload(110, 0);
    protocol::ProduceRequest request;
    request.acks = 1;
    auto& data = request.topic_data.emplace_back();
    data.name = "orders";
    data.partition_data.emplace_back().records = ByteView(payload);
    EXPECT_GT(send(request, 9), 0U);
    EXPECT_EQ(send(protocol::MetadataRequest{}, 9), 0U);
    loop_.advance(std::chrono::milliseconds(999));
    EXPECT_TRUE(line_->from_broker.empty());
    loop_.advance(std::chrono::milliseconds(1));
    EXPECT_FALSE(line_->from_broker.empty());
}

}  // namespace lockstep::sandbox

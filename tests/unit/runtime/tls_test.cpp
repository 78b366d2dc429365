#include "runtime/tls.h"

#include "runtime/asio_loop.h"
#include "runtime/task_group.h"
#include "tests/unit/support/test_certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace lockstep::runtime {
namespace {

using test::CertificateWish;
using test::TestCertificate;
using testing::HasSubstr;

using Side = TlsOptions::Side;

/// What one end saw.
struct End {
    std::unique_ptr<TlsStream> stream;
    std::string problem;
    Bytes received;
};

Task<void> shake(End& end, std::unique_ptr<Stream> plain, TlsContext& context, std::string host) {
    auto wrapped = context.wrap(std::move(plain), std::move(host));
    if (wrapped.has_error()) {
        end.problem = wrapped.error().message();
        co_return;
    }
    end.stream = std::move(*wrapped);
    auto shaken = co_await end.stream->handshake();
    if (shaken.has_error()) {
        end.problem = shaken.error().message();
        end.stream->close();
    }
}

Task<void> serve(Listener& listener, TlsContext& context, End& end) {
    auto accepted = co_await listener.accept();
    co_await shake(end, std::move(*accepted), context, "client");
}

Task<void> connect(AsioNetwork& network, uint16_t port, TlsContext& context, End& end) {
    auto connected = co_await network.connect("127.0.0.1", port, kNever, {});
    co_await shake(end, std::move(*connected), context, "127.0.0.1");
}

Task<void> write(Stream& stream, const Bytes& bytes, size_t piece_size) {
    std::vector<ByteView> pieces;
    for (size_t at = 0; at < bytes.size(); at += piece_size) {
        pieces.push_back(ByteView(bytes).subspan(at, std::min(piece_size, bytes.size() - at)));
    }
    auto written = co_await stream.write_all(pieces);
    EXPECT_TRUE(written.has_value()) << written.error().message();
}

Task<void> read(End& end, size_t size) {
    end.received.resize(size);
    auto got = co_await end.stream->read_exactly(end.received);
    if (got.has_error()) {
        end.problem = got.error().message();
    }
}

Task<void> finish_after(TaskGroup& group, AsioLoop& loop) {
    co_await group.join();
    loop.finish();
}

/// A server and a client on one loop.
class Tls : public testing::Test {
protected:
    void shake_hands(TlsOptions server, TlsOptions client) {
        server.side = Side::server;
        server_context_.emplace(server);
        client_context_.emplace(client);
        shake_hands_again();
    }

    void shake_hands_again() {
        client_ = {};
        server_ = {};
        auto listener = network_.listen("127.0.0.1", 0);
        ASSERT_TRUE(listener.has_value());
        TaskGroup both(loop_);
        both.spawn("serve", serve(**listener, *server_context_, server_));
        both.spawn("connect", connect(network_, (*listener)->port(), *client_context_, client_));
        run(both);
    }

    void run(TaskGroup& group) {
        TaskGroup outer(loop_);
        outer.spawn("finish", finish_after(group, loop_));
        loop_.run();
    }

    TlsOptions serving(const TestCertificate& certificate) {
        TlsOptions options;
        options.certificate_file = certificate.certificate;
        options.key_file = certificate.key;
        return options;
    }

    TlsOptions trusting(const TestCertificate& certificate) {
        TlsOptions options;
        options.ca_file = certificate.certificate;
        return options;
    }

    AsioLoop loop_;
    AsioNetwork network_{loop_};
    std::optional<TlsContext> server_context_;
    std::optional<TlsContext> client_context_;
    End server_;
    End client_;
};

TEST_F(Tls, CarriesBytesOfEverySize_BothWaysAtOnce) {
    const TestCertificate certificate;
    shake_hands(serving(certificate), trusting(certificate));
    ASSERT_EQ(client_.problem + server_.problem, "");
    Bytes bytes(3'000'001);
    for (size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<uint8_t>(i * 2654435761U >> 13U);
    }
    for (const size_t piece : {size_t{61}, size_t{16384}, size_t{100'000}, bytes.size()}) {
        TaskGroup all(loop_);
        all.spawn("write", write(*client_.stream, bytes, piece));
        all.spawn("write", write(*server_.stream, bytes, piece));
        all.spawn("read", read(client_, bytes.size()));
        all.spawn("read", read(server_, bytes.size()));
        run(all);
        EXPECT_TRUE(client_.received == bytes && server_.received == bytes) << piece;
    }
}

TEST_F(Tls, RefusesAnExpiredCertificate) {
    const TestCertificate certificate({.names = "IP:127.0.0.1", .lasts_seconds = -3600});
    shake_hands(serving(certificate), trusting(certificate));
    EXPECT_THAT(client_.problem, HasSubstr("not accepted (certificate has expired)"));
}

TEST_F(Tls, RefusesTheCertificateOfAnotherHost) {
    const TestCertificate certificate({.names = "DNS:elsewhere,IP:127.0.0.2"});
    shake_hands(serving(certificate), trusting(certificate));
    EXPECT_THAT(client_.problem, HasSubstr("is for another host (IP address mismatch)"));
    TlsOptions careless = trusting(certificate);
    careless.verify_hostname = false;
    shake_hands(serving(certificate), careless);
    EXPECT_EQ(client_.problem, "");
}

TEST_F(Tls, RefusesACertificateOfSomebodyUnknown) {
    const TestCertificate certificate;
    const TestCertificate other;
    shake_hands(serving(certificate), trusting(other));
    EXPECT_THAT(client_.problem, HasSubstr("the peer's certificate is not accepted"));
    TlsOptions careless;
    careless.verify_certificate = false;
    shake_hands(serving(certificate), careless);
    EXPECT_EQ(client_.problem, "");
}

TEST_F(Tls, ServerAsksForTheClientsCertificate) {
    const TestCertificate certificate;
    const TestCertificate mine;
    TlsOptions server = serving(certificate);
    server.ca_file = mine.certificate;
    TlsOptions client = serving(mine);
    client.ca_file = certificate.certificate;
    shake_hands(server, client);
    EXPECT_EQ(client_.problem + server_.problem, "");
    shake_hands(server, trusting(certificate));
    EXPECT_THAT(server_.problem, HasSubstr("peer did not return a certificate"));
}

TEST_F(Tls, ReadsItsFilesAgain_WhenTheyHaveChanged) {
    TestCertificate certificate({.names = "IP:127.0.0.1", .lasts_seconds = -3600});
    shake_hands(serving(certificate), trusting(certificate));
    EXPECT_THAT(client_.problem, HasSubstr("expired"));
    certificate.write({});
    shake_hands_again();
    EXPECT_EQ(client_.problem + server_.problem, "");
}

TEST_F(Tls, OpensAKeyWithItsPassword) {
    const TestCertificate certificate({.names = "IP:127.0.0.1", .password = "open sesame"});
    TlsOptions server = serving(certificate);
    server.key_password = Secret("open sesame");
    shake_hands(server, trusting(certificate));
    EXPECT_EQ(client_.problem + server_.problem, "");
    for (const char* wrong : {"", "open barley"}) {
        server.key_password = Secret(wrong);
        const auto loaded = TlsContext(server).load();
        ASSERT_TRUE(loaded.has_error());
        EXPECT_THAT(loaded.error().message(), HasSubstr(certificate.key));
        EXPECT_THAT(loaded.error().message(), testing::Not(HasSubstr("barley")));
    }
}

TEST_F(Tls, SaysWhichFileIsMissing) {
    TlsOptions options;
    options.ca_file = "/nowhere/ca.pem";
    const auto loaded = TlsContext(options).load();
    ASSERT_TRUE(loaded.has_error());
    EXPECT_THAT(loaded.error().message(), HasSubstr("/nowhere/ca.pem cannot be used"));
}

Task<void> say_hello_unencrypted(Listener& listener) {
    auto accepted = co_await listener.accept();
    Bytes hello(4096);
    co_await (*accepted)->read_some(hello);
    const ByteView words = as_bytes("HTTP/1.1 400 Bad Request\r\n\r\n");
    co_await (*accepted)->write_all(std::span<const ByteView>(&words, 1));
}

TEST_F(Tls, SaysThatThePeerSpeaksNoTls) {
    client_context_.emplace(TlsOptions{});
    auto listener = network_.listen("127.0.0.1", 0);
    TaskGroup both(loop_);
    both.spawn("serve", say_hello_unencrypted(**listener));
    both.spawn("connect", connect(network_, (*listener)->port(), *client_context_, client_));
    run(both);
    EXPECT_THAT(client_.problem, HasSubstr("speaks no TLS here"));
}

}  // namespace
}  // namespace lockstep::runtime

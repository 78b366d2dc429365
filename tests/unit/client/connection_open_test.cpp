#include "tests/unit/client/connection_fixture.h"

namespace lockstep::client {
namespace {

using testing::HasSubstr;

class ConnectionOpen : public ConnectionTest {};

/// An answer in version 0, whatever the request's version was (KIP-511).
void answer_in_version_0(const ReceivedRequest& request, int16_t error_code) {
    protocol::ApiVersionsResponse response = test::versions_with_topic_ids();
    response.error_code = error_code;
    protocol::WireWriter writer;
    protocol::write_response(writer, response, 0, request.header.correlation_id);
    request.wire->send(writer.flatten());
}

TEST_F(ConnectionOpen, AsksForVersions_AndKnowsThemThen) {
    Script script;
    script.expect(ApiKey::api_versions).answer(test::versions_with_topic_ids());
    const auto opened = open(script.handler());
    ASSERT_TRUE(opened.has_value()) << opened.error().message();
    EXPECT_TRUE(connection_->is_open());
    EXPECT_EQ(*connection_->version_of<MetadataRequest>(), 12);
    EXPECT_EQ(*connection_->version_of<MetadataRequest>(8), 8);
    const auto& request = script.received().at(0);
    EXPECT_EQ(request.header.version, 3);
    EXPECT_EQ(request.header.client_id, "lockstep");
    EXPECT_EQ(request.as<protocol::ApiVersionsRequest>().client_software_name, "lockstep");
}

TEST_F(ConnectionOpen, ReadsVersions_ByteByByte) {
    Script script;
    script.expect(ApiKey::api_versions).answer_in_dribs(test::versions_with_topic_ids());
    EXPECT_TRUE(open(script.handler()).has_value());
}

TEST_F(ConnectionOpen, AsksAgainInVersion0_WhenTheBrokerIsOlder) {
    Script script;
    script.expect(ApiKey::api_versions).then([](const ReceivedRequest& request) {
        answer_in_version_0(request, 35);
    });
    script.expect(ApiKey::api_versions).then([](const ReceivedRequest& request) {
        answer_in_version_0(request, 0);
    });
    const auto opened = open(script.handler());
    ASSERT_TRUE(opened.has_value()) << opened.error().message();
    EXPECT_EQ(script.received().at(1).header.version, 0);
    EXPECT_TRUE(connection_->api_versions().speaks(ApiKey::fetch));
}

TEST_F(ConnectionOpen, Fails_WhenTheBrokerRefusesVersion0Too) {
    Script script;
    for (int i = 0; i < 2; ++i) {
        script.expect(ApiKey::api_versions).then([](const ReceivedRequest& request) {
            answer_in_version_0(request, 35);
        });
    }
    const auto opened = open(script.handler());
    ASSERT_TRUE(opened.has_error());
    EXPECT_EQ(opened.error().code, make_error_code(protocol::KafkaError::unsupported_version));
    EXPECT_FALSE(connection_->is_open());
}

TEST_F(ConnectionOpen, Fails_WithTheBrokersErrorCode) {
    protocol::ApiVersionsResponse refused;
    refused.error_code = static_cast<int16_t>(protocol::KafkaError::cluster_authorization_failed);
    Script script;
    script.expect(ApiKey::api_versions).answer(refused);
    const auto opened = open(script.handler());
    ASSERT_TRUE(opened.has_error());
    EXPECT_EQ(opened.error().code,
              make_error_code(protocol::KafkaError::cluster_authorization_failed));
    EXPECT_THAT(opened.error().message(), HasSubstr("broker:9092"));
}

TEST_F(ConnectionOpen, Fails_WhenTheAnswerIsNonsense) {
    Script script;
    script.expect(ApiKey::api_versions).send({0, 0, 0, 6, 0, 0, 0, 0, 0, 0});
    const auto opened = open(script.handler());
    ASSERT_TRUE(opened.has_error());
    EXPECT_TRUE(opened.error().is(Errc::malformed)) << opened.error().message();
    EXPECT_FALSE(connection_->is_open());
}

TEST_F(ConnectionOpen, Fails_AtTheHandshakesDeadline_WhenThePeerIsSilent) {
    const auto begun = loop_.now();
    const auto opened = open([](const ReceivedRequest&) {});
    ASSERT_TRUE(opened.has_error());
    EXPECT_TRUE(opened.error().is(Errc::timeout));
    EXPECT_LE(loop_.now() - begun, std::chrono::milliseconds(5'010));
}

TEST_F(ConnectionOpen, Fails_WhenNobodyListens_AndSoDoLaterCalls) {
    connection_ = std::make_unique<Connection>(runtime_, kEndpoint, ConnectionOptions{});
    const auto opened = test::run(loop_, connection_->open({}));
    ASSERT_TRUE(opened.has_error());
    EXPECT_TRUE(opened.error().is(Errc::disconnected));
    const Outcome outcome = ask_and_wait("anything");
    ASSERT_TRUE(outcome.error.has_value());
    EXPECT_TRUE(outcome.error->is(Errc::disconnected));
}

TEST_F(ConnectionOpen, SaysStopped_WhenStopped) {
    stop_.request_stop();
    const auto opened = open([](const ReceivedRequest&) {});
    ASSERT_TRUE(opened.has_error());
    EXPECT_TRUE(opened.error().is(Errc::stopped));
}

TEST_F(ConnectionOpen, Fails_WhenClosedMeanwhile) {
    peer_ = network_.listen(kEndpoint, [](const ReceivedRequest&) {});
    connection_ = std::make_unique<Connection>(runtime_, kEndpoint, ConnectionOptions{});
    std::optional<Result<void>> opened;
    calls_.spawn("open", test::keep_result(connection_->open({}), &opened));
    loop_.settle();
    connection_->close();
    loop_.advance(std::chrono::seconds(1));
    ASSERT_TRUE(opened.has_value());
    EXPECT_TRUE(opened->has_error());
    EXPECT_TRUE(opened->error().is(Errc::stopped));
}

struct StrangeServer {
    const char* name;
    Bytes sends;
    const char* message;
};

class ConnectionToStranger : public ConnectionTest,
                             public testing::WithParamInterface<StrangeServer> {};

TEST_P(ConnectionToStranger, SaysWhatItLooksLike) {
    Script script;
    script.expect(ApiKey::api_versions).send(GetParam().sends);
    const auto opened = open(script.handler());
    ASSERT_TRUE(opened.has_error());
    EXPECT_TRUE(opened.error().is(Errc::malformed)) << opened.error().message();
    EXPECT_THAT(opened.error().message(), HasSubstr(GetParam().message));
    EXPECT_THAT(opened.error().message(), HasSubstr("broker:9092"));
    EXPECT_TRUE(wire().is_closed_by_client());
}

INSTANTIATE_TEST_SUITE_P(
    Servers, ConnectionToStranger,
    testing::Values(
        StrangeServer{"Http", Bytes{'H', 'T', 'T', 'P', '/', '1', '.', '1', ' ', '4'},
                      "it looks like an HTTP server"},
        StrangeServer{"TlsAlert", Bytes{0x15, 0x03, 0x03, 0, 2, 2, 80},
                      "it looks like a TLS listener"},
        StrangeServer{"Ssh", Bytes{'S', 'S', 'H', '-', '2'}, "this is no Kafka broker"},
        StrangeServer{"TwoGigabytes", Bytes{0x7f, 0xff, 0xff, 0xff, 0}, "claims 2147483647 bytes"},
        StrangeServer{"NegativeSize", Bytes{0xff, 0xff, 0xff, 0xff}, "no Kafka broker"},
        StrangeServer{"MostNegativeSize", Bytes{0x80, 0, 0, 0}, "no Kafka broker"},
        StrangeServer{"EmptyFrame", Bytes{0, 0, 0, 0}, "claims 0 bytes"},
        StrangeServer{"FrameWithoutCorrelationId", Bytes{0, 0, 0, 3, 1, 2, 3}, "claims 3 bytes"},
        StrangeServer{"OneAboveTheLimit", Bytes{0x06, 0xe0, 0x00, 0x01}, "claims 115343361 bytes"}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace lockstep::client

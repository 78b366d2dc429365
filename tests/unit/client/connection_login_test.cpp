#include "client/cluster_security.h"
#include "protocol/messages/sasl_authenticate.h"
#include "protocol/messages/sasl_handshake.h"
#include "tests/unit/client/connection_fixture.h"

namespace lockstep::client {
namespace {

using protocol::KafkaError;
using protocol::SaslAuthenticateRequest;
using protocol::SaslAuthenticateResponse;
using protocol::SaslHandshakeRequest;
using protocol::SaslHandshakeResponse;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kLoginLastsMs = 10'000;

/// A connection to a broker that lets alice in with the password "secret".
class ConnectionLogin : public ConnectionTest {
protected:
    ConnectionLogin() {
        spec_.has_sasl = true;
        spec_.sasl.username = "alice";
        spec_.sasl.password = Secret("secret");
    }
    ~ConnectionLogin() override { close(); }

    Result<void> open_with_login() {
        close();
        if (!security_) {
            security_ = std::make_unique<ClusterSecurity>(runtime_, spec_);
        }
        ConnectionOptions options;
        options.security = security_.get();
        return open([this](const ReceivedRequest& request) { on_request(request); }, options);
    }

    void on_request(const ReceivedRequest& request) {
        if (request.key() == ApiKey::api_versions) {
            auto versions = test::versions_with_topic_ids();
            for (const auto key : {ApiKey::sasl_handshake, ApiKey::sasl_authenticate}) {
                auto& api = versions.api_keys.emplace_back();
                api.api_key = static_cast<int16_t>(key);
                api.max_version = 1;
            }
            request.answer(versions);
        } else if (request.key() == ApiKey::sasl_handshake) {
            ++logins_;
            if (is_slow_) {
                requests_.push_back(request);
            } else {
                answer_handshake(request);
            }
        } else if (request.key() == ApiKey::sasl_authenticate) {
            answer_authenticate(request);
        } else {
            asked_.push_back(question_of(request));
            request.wire->send(answer_to(request));
        }
    }

    void answer_handshake(const ReceivedRequest& request) const {
        SaslHandshakeResponse response;
        response.mechanisms = {offered_};
        if (request.as<SaslHandshakeRequest>().mechanism != offered_) {
            response.error_code = static_cast<int16_t>(KafkaError::unsupported_sasl_mechanism);
        }
        request.answer(response);
    }

    void answer_authenticate(const ReceivedRequest& request) const {
        const Bytes token = request.as<SaslAuthenticateRequest>().auth_bytes;
        SaslAuthenticateResponse response;
        if (as_text(token) == good_) {
            response.session_lifetime_ms = kLoginLastsMs;
        } else {
            response.error_code = static_cast<int16_t>(KafkaError::sasl_authentication_failed);
            response.error_message = "Invalid username or password";
        }
        request.answer(response);
    }

    SecuritySpec spec_;
    std::unique_ptr<ClusterSecurity> security_;
    std::string offered_ = "PLAIN";
    std::string good_{"\0alice\0secret", 13};
    int logins_ = 0;
    bool is_slow_ = false;
    std::vector<std::string> asked_;
};

TEST_F(ConnectionLogin, LogsInBeforeAnythingElse) {
    const auto opened = open_with_login();
    ASSERT_TRUE(opened.has_value()) << opened.error().message();
    EXPECT_EQ(logins_, 1);
    EXPECT_EQ(ask_and_wait("hello").answer, "re: hello");
}

TEST_F(ConnectionLogin, SaysWhoWasRefused_AndNotThePassword) {
    spec_.sasl.password = Secret("wr0ng");
    const auto opened = open_with_login();
    ASSERT_TRUE(opened.has_error());
    EXPECT_EQ(opened.error().code, KafkaError::sasl_authentication_failed);
    EXPECT_THAT(opened.error().message(),
                HasSubstr("log in to broker broker:9092 as user \"alice\" by PLAIN: Invalid "
                          "username or password"));
    EXPECT_THAT(opened.error().message(), testing::Not(HasSubstr("wr0ng")));
}

TEST_F(ConnectionLogin, SaysWhatTheBrokerOffers_WhenItHasNoSuchMechanism) {
    spec_.sasl.mechanism = SaslMechanism::scram_sha_512;
    const auto opened = open_with_login();
    ASSERT_TRUE(opened.has_error());
    EXPECT_THAT(opened.error().message(), HasSubstr("the broker offers PLAIN"));
}

TEST_F(ConnectionLogin, SaysWhichSecretIsMissing) {
    spec_.sasl.password = Secret("${file:/nowhere/password}");
    const auto opened = open_with_login();
    ASSERT_TRUE(opened.has_error());
    EXPECT_THAT(opened.error().message(), HasSubstr("/nowhere/password"));
}

TEST_F(ConnectionLogin, LogsInAgain_BeforeItsTimeIsOver) {
    ASSERT_TRUE(open_with_login().has_value());
    loop_.advance(milliseconds(kLoginLastsMs * 84 / 100));
    EXPECT_EQ(logins_, 1);
    loop_.advance(milliseconds(kLoginLastsMs * 12 / 100));
    EXPECT_EQ(logins_, 2);
    loop_.advance(milliseconds(kLoginLastsMs));
    EXPECT_EQ(logins_, 3);
    EXPECT_TRUE(connection_->is_open());
}

TEST_F(ConnectionLogin, HoldsOtherRequestsBack_WhileItLogsInAgain) {
    ASSERT_TRUE(open_with_login().has_value());
    is_slow_ = true;
    loop_.advance(milliseconds(kLoginLastsMs));
    ASSERT_EQ(requests_.size(), 1U);
    start_asking("a");
    start_asking("b");
    EXPECT_TRUE(asked_.empty());
    is_slow_ = false;
    answer_handshake(requests_[0]);
    loop_.settle();
    EXPECT_THAT(asked_, ElementsAre("a", "b"));
    EXPECT_THAT(questions_done(), ElementsAre("a", "b"));
    EXPECT_EQ(outcomes_[1].answer, "re: b");
}

TEST_F(ConnectionLogin, FailsWhatItHeldBack_WhenItIsClosed) {
    ASSERT_TRUE(open_with_login().has_value());
    is_slow_ = true;
    loop_.advance(milliseconds(kLoginLastsMs));
    start_asking("a");
    start_asking("b");
    wire().hang_up();
    loop_.settle();
    EXPECT_THAT(questions_done(), ElementsAre("a", "b"));
    EXPECT_TRUE(outcomes_[0].error.has_value() && outcomes_[1].error.has_value());
}

TEST_F(ConnectionLogin, Closes_WhenTheSecondLoginIsRefused) {
    ASSERT_TRUE(open_with_login().has_value());
    is_slow_ = true;
    loop_.advance(milliseconds(kLoginLastsMs));
    SaslHandshakeResponse refusal;
    refusal.error_code = static_cast<int16_t>(KafkaError::illegal_sasl_state);
    requests_[0].answer(refusal);
    loop_.settle();
    EXPECT_FALSE(connection_->is_open());
}

TEST_F(ConnectionLogin, GetsAnotherToken_WhenTheBrokerDoesNotTakeTheFormerOneAnyMore) {
    spec_.sasl.mechanism = SaslMechanism::oauthbearer;
    spec_.sasl.token_endpoint = "http://idp/token";
    spec_.sasl.client_id = "me";
    offered_ = "OAUTHBEARER";
    int given = 0;
    network_.listen({"idp", 80}, {})->on_connect = [&given](test::Wire& wire) {
        const std::string body =
            fmt::format(R"({{"access_token":"t{}","expires_in":3600}})", ++given);
        const std::string answer =
            fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
        wire.send(as_bytes(answer));
    };
    good_ =
        "n,,\x01"
        "auth=Bearer t1\x01\x01";
    ASSERT_TRUE(open_with_login().has_value());
    loop_.advance(seconds(60));
    ASSERT_TRUE(open_with_login().has_value());
    ASSERT_EQ(given, 1);
    good_ =
        "n,,\x01"
        "auth=Bearer t2\x01\x01";
    ASSERT_TRUE(open_with_login().has_error());
    const auto opened = open_with_login();
    EXPECT_TRUE(opened.has_value()) << opened.error().message();
    EXPECT_EQ(given, 2);
}

TEST_F(ConnectionLogin, Guesses_WhyABrokerHangsUpOnWhoDoesNotLogIn) {
    open_to_silent_peer();
    start_asking("a");
    wire().hang_up();
    loop_.settle();
    ASSERT_TRUE(outcomes_.at(0).error.has_value());
    EXPECT_THAT(outcomes_[0].error->message(), HasSubstr("does this listener want a login?"));
}

}  // namespace
}  // namespace lockstep::client

#include "sandbox/sasl.h"
#include "protocol/messages/sasl_authenticate.h"
#include "protocol/messages/sasl_handshake.h"
#include "tests/unit/sandbox/admin_fixture.h"
#include "tests/unit/sandbox/scram_client.h"

namespace lockstep::sandbox {

using protocol::KafkaError;
using protocol::SaslAuthenticateRequest;
using protocol::SaslAuthenticateResponse;
using protocol::SaslHandshakeRequest;

class SaslTest : public AdminTest {
protected:
    void start_with_users(ConfigValues config = {}) {
        ClusterOptions options;
        options.wants_sasl = true;
        options.plain_users = {{"alice", "wonder"}, {"bob", "builder"}};
        options.broker_config = std::move(config);
        start(std::move(options));
    }
    int16_t shake(const std::string& mechanism, int16_t version = 1) {
        SaslHandshakeRequest request;
        request.mechanism = mechanism;
        return ask(request, version).error_code;
    }
    SaslAuthenticateResponse authenticate(const Bytes& token) {
        SaslAuthenticateRequest request;
        request.auth_bytes = token;
        return ask(request, 2);
    }
    static Bytes plain(const std::string& user, const std::string& password,
                       const std::string& identity = "") {
        Bytes token = bytes_of(identity);
        for (const std::string& part : {user, password}) {
            token.push_back(0);
            token.insert(token.end(), part.begin(), part.end());
        }
        return token;
    }
};

TEST_F(SaslTest, PlainLogin_NamesThePrincipal) {
    start_with_users();
    EXPECT_EQ(shake("PLAIN"), 0);
    const auto answer = authenticate(plain("alice", "wonder"));
    EXPECT_EQ(answer.error_code, 0);
    EXPECT_EQ(answer.session_lifetime_ms, 0);
    EXPECT_TRUE(connection_.is_authenticated);
    EXPECT_EQ(connection_.principal, "User:alice");
    EXPECT_FALSE(ends_connection_);
}

TEST_F(SaslTest, WrongPassword_EndsTheConnection) {
    start_with_users();
    for (const Bytes& token :
         {plain("alice", "other"), plain("mallory", "x"), plain("alice", ""), plain("", "x"),
          plain("alice", "wonder", "bob"), bytes_of("alice")}) {
        EXPECT_EQ(shake("PLAIN"), 0);
        const auto answer = authenticate(token);
        EXPECT_EQ(answer.error_code, number_of(KafkaError::sasl_authentication_failed));
        EXPECT_TRUE(answer.error_message.has_value());
        EXPECT_TRUE(ends_connection_);
        EXPECT_FALSE(connection_.is_authenticated);
    }
}

TEST_F(SaslTest, ScramLogin_TakesTwoTokens) {
    start_with_users();
    add_scram_user(cluster_->users(), ScramMechanism::sha_512, "carol", "secret");
    EXPECT_EQ(shake("SCRAM-SHA-512"), 0);
    ScramClient client(ScramMechanism::sha_512, "carol", "secret");
    const auto first = authenticate(client.first());
    EXPECT_EQ(first.error_code, 0);
    EXPECT_FALSE(connection_.is_authenticated);
    const auto last = authenticate(client.final_for(first.auth_bytes));
    EXPECT_EQ(last.error_code, 0);
    EXPECT_TRUE(client.is_the_server(last.auth_bytes));
    EXPECT_EQ(connection_.principal, "User:carol");
}

TEST_F(SaslTest, UnknownMechanism_IsAnsweredWithThoseThatThereAre) {
    start_with_users({{"sasl.enabled.mechanisms", "GSSAPI,PLAIN,SCRAM-SHA-256"}});
    SaslHandshakeRequest request;
    request.mechanism = "SCRAM-SHA-512";
    const auto answer = ask(request, 1);
    EXPECT_EQ(answer.error_code, number_of(KafkaError::unsupported_sasl_mechanism));
    EXPECT_EQ(answer.mechanisms, (std::vector<std::string>{"PLAIN", "SCRAM-SHA-256"}));
    EXPECT_TRUE(ends_connection_);
}

TEST_F(SaslTest, WithoutSasl_AHandshakeIsOutOfPlace) {
    start();
    EXPECT_EQ(shake("PLAIN"), number_of(KafkaError::illegal_sasl_state));
    EXPECT_FALSE(ends_connection_);
    EXPECT_EQ(authenticate(plain("a", "b")).error_code, number_of(KafkaError::illegal_sasl_state));
}

TEST_F(SaslTest, TokenWithoutAHandshake_EndsTheConnectionWithoutAnAnswer) {
    start_with_users();
    authenticate(plain("alice", "wonder"));
    EXPECT_TRUE(ends_connection_);
    EXPECT_FALSE(wants_answer_);
    EXPECT_FALSE(connection_.is_authenticated);
}

TEST_F(SaslTest, SecondHandshakeInATalk_EndsTheConnection) {
    start_with_users();
    EXPECT_EQ(shake("PLAIN"), 0);
    EXPECT_EQ(shake("PLAIN"), number_of(KafkaError::illegal_sasl_state));
    EXPECT_TRUE(ends_connection_);
}

TEST_F(SaslTest, HandshakeOfVersionZero_IsFollowedByTokensWithoutHeaders) {
    start_with_users();
    EXPECT_EQ(shake("PLAIN", 0), 0);
    EXPECT_TRUE(connection_.takes_raw_tokens);
    EXPECT_EQ(sandbox::authenticate(*cluster_, connection_, plain("alice", "wonder")).state,
              SaslStep::State::done);
    EXPECT_FALSE(connection_.takes_raw_tokens);
}

TEST_F(SaslTest, Session_EndsUntilTheClientLogsInAnew) {
    start_with_users({{"connections.max.reauth.ms", "1000"}});
    EXPECT_EQ(shake("PLAIN"), 0);
    EXPECT_EQ(authenticate(plain("alice", "wonder")).session_lifetime_ms, 1000);
    loop_.advance(std::chrono::milliseconds(999));
    EXPECT_FALSE(is_session_over(*cluster_, connection_));
    loop_.advance(std::chrono::milliseconds(1));
    EXPECT_TRUE(is_session_over(*cluster_, connection_));
    EXPECT_EQ(shake("PLAIN"), 0);
    EXPECT_EQ(authenticate(plain("alice", "wonder")).error_code, 0);
    EXPECT_FALSE(is_session_over(*cluster_, connection_));
}

TEST_F(SaslTest, SecondLogin_MustBeTheSameOne) {
    start_with_users({{"connections.max.reauth.ms", "1000"}});
    EXPECT_EQ(shake("PLAIN"), 0);
    EXPECT_EQ(authenticate(plain("alice", "wonder")).error_code, 0);
    EXPECT_EQ(shake("PLAIN"), 0);
    EXPECT_EQ(authenticate(plain("bob", "builder")).error_code,
              number_of(KafkaError::sasl_authentication_failed));
    EXPECT_TRUE(ends_connection_);
    EXPECT_EQ(connection_.principal, "User:alice");
}

TEST_F(SaslTest, SecondLoginByAnotherMechanism_EndsTheConnectionWithoutAnAnswer) {
    start_with_users({{"connections.max.reauth.ms", "1000"}});
    EXPECT_EQ(shake("PLAIN"), 0);
    EXPECT_EQ(authenticate(plain("alice", "wonder")).error_code, 0);
    EXPECT_EQ(shake("SCRAM-SHA-256"), 0);
    EXPECT_TRUE(wants_answer_);
    authenticate(bytes_of("n,,n=alice,r=x"));
    EXPECT_TRUE(ends_connection_);
    EXPECT_FALSE(wants_answer_);
}

TEST_F(SaslTest, SecondLogin_IsOnlyForSessionsThatEnd) {
    start_with_users();
    EXPECT_EQ(shake("PLAIN"), 0);
    EXPECT_EQ(authenticate(plain("alice", "wonder")).error_code, 0);
    EXPECT_EQ(shake("PLAIN"), number_of(KafkaError::illegal_sasl_state));
    EXPECT_EQ(authenticate(plain("alice", "wonder")).error_code,
              number_of(KafkaError::illegal_sasl_state));
    EXPECT_FALSE(ends_connection_);
}

TEST_F(SaslTest, FurtherLogins_ComeOnceInASecond) {
    start_with_users({{"connections.max.reauth.ms", "5000"}});
    const auto log_in = [&] {
        const int16_t error = shake("PLAIN");
        return error == 0 ? authenticate(plain("alice", "wonder")).error_code : error;
    };
    EXPECT_EQ(log_in(), 0);
    EXPECT_EQ(log_in(), 0);
    loop_.advance(std::chrono::milliseconds(999));
    EXPECT_EQ(log_in(), number_of(KafkaError::illegal_sasl_state));
    EXPECT_FALSE(ends_connection_);
    loop_.advance(std::chrono::milliseconds(1));
    EXPECT_EQ(log_in(), 0);
}

}  // namespace lockstep::sandbox

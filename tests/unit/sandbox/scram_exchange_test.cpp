#include "sandbox/scram_exchange.h"

#include "tests/unit/sandbox/admin_fixture.h"
#include "tests/unit/sandbox/scram_client.h"

namespace lockstep::sandbox {

using State = SaslStep::State;

class ScramExchangeTest : public AdminTest {
protected:
    void SetUp() override {
        start();
        for (const ScramMechanism mechanism : {ScramMechanism::sha_256, ScramMechanism::sha_512}) {
            add_scram_user(cluster_->users(), mechanism, "alice", "wonder");
        }
    }
    SaslStep talk(ScramMechanism mechanism, ScramClient& client) {
        ScramExchange exchange(cluster_->users(), mechanism, rng_);
        const SaslStep first = exchange.step(client.first());
        return first.state == State::continues ? exchange.step(client.final_for(first.answer))
                                               : first;
    }
    State state_after_first(const std::string& message) {
        ScramExchange exchange(cluster_->users(), ScramMechanism::sha_256, rng_);
        return exchange.step(as_bytes(message)).state;
    }
};

TEST_F(ScramExchangeTest, RightPassword_IsProvedToBothSides) {
    for (const ScramMechanism mechanism : {ScramMechanism::sha_256, ScramMechanism::sha_512}) {
        ScramClient client(mechanism, "alice", "wonder");
        const SaslStep step = talk(mechanism, client);
        EXPECT_EQ(step.state, State::done);
        EXPECT_EQ(step.user, "alice");
        EXPECT_TRUE(client.is_the_server(step.answer));
    }
}

TEST_F(ScramExchangeTest, SetPassword_IsForBothMechanisms) {
    cluster_->users().set_password("bob", "builder", rng_);
    for (const ScramMechanism mechanism : {ScramMechanism::sha_256, ScramMechanism::sha_512}) {
        ScramClient client(mechanism, "bob", "builder");
        EXPECT_EQ(talk(mechanism, client).user, "bob");
    }
    const auto& credentials = cluster_->users().all_scram().at("bob");
    EXPECT_NE(credentials.at(ScramMechanism::sha_256).salt,
              credentials.at(ScramMechanism::sha_512).salt);
}

TEST_F(ScramExchangeTest, WrongPassword_Fails) {
    ScramClient client(ScramMechanism::sha_256, "alice", "other");
    const SaslStep step = talk(ScramMechanism::sha_256, client);
    EXPECT_EQ(step.state, State::failed);
    EXPECT_FALSE(step.message.empty());
}

TEST_F(ScramExchangeTest, UnknownUser_FailsAtTheFirstMessage) {
    ScramClient client(ScramMechanism::sha_256, "mallory", "wonder");
    EXPECT_EQ(talk(ScramMechanism::sha_256, client).state, State::failed);
}

TEST_F(ScramExchangeTest, UserNames_HaveEscapes) {
    add_scram_user(cluster_->users(), ScramMechanism::sha_256, "a,b=c", "wonder");
    ScramClient client(ScramMechanism::sha_256, "a=2Cb=3Dc", "wonder");
    EXPECT_EQ(talk(ScramMechanism::sha_256, client).user, "a,b=c");
    EXPECT_EQ(state_after_first("n,,n=a=2Xb,r=x"), State::failed);
}

TEST_F(ScramExchangeTest, FirstMessage_MustBeWellFormed) {
    EXPECT_EQ(state_after_first("n,,n=alice,r=x"), State::continues);
    EXPECT_EQ(state_after_first("n,a=alice,n=alice,r=x"), State::continues);
    for (const char* message :
         {"", "n,,", "y,,n=alice,r=x", "p=tls-unique,,n=alice,r=x", "n,,n=,r=x",
          "n,,n=alice,r=", "n,,r=x,n=alice", "n,a=bob,n=alice,r=x", "n,bob,n=alice,r=x"}) {
        EXPECT_EQ(state_after_first(message), State::failed) << message;
    }
}

TEST_F(ScramExchangeTest, FinalMessage_MustBeWellFormed) {
    for (const char* message :
         {"", "c=biws", "c=biws,r=x", "c=biws,r=x,p=!", "r=x,c=biws,p=AAAA"}) {
        ScramExchange exchange(cluster_->users(), ScramMechanism::sha_256, rng_);
        ASSERT_EQ(exchange.step(as_bytes("n,,n=alice,r=x")).state, State::continues);
        EXPECT_EQ(exchange.step(as_bytes(message)).state, State::failed) << message;
    }
}

TEST_F(ScramExchangeTest, ProofOfAnotherTalk_DoesNotCount) {
    ScramClient client(ScramMechanism::sha_256, "alice", "wonder");
    ScramExchange one(cluster_->users(), ScramMechanism::sha_256, rng_);
    ScramExchange other(cluster_->users(), ScramMechanism::sha_256, rng_);
    const SaslStep first = one.step(client.first());
    ASSERT_EQ(other.step(client.first()).state, State::continues);
    EXPECT_EQ(other.step(client.final_for(first.answer)).state, State::failed);
}

TEST(Base64, GoesThereAndBack) {
    for (const auto& [text, encoded] : std::vector<std::pair<std::string, std::string>>{
             {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}}) {
        EXPECT_EQ(encode_base64(as_bytes(text)), encoded);
        EXPECT_EQ(decode_base64(encoded), bytes_of(text));
    }
    EXPECT_FALSE(decode_base64("Zg=").has_value());
    EXPECT_FALSE(decode_base64("Z-==").has_value());
    EXPECT_FALSE(decode_base64("Z=Zg").has_value());
}

/// The example of RFC 7677.
TEST(ScramCredential, HasTheServerKeyOfTheStandard) {
    const Bytes salt = *decode_base64("W22ZaJ0SNY7soEsUEjb6gQ==");
    const auto kind = runtime::DigestKind::sha_256;
    const ScramCredential credential =
        make_credential(ScramMechanism::sha_256, salt, 4096,
                        runtime::salted_password(kind, as_bytes("pencil"), salt, 4096));
    const std::string nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    const std::string everything = "n=user,r=rOprNGfwEbeRWgbNEkqO,r=" + nonce +
                                   ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=" + nonce;
    EXPECT_EQ(encode_base64(runtime::hmac(kind, credential.server_key, as_bytes(everything))),
              "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

}  // namespace lockstep::sandbox

#include "tests/unit/client/connection_fixture.h"

namespace lockstep::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

class ConnectionCall : public ConnectionTest {};

TEST_F(ConnectionCall, ReturnsTheAnswer) {
    open_to_echo();
    const Outcome outcome = ask_and_wait("hello");
    EXPECT_FALSE(outcome.error.has_value()) << outcome.error->message();
    EXPECT_EQ(outcome.answer, "re: hello");
}

TEST_F(ConnectionCall, ReturnsTheAnswer_WhenItComesByteByByte) {
    open_to_silent_peer();
    start_asking("a");
    start_asking("b");
    wire().send_in_dribs(joined({answer_to(requests_[0]), answer_to(requests_[1])}));
    loop_.settle();
    EXPECT_THAT(questions_done(), ElementsAre("a", "b"));
    EXPECT_EQ(outcomes_[0].answer, "re: a");
    EXPECT_EQ(outcomes_[1].answer, "re: b");
}

TEST_F(ConnectionCall, ReturnsTheAnswer_WhenEachByteIsLate) {
    open_to_silent_peer();
    start_asking("a");
    const Bytes answer = answer_to(requests_[0]);
    for (const uint8_t byte : answer) {
        EXPECT_TRUE(outcomes_.empty());
        loop_.advance(milliseconds(5));
        wire().send(Bytes{byte});
    }
    loop_.settle();
    EXPECT_THAT(questions_done(), ElementsAre("a"));
}

TEST_F(ConnectionCall, CutsFramesApart_WhereverTheReadsAreCut) {
    open_to_silent_peer();
    for (size_t cut = 1; cut < 80; ++cut) {
        outcomes_.clear();
        requests_.clear();
        start_asking("a");
        start_asking("b");
        const Bytes both = joined({answer_to(requests_[0]), answer_to(requests_[1])});
        ASSERT_LT(cut, both.size());
        wire().send(ByteView(both).first(cut));
        loop_.settle();
        wire().send(ByteView(both).subspan(cut));
        loop_.settle();
        ASSERT_THAT(questions_done(), ElementsAre("a", "b")) << cut;
        ASSERT_EQ(outcomes_[1].answer, "re: b") << cut;
    }
}

TEST_F(ConnectionCall, FailsAllAndCloses_AtTheFirstDeadline) {
    open_to_silent_peer({.request_timeout = seconds(30)});
    start_asking("a");
    loop_.advance(seconds(10));
    start_asking("b");
    loop_.advance(milliseconds(19'999));
    EXPECT_TRUE(outcomes_.empty());
    EXPECT_TRUE(connection_->is_open());
    loop_.advance(milliseconds(1));
    EXPECT_THAT(questions_done(), ElementsAre("a", "b"));
    EXPECT_TRUE(outcomes_[0].error->is(Errc::timeout));
    EXPECT_TRUE(outcomes_[1].error->is(Errc::timeout));
    EXPECT_THAT(outcomes_[0].error->message(), HasSubstr("broker:9092 within 30000 ms"));
    EXPECT_FALSE(connection_->is_open());
    EXPECT_TRUE(wire().is_closed_by_client());
}

TEST_F(ConnectionCall, LeavesTheConnectionOpen_WhenTheAnswerCameInTime) {
    open_to_silent_peer({.request_timeout = seconds(30)});
    start_asking("a");
    loop_.advance(seconds(29));
    wire().send(answer_to(requests_[0]));
    loop_.advance(seconds(100));
    EXPECT_EQ(outcomes_.at(0).answer, "re: a");
    EXPECT_TRUE(connection_->is_open());
}

TEST_F(ConnectionCall, FailsAll_WhenTheCorrelationIdIsAnothers) {
    open_to_silent_peer();
    start_asking("a");
    start_asking("b");
    wire().send(answer_to(requests_[1]));
    loop_.settle();
    EXPECT_THAT(questions_done(), ElementsAre("a", "b"));
    EXPECT_TRUE(outcomes_[0].error->is(Errc::malformed));
    EXPECT_TRUE(outcomes_[1].error->is(Errc::malformed));
    EXPECT_FALSE(connection_->is_open());
}

TEST_F(ConnectionCall, Closes_WhenAnAnswerComesThatNobodyAskedFor) {
    open_to_silent_peer();
    wire().send(Bytes{0, 0, 0, 4, 0, 0, 0, 1});
    loop_.settle();
    EXPECT_FALSE(connection_->is_open());
    const Outcome outcome = ask_and_wait("later");
    ASSERT_TRUE(outcome.error.has_value());
    EXPECT_TRUE(outcome.error->is(Errc::malformed));
}

TEST_F(ConnectionCall, Fails_WhenThePeerHangsUp_AtAnyByteOfTheAnswer) {
    for (size_t sent = 0; sent < 36; sent += 3) {
        outcomes_.clear();
        requests_.clear();
        open_to_silent_peer();
        start_asking("a");
        const Bytes answer = answer_to(requests_[0]);
        ASSERT_LT(sent, answer.size());
        wire().send(ByteView(answer).first(sent));
        wire().hang_up();
        loop_.settle();
        ASSERT_THAT(questions_done(), ElementsAre("a")) << sent;
        ASSERT_TRUE(outcomes_[0].error.has_value()) << sent;
        ASSERT_TRUE(outcomes_[0].error->is(Errc::disconnected)) << sent;
        close();
    }
}

TEST_F(ConnectionCall, FailsAlone_WhenItsAnswerCannotBeDecoded) {
    open_to_silent_peer();
    start_asking("a");
    Bytes answer = answer_to(requests_[0]);
    answer.pop_back();
    store_big_endian<int32_t>(answer.data(), static_cast<int32_t>(answer.size()) - 4);
    wire().send(answer);
    loop_.settle();
    ASSERT_TRUE(outcomes_.at(0).error.has_value());
    EXPECT_TRUE(outcomes_[0].error->is(Errc::malformed));
}

TEST_F(ConnectionCall, SaysStopped_WhenClosed) {
    open_to_silent_peer();
    start_asking("a");
    connection_->close();
    connection_->close();
    loop_.settle();
    ASSERT_TRUE(outcomes_.at(0).error.has_value());
    EXPECT_TRUE(outcomes_[0].error->is(Errc::stopped));
}

TEST_F(ConnectionCall, Closes_WhenThePeerHangsUpWhileIdle) {
    open_to_echo();
    wire().hang_up();
    loop_.settle();
    EXPECT_FALSE(connection_->is_open());
}

TEST_F(ConnectionCall, TellsTheApiInItsError) {
    open_to_silent_peer();
    start_asking("a");
    wire().hang_up();
    loop_.settle();
    EXPECT_THAT(outcomes_.at(0).error->message(),
                HasSubstr(std::string(to_string(ApiKey::metadata))));
}

struct FrameCase {
    size_t size;
    bool in_dribs;
};

class ConnectionFrames : public ConnectionTest, public testing::WithParamInterface<FrameCase> {};

TEST_P(ConnectionFrames, AreReadWhole_WithAndWithoutAPool) {
    BufferPool pool(8 << 20);
    for (BufferPool* buffers : {static_cast<BufferPool*>(nullptr), &pool}) {
        outcomes_.clear();
        requests_.clear();
        open_to_silent_peer({.buffers = buffers});
        for (const char* question : {"small", "sized", "after"}) {
            start_asking(question);
        }
        std::string text(GetParam().size, ' ');
        for (size_t i = 0; i < text.size(); ++i) {
            text[i] = static_cast<char>('a' + i * 7 % 26);
        }
        const Bytes answers =
            joined({answer_to(requests_[0]), requests_[1].frame_of(text_answer(text)),
                    answer_to(requests_[2])});
        GetParam().in_dribs ? wire().send_in_dribs(answers) : wire().send(answers);
        loop_.settle();
        ASSERT_THAT(questions_done(), ElementsAre("small", "sized", "after"));
        EXPECT_TRUE(outcomes_[1].answer == text);
        EXPECT_EQ(outcomes_[2].answer, "re: after");
        close();
    }
}

INSTANTIATE_TEST_SUITE_P(Sizes, ConnectionFrames,
                         testing::Values(FrameCase{1, false}, FrameCase{32'700, false},
                                         FrameCase{32'768, false}, FrameCase{32'800, true},
                                         FrameCase{65'500, false}, FrameCase{65'536, true},
                                         FrameCase{98'300, false}, FrameCase{200'000, true},
                                         FrameCase{3'000'000, false}));

Task<void> ask_and_hold(Connection& connection, std::optional<Answer<MetadataResponse>>& held) {
    MetadataRequest request;
    auto answer = co_await connection.call(request, kProbeVersion);
    if (answer.has_value()) {
        held = std::move(*answer);
    }
}

TEST_F(ConnectionCall, TakesLargeFramesFromThePool_AndGivesThemBack) {
    BufferPool pool(8 << 20);
    { const Slice warm = pool.take(1 << 20); }
    const size_t kept = pool.kept_bytes();
    open_to_silent_peer({.buffers = &pool});
    std::optional<Answer<MetadataResponse>> held;
    calls_.spawn("ask", ask_and_hold(*connection_, held));
    loop_.settle();
    requests_.at(0).answer(text_answer(std::string((1 << 20) - 1000, 'x')));
    loop_.settle();
    ASSERT_TRUE(held.has_value());
    EXPECT_EQ(pool.kept_bytes(), 0U);
    held.reset();
    EXPECT_EQ(pool.kept_bytes(), kept);
}

/// Runs a whole conversation with one read or write failing; true where it ended before that one.
class ConnectionErrors : public ConnectionTest {
protected:
    bool survives_conversation() {
        peer_ = network_.listen(kEndpoint, [](const ReceivedRequest& request) {
            if (request.key() == ApiKey::api_versions) {
                request.answer(test::versions_with_topic_ids());
            } else {
                request.wire->send_in_dribs(answer_to(request));
            }
        });
        connection_ = std::make_unique<Connection>(runtime_, kEndpoint, ConnectionOptions{});
        const auto opened = test::run(loop_, connection_->open({}));
        bool has_failed = opened.has_error();
        if (has_failed) {
            EXPECT_TRUE(opened.error().is(Errc::disconnected)) << opened.error().message();
        }
        outcomes_.clear();
        for (const char* question : {"a", "b", "c"}) {
            start_asking(question);
        }
        loop_.settle();
        EXPECT_THAT(questions_done(), ElementsAre("a", "b", "c"));
        for (const Outcome& outcome : outcomes_) {
            if (outcome.error) {
                has_failed = true;
                EXPECT_TRUE(outcome.error->is(Errc::disconnected)) << outcome.error->message();
            } else {
                EXPECT_EQ(outcome.answer, "re: " + outcome.question);
            }
        }
        const bool is_injected = network_.errors().reads > network_.errors().failing_read &&
                                 network_.errors().writes > network_.errors().failing_write;
        EXPECT_EQ(connection_->is_open(), !is_injected);
        EXPECT_TRUE(is_injected || !has_failed);
        close();
        return !is_injected;
    }
};

TEST_F(ConnectionErrors, AtEachRead_FailTheCallsAndCloseTheConnection) {
    int failed = 0;
    for (bool survived = false; !survived; ++failed) {
        network_.errors() = {.failing_read = failed};
        survived = survives_conversation();
        ASSERT_FALSE(HasFailure()) << "read " << failed;
    }
    EXPECT_GT(failed, 100);
}

TEST_F(ConnectionErrors, AtEachWrite_FailTheCallsAndCloseTheConnection) {
    int failed = 0;
    for (bool survived = false; !survived; ++failed) {
        network_.errors() = {.failing_write = failed};
        survived = survives_conversation();
        ASSERT_FALSE(HasFailure()) << "write " << failed;
    }
    EXPECT_GE(failed, 4);
}

}  // namespace
}  // namespace lockstep::client

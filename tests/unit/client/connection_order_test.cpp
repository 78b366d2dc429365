// Callers of pipelined requests go on in the order of their requests, whatever happens: who sends
// sequence numbers counts on it.

#include "tests/unit/client/connection_fixture.h"

namespace lockstep::client {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

class ConnectionOrder : public ConnectionTest {
protected:
    /// Three questions of which the peer has the bytes, while the writes do not return: "a" in one
    /// write, "b" and "c" in the next or still waiting for it.
    void start_three_while_writes_are_held() {
        wire().hold_writes();
        start_asking("a");
        start_asking("b");
        start_asking("c");
    }

    /// The same with all three in one write.
    void start_three_in_one_held_write() {
        wire().hold_writes();
        for (const char* question : {"a", "b", "c"}) {
            calls_.spawn("ask", ask(*connection_, question, outcomes_));
        }
        loop_.settle();
        ASSERT_EQ(requests_.size(), 3U);
    }

    bool all_failed() const {
        return std::ranges::all_of(outcomes_, [](const Outcome& o) { return o.error.has_value(); });
    }
};

TEST_F(ConnectionOrder, IsKept_WhenAnswersComeTogether) {
    open_to_silent_peer();
    for (const char* question : {"a", "b", "c", "d", "e"}) {
        start_asking(question);
    }
    std::vector<Bytes> answers;
    for (const ReceivedRequest& request : requests_) {
        answers.push_back(answer_to(request));
    }
    wire().send(joined(answers));
    loop_.settle();
    EXPECT_THAT(questions_done(), ElementsAre("a", "b", "c", "d", "e"));
    EXPECT_EQ(outcomes_.back().answer, "re: e");
}

TEST_F(ConnectionOrder, IsKept_WhenTheWriteEndsAfterAllAnswers) {
    open_to_silent_peer();
    start_three_in_one_held_write();
    for (const ReceivedRequest& request : requests_) {
        wire().send(answer_to(request));
    }
    loop_.settle();
    wire().release_writes();
    loop_.settle();
    EXPECT_THAT(questions_done(), ElementsAre("a", "b", "c"));
}

// The caller of "a" has seen its answer and waits for the write. The answer to "b" has woken the
// caller of "b", who has not run yet when the write ends.
TEST_F(ConnectionOrder, IsKept_WhenTheWriteEndsBetweenAnAnswerAndItsCaller) {
    open_to_silent_peer();
    start_three_in_one_held_write();
    wire().send(answer_to(requests_[0]));
    loop_.settle();
    wire().send(answer_to(requests_[1]));
    wire().release_writes();
    loop_.settle();
    EXPECT_THAT(questions_done(), ElementsAre("a", "b"));
    wire().send(answer_to(requests_[2]));
    loop_.settle();
    EXPECT_THAT(questions_done(), ElementsAre("a", "b", "c"));
}

// The same from every point at which the write can end, turn by turn of the loop.
TEST_F(ConnectionOrder, IsKept_WhereverTheWriteEnds) {
    open_to_silent_peer();
    for (int turns = 0; turns < 12; ++turns) {
        outcomes_.clear();
        requests_.clear();
        start_three_in_one_held_write();
        wire().send(answer_to(requests_[0]));
        for (int i = 0; i < turns; ++i) {
            if (i == turns / 2) {
                wire().send(answer_to(requests_[1]));
            }
            loop_.turn();
        }
        if (turns == 0) {
            wire().send(answer_to(requests_[1]));
        }
        wire().send(answer_to(requests_[2]));
        wire().release_writes();
        loop_.settle();
        ASSERT_THAT(questions_done(), ElementsAre("a", "b", "c")) << turns;
    }
}

TEST_F(ConnectionOrder, IsKept_WhenTheConnectionBreaksDuringAWrite) {
    open_to_silent_peer();
    start_three_while_writes_are_held();
    wire().hang_up();
    loop_.settle();
    EXPECT_THAT(questions_done(), ElementsAre("a", "b", "c"));
    EXPECT_TRUE(all_failed());
}

TEST_F(ConnectionOrder, IsKept_WhenADeadlinePassesDuringAWrite) {
    open_to_silent_peer();
    start_three_while_writes_are_held();
    loop_.advance(seconds(31));
    EXPECT_THAT(questions_done(), ElementsAre("a", "b", "c"));
    EXPECT_TRUE(all_failed());
}

TEST_F(ConnectionOrder, IsKept_WhenClosedDuringAWrite) {
    open_to_silent_peer();
    start_three_while_writes_are_held();
    connection_->close();
    loop_.settle();
    EXPECT_THAT(questions_done(), ElementsAre("a", "b", "c"));
    EXPECT_TRUE(all_failed());
}

// "a" is answered and waits for the end of its write; then the connection breaks.
// "b" is asked before the caller of "a", who has been woken, runs.
TEST_F(ConnectionOrder, IsKept_WhereOneCallsJustAfterItFailed) {
    open_to_silent_peer();
    start_asking("a");
    calls_.spawn("ask", ask(*connection_, "b", outcomes_));
    connection_->close();
    loop_.settle();
    EXPECT_THAT(questions_done(), ElementsAre("a", "b"));
    EXPECT_TRUE(all_failed());
}

TEST_F(ConnectionOrder, IsKept_WhenSomeAreAnsweredAndSomeFail) {
    open_to_silent_peer();
    start_three_in_one_held_write();
    wire().send(answer_to(requests_[0]));
    loop_.settle();
    wire().hang_up();
    loop_.settle();
    EXPECT_THAT(questions_done(), ElementsAre("a", "b", "c"));
    EXPECT_EQ(outcomes_[0].answer, "re: a");
    EXPECT_TRUE(outcomes_[1].error.has_value());
    EXPECT_TRUE(outcomes_[2].error.has_value());
}

Task<void> ask_twice(Connection& connection, std::vector<Outcome>& outcomes) {
    co_await ask(connection, "first", outcomes);
    co_await ask(connection, "again", outcomes);
}

TEST_F(ConnectionOrder, LetsACallerAskAgain_AsSoonAsItHasItsAnswer) {
    open_to_silent_peer();
    calls_.spawn("ask", ask_twice(*connection_, outcomes_));
    loop_.settle();
    start_asking("other");
    wire().send(joined({answer_to(requests_.at(0)), answer_to(requests_.at(1))}));
    loop_.settle();
    wire().send(answer_to(requests_.at(2)));
    loop_.settle();
    EXPECT_THAT(questions_done(), ElementsAre("first", "other", "again"));
}

// A peer that guesses the next correlation id must not make us forget that the frame is still to
// be written.
TEST_F(ConnectionOrder, RefusesAnAnswer_ToWhatHasNotBeenSentYet) {
    open_to_silent_peer();
    start_three_while_writes_are_held();
    ASSERT_EQ(requests_.size(), 1U);
    ReceivedRequest guessed = requests_[0];
    guessed.header.correlation_id += 1;
    wire().send(joined({answer_to(requests_[0]), guessed.frame_of(text_answer("guessed"))}));
    loop_.settle();
    wire().release_writes();
    loop_.settle();
    EXPECT_THAT(questions_done(), ElementsAre("a", "b", "c"));
    EXPECT_EQ(outcomes_[0].answer, "re: a");
    ASSERT_TRUE(outcomes_[1].error.has_value());
    EXPECT_TRUE(outcomes_[1].error->is(Errc::malformed));
}

}  // namespace
}  // namespace lockstep::client

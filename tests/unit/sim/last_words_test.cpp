#include "sim/last_words.h"

#include "base/assert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <ctime>

namespace lockstep::sim {
namespace {

using testing::HasSubstr;
using testing::KilledBySignal;
using testing::Not;

constexpr std::chrono::seconds kLong{100};
constexpr char kCommand[] = "./dev sim --world routes --seed 17";

void begin(std::chrono::seconds patience) {
    last_words::install();
    last_words::begin("./dev sim --seed 16", kLong);
    last_words::begin(kCommand, patience);
}

/// As where a loop never ends.
void spin() {
    while (std::time(nullptr) > 0) {
    }
}

TEST(LastWords, NameTheSeed_OfAnAssertion) {
    EXPECT_EXIT(
        {
            begin(kLong);
            LS_ASSERT(std::time(nullptr) == 0);
        },
        KilledBySignal(SIGABRT), HasSubstr(kCommand));
}

TEST(LastWords, NameTheSeed_OfACrash) {
    EXPECT_EXIT(
        {
            begin(kLong);
            std::raise(SIGSEGV);
        },
        KilledBySignal(SIGSEGV), HasSubstr(kCommand));
}

TEST(LastWords, NameTheSeed_ThatTakesTooLong) {
    EXPECT_EXIT(
        {
            begin(std::chrono::seconds(1));
            spin();
        },
        KilledBySignal(SIGALRM), HasSubstr(kCommand));
}

TEST(LastWords, SayNothing_OnceItIsOver) {
    EXPECT_EXIT(
        {
            begin(kLong);
            last_words::end();
            std::raise(SIGTERM);
        },
        KilledBySignal(SIGTERM), Not(HasSubstr(kCommand)));
}

}  // namespace
}  // namespace lockstep::sim

#include "app/state_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace lockstep::app {
namespace {

using testing::HasSubstr;

class StateDirectoryTest : public testing::Test {
protected:
    StateDirectoryTest() {
        std::string made = testing::TempDir() + "lockstep-state-XXXXXX";
        EXPECT_NE(::mkdtemp(made.data()), nullptr);
        path_ = made;
    }
    ~StateDirectoryTest() override { std::filesystem::remove_all(path_); }

    std::unique_ptr<StateDirectory> take() const {
        auto taken = StateDirectory::take(path_ / "worker");
        EXPECT_TRUE(taken.has_value()) << taken.error().message();
        return std::move(*taken);
    }

    std::filesystem::path path_;
};

TEST_F(StateDirectoryTest, KeepsNames_FromOneProcessToTheNext) {
    {
        const auto first = take();
        EXPECT_EQ(first->name_in("turns"), "");
        first->keep("turns", "worker-1");
        first->keep("others", "worker-2");
        first->keep("turns", "worker-3");
    }
    const auto second = take();
    EXPECT_EQ(second->name_in("turns"), "worker-3");
    EXPECT_EQ(second->name_in("others"), "worker-2");
    second->keep("turns", "");
    EXPECT_EQ(second->name_in("turns"), "");
}

TEST_F(StateDirectoryTest, ForgetsAName_ForGood) {
    {
        const auto first = take();
        first->keep("turns", "worker-1");
        first->keep("turns", "");
        first->keep("never there", "");
    }
    EXPECT_EQ(take()->name_in("turns"), "");
}

TEST_F(StateDirectoryTest, IsOneProcessesAtATime) {
    const auto first = take();
    const auto second = StateDirectory::take(path_ / "worker");
    ASSERT_TRUE(second.has_error());
    EXPECT_THAT(second.error().message(), HasSubstr("another Lockstep has the state directory"));
}

TEST_F(StateDirectoryTest, BeginsAnew_WhereTheFileIsDamaged) {
    for (const char* damaged : {"", "{", "[1]", R"({"turns": 7})"}) {
        take()->keep("turns", "worker-1");
        std::ofstream(path_ / "worker" / "group-members.json", std::ios::trunc) << damaged;
        EXPECT_EQ(take()->name_in("turns"), "") << damaged;
    }
}

TEST_F(StateDirectoryTest, SaysWhatIsWrong_WhereItCannotBeMade) {
    std::ofstream(path_ / "file") << "no directory";
    const auto taken = StateDirectory::take(path_ / "file");
    ASSERT_TRUE(taken.has_error());
    EXPECT_THAT(taken.error().message(), HasSubstr((path_ / "file").string()));
}

}  // namespace
}  // namespace lockstep::app

#include "runtime/input_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace lockstep::runtime {
namespace {

using testing::ElementsAre;

class InputLinesTest : public testing::Test {
protected:
    InputLinesTest() { EXPECT_EQ(::pipe(ends_.data()), 0); }
    ~InputLinesTest() override {
        ::close(ends_[0]);
        close_input();
    }

    void write(const std::string& text) {
        ASSERT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }
    void close_input() {
        if (ends_[1] >= 0) {
            ::close(std::exchange(ends_[1], -1));
        }
    }
    void listen(int descriptor) {
        input_ = std::make_unique<InputLines>(loop_, descriptor, [this](std::string_view line) {
            lines_.emplace_back(line);
            if (lines_.size() >= wanted_) {
                loop_.finish();
            }
        });
    }
    /// What came, once there are so many.
    const std::vector<std::string>& lines(size_t count) {
        wanted_ = count;
        if (lines_.size() < count) {
            loop_.run();
        }
        return lines_;
    }

    AsioLoop loop_;
    std::array<int, 2> ends_{};
    std::unique_ptr<InputLines> input_;
    std::vector<std::string> lines_;
    size_t wanted_ = 0;
};

TEST_F(InputLinesTest, LinesComeAsTheyAreWritten) {
    listen(ends_[0]);
    write("first\nsec");
    EXPECT_THAT(lines(1), ElementsAre("first"));
    write("ond\n\nfourth\n");
    EXPECT_THAT(lines(4), ElementsAre("first", "second", "", "fourth"));
}

TEST_F(InputLinesTest, MoreThanOneReadTakes_ComesWhole) {
    const std::string line(1000, 'x');
    std::string text;
    for (int i = 0; i < 20; ++i) {
        text += line + "\n";
    }
    write(text);
    listen(ends_[0]);
    EXPECT_EQ(lines(20), std::vector<std::string>(20, line));
}

TEST_F(InputLinesTest, LastLineNeedsNoEnd) {
    write("first\nlast");
    close_input();
    listen(ends_[0]);
    EXPECT_THAT(lines(2), ElementsAre("first", "last"));
}

TEST_F(InputLinesTest, WhatIsTooLongInALine_IsLeftOut) {
    listen(ends_[0]);
    write(std::string(InputLines::kLongestLine, 'a') + "bbb\nnext\n");
    EXPECT_THAT(lines(2), ElementsAre(std::string(InputLines::kLongestLine, 'a'), "next"));
}

TEST_F(InputLinesTest, FilesAreReadToTheirEnd) {
    std::FILE* file = std::tmpfile();
    std::fputs("one\ntwo\nthree", file);
    std::fflush(file);
    std::rewind(file);
    listen(::fileno(file));
    EXPECT_THAT(lines(3), ElementsAre("one", "two", "three"));
    std::fclose(file);
}

TEST_F(InputLinesTest, DescriptorKeepsItsFlags) {
    const int before = ::fcntl(ends_[0], F_GETFL);
    listen(ends_[0]);
    write("line\n");
    lines(1);
    EXPECT_EQ(::fcntl(ends_[0], F_GETFL), before);
    input_.reset();
    EXPECT_EQ(::fcntl(ends_[0], F_GETFL), before);
    EXPECT_TRUE(InputLines::is_open(ends_[0]));
}

TEST_F(InputLinesTest, IsNotOpen_WhereItIsClosed) {
    const int closed = ::dup(ends_[0]);
    ::close(closed);
    EXPECT_FALSE(InputLines::is_open(closed));
}

}  // namespace
}  // namespace lockstep::runtime

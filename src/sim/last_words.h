#pragma once

#include <chrono>
#include <string_view>

namespace lockstep::sim {

/// What a program says where it ends in the middle of something: by an assertion, a crash, or
/// because one thing takes too long. Of the process; begin with install().
namespace last_words {

/// From now on, whatever ends the process is told on stderr.
void install();

/// What is under way, as a command that does it again: one line. It may take so long, in real time.
void begin(std::string_view command, std::chrono::seconds patience);

/// Nothing is under way any more.
void end();

}  // namespace last_words
}  // namespace lockstep::sim

#pragma once

#include "runtime/asio_loop.h"

#include <functional>
#include <memory>
#include <string_view>

namespace lockstep::runtime {

/// The lines that come in by a file descriptor, such as standard input: a terminal, a pipe or a
/// file. Never waits, and leaves the descriptor's flags as they are, for other programs may share
/// it. Ends with the input. Lives on one loop; destroying it ends the reading.
class InputLines {
public:
    /// What is behind that in a line is left out.
    static constexpr size_t kLongestLine = 4096;

    /// `on_line` gets each line from the loop, without its end; the last one needs none.
    InputLines(AsioLoop& loop, int descriptor, std::function<void(std::string_view)> on_line);
    InputLines(const InputLines&) = delete;
    InputLines& operator=(const InputLines&) = delete;
    ~InputLines();

    /// Whether the process was given this descriptor. To be asked before it opens any of its own.
    static bool is_open(int descriptor);

private:
    struct Impl;

    std::shared_ptr<Impl> impl_;
};

}  // namespace lockstep::runtime

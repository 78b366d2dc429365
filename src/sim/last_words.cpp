#include "sim/last_words.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>

#include <sys/time.h>
#include <unistd.h>

namespace lockstep::sim::last_words {
namespace {

constexpr std::array kEnds{SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTERM, SIGALRM};

// Only what a signal handler may touch. The text is changed while its length is 0.
std::array<char, 512> text;
std::atomic<size_t> text_size{0};
static_assert(std::atomic<size_t>::is_always_lock_free);
/// A stack that has overflowed cannot carry the handler.
alignas(16) std::array<char, 64 << 10> handler_stack;

void write_out(const char* bytes, size_t size) {
    while (size > 0) {
        const ssize_t written = write(STDERR_FILENO, bytes, size);
        if (written <= 0) {
            return;
        }
        bytes += written;
        size -= static_cast<size_t>(written);
    }
}

/// The signal has its own effect afterwards.
void tell(int signal) {
    constexpr std::string_view kTooLong = "it takes too long\n";
    if (const size_t size = text_size; size > 0) {
        if (signal == SIGALRM) {
            write_out(kTooLong.data(), kTooLong.size());
        }
        write_out(text.data(), size);
    }
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

void set_alarm(std::chrono::seconds after) {
    itimerval timer{};
    timer.it_value.tv_sec = after.count();
    setitimer(ITIMER_REAL, &timer, nullptr);
}

}  // namespace

void install() {
    stack_t stack{};
    stack.ss_sp = handler_stack.data();
    stack.ss_size = handler_stack.size();
    sigaltstack(&stack, nullptr);
    struct sigaction action {};
    action.sa_handler = tell;
    action.sa_flags = SA_ONSTACK | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    for (const int signal : kEnds) {
        sigaction(signal, &action, nullptr);
    }
}

void begin(std::string_view command, std::chrono::seconds patience) {
    end();
    const std::string line = fmt::format("it ended in the middle of: {}\n", command);
    const size_t size = std::min(line.size(), text.size());
    std::copy_n(line.begin(), size, text.begin());
    text_size = size;
    set_alarm(patience);
}

void end() {
    set_alarm(std::chrono::seconds(0));
    text_size = 0;
}

}  // namespace lockstep::sim::last_words

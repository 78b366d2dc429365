#include "app/demo_terminal.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

namespace lockstep::app {
namespace {

constexpr std::string_view kTake = "\x1b[?1049h\x1b[?25l\x1b[2J";
constexpr std::string_view kGiveBack = "\x1b[0m\x1b[?25h\x1b[?1049l";
constexpr std::array<int, 6> kDeadlySignals{SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGHUP, SIGQUIT};

// Signal handlers have nothing else to go by.
volatile sig_atomic_t is_taken = 0;
volatile sig_atomic_t has_raw_keys = 0;
termios settings_before{};

void write_all(std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written < 0 && errno != EINTR) {
            return;  // it has gone; the signals tell
        }
        text.remove_prefix(written < 0 ? 0 : static_cast<size_t>(written));
    }
}

/// May be called from a signal handler.
void give_back() {
    if (is_taken == 0) {
        return;
    }
    is_taken = 0;
    write_all(kGiveBack);
    if (has_raw_keys != 0) {
        ::tcsetattr(STDIN_FILENO, TCSANOW, &settings_before);
        has_raw_keys = 0;
    }
}

void on_deadly_signal(int number) {
    give_back();
    std::signal(number, SIG_DFL);
    std::raise(number);
}

bool take_keys() {
    if (::isatty(STDIN_FILENO) == 0 || ::tcgetattr(STDIN_FILENO, &settings_before) != 0) {
        return false;
    }
    termios raw = settings_before;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    raw.c_cc[VMIN] = 0;  // reading never waits
    raw.c_cc[VTIME] = 0;
    raw.c_cc[VSUSP] = _POSIX_VDISABLE;  // a stopped demo would leave its screen behind
    if (::tcsetattr(STDIN_FILENO, TCSANOW, &raw) != 0) {
        return false;
    }
    has_raw_keys = 1;
    return true;
}

}  // namespace

bool DemoTerminal::is_there() {
    const char* terminal = std::getenv("TERM");
    return ::isatty(STDOUT_FILENO) != 0 && terminal != nullptr &&
           std::string_view(terminal) != "dumb";
}

DemoTerminal::DemoTerminal() : has_keys_(take_keys()) {
    is_taken = 1;
    for (const int number : kDeadlySignals) {
        std::signal(number, on_deadly_signal);
    }
    std::atexit(give_back);
    write_all(kTake);
}

DemoTerminal::~DemoTerminal() {
    give_back();
    for (const int number : kDeadlySignals) {
        std::signal(number, SIG_DFL);
    }
}

DemoScreen DemoTerminal::screen() const {
    DemoScreen screen;
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
        screen.width = size.ws_col;
        screen.height = size.ws_row;
    }
    screen.has_color = std::getenv("NO_COLOR") == nullptr;
    return screen;
}

std::string DemoTerminal::read_keys() {
    std::array<char, 64> bytes{};
    if (!has_keys_) {
        return "";
    }
    const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    return count > 0 ? std::string(bytes.data(), static_cast<size_t>(count)) : "";
}

void DemoTerminal::draw(std::string_view text) {
    // Each line is overwritten, not erased first, so that nothing flickers.
    std::string frame = "\x1b[H";
    for (const char letter : text) {
        frame += letter == '\n' ? "\x1b[K\n" : std::string(1, letter);
    }
    frame += "\x1b[K\x1b[J";
    write_all(frame);
}

}  // namespace lockstep::app

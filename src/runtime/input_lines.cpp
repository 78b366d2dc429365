#include "runtime/input_lines.h"

#include "runtime/asio_access.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

namespace lockstep::runtime {

namespace {

constexpr std::chrono::seconds kLookAgain{1};

/// A job in the background that reads its terminal is stopped.
bool is_background_job(int descriptor) {
    return ::isatty(descriptor) != 0 && ::tcgetpgrp(descriptor) != ::getpgrp();
}

}  // namespace

struct InputLines::Impl : std::enable_shared_from_this<InputLines::Impl> {
    Impl(boost::asio::io_context& io, int descriptor,
         std::function<void(std::string_view)> line_handler)
        : input(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0)),
          watch(io),
          timer(io),
          on_line(std::move(line_handler)) {
        // Asio makes what it waits for a descriptor that never blocks: an epoll one of our own.
        const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
        epoll_event readable{};
        readable.events = EPOLLIN;
        const int added = ::epoll_ctl(epoll, EPOLL_CTL_ADD, input, &readable);
        is_file = added != 0 && errno == EPERM;  // nobody need wait for it
        boost::system::error_code problem;
        if (added == 0) {
            watch.assign(epoll, problem);
        }
        if (added != 0 || problem) {
            ::close(epoll);
        }
    }

    void wait() {
        if (is_file) {
            wait_a_while(Duration::zero());  // others have their turn
        } else if (watch.is_open()) {
            watch.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                             [self = shared_from_this()](const boost::system::error_code& problem) {
                                 if (!problem) {
                                     self->read();
                                 }
                             });
        }
    }

    void wait_a_while(Duration how_long) {
        timer.expires_after(how_long);
        timer.async_wait([self = shared_from_this()](const boost::system::error_code& problem) {
            if (!problem) {
                self->read();
            }
        });
    }

    void read() {
        if (input < 0) {
            return;
        }
        if (is_background_job(input)) {
            wait_a_while(kLookAgain);
            return;
        }
        pollfd now{input, POLLIN, 0};
        if (!is_file && ::poll(&now, 1, 0) == 0) {
            wait();  // somebody else has read it
            return;
        }
        std::array<char, kLongestLine> bytes{};
        const ssize_t count = ::read(input, bytes.data(), bytes.size());
        if (count > 0) {
            take({bytes.data(), static_cast<size_t>(count)});
        }
        if (count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR))) {
            wait();
        } else {
            end();
        }
    }

    void take(std::string_view bytes) {
        for (const char letter : bytes) {
            if (letter == '\n') {
                tell();
            } else if (line.size() < kLongestLine) {
                line.push_back(letter);
            }
        }
    }

    void tell() {
        const std::string whole = std::move(line);
        line.clear();
        on_line(whole);
    }

    void end() {
        if (!line.empty()) {
            tell();
        }
        close();
    }

    void close() {
        boost::system::error_code ignored;
        watch.close(ignored);
        timer.cancel();
        if (input >= 0) {
            ::close(std::exchange(input, -1));
        }
    }

    int input;
    bool is_file = false;
    boost::asio::posix::stream_descriptor watch;
    boost::asio::steady_timer timer;
    std::function<void(std::string_view)> on_line;
    std::string line;
};

InputLines::InputLines(AsioLoop& loop, int descriptor,
                       std::function<void(std::string_view)> on_line)
    : impl_(std::make_shared<Impl>(io_context_of(loop), descriptor, std::move(on_line))) {
    impl_->wait();
}

InputLines::~InputLines() {
    impl_->close();
}

bool InputLines::is_open(int descriptor) {
    return ::fcntl(descriptor, F_GETFD) != -1;
}

}  // namespace lockstep::runtime

// The physical floor of any replicator: a relay that forwards bytes from one TCP connection to
// another and does nothing else. `tcp_relay LISTEN_PORT TARGET_PORT` takes one connection, copies
// it until its end, and prints its own CPU time as JSON.

#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

constexpr size_t kBufferBytes = size_t{256} << 10;

void require(bool holds, const char* what) {
    if (!holds) {
        std::perror(what);
        std::exit(1);
    }
}

sockaddr_in loopback(const char* port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(std::atoi(port)));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

int accept_one(const char* port) {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    const int yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const sockaddr_in address = loopback(port);
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    require(bind(listener, generic, sizeof address) == 0, "bind");
    require(listen(listener, 1) == 0, "listen");
    const int accepted = accept(listener, nullptr, nullptr);
    require(accepted >= 0, "accept");
    close(listener);
    return accepted;
}

int connect_to(const char* port) {
    const int connection = socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = loopback(port);
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    require(connect(connection, generic, sizeof address) == 0, "connect");
    return connection;
}

uint64_t relay(int from, int to) {
    std::vector<char> buffer(kBufferBytes);
    uint64_t total = 0;
    for (;;) {
        const ssize_t count = read(from, buffer.data(), buffer.size());
        require(count >= 0, "read");
        if (count == 0) {
            return total;
        }
        for (ssize_t done = 0; done < count;) {
            const ssize_t written = write(to, buffer.data() + done, count - done);
            require(written > 0, "write");
            done += written;
        }
        total += static_cast<uint64_t>(count);
    }
}

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: tcp_relay LISTEN_PORT TARGET_PORT\n");
        return 2;
    }
    const int from = accept_one(argv[1]);
    const int to = connect_to(argv[2]);
    const uint64_t bytes = relay(from, to);
    close(to);
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("{\"bytes\": %llu, \"cpu_seconds\": %.3f}\n",
                static_cast<unsigned long long>(bytes),
                seconds(usage.ru_utime) + seconds(usage.ru_stime));
    return 0;
}

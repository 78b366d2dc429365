#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "runtime/event_loop.h"
#include "runtime/task.h"

#include <memory>
#include <span>
#include <stop_token>
#include <string>

namespace lockstep::runtime {

/// A connected byte stream. At most one read and one write at a time. Its owner awaits what is
/// pending (close() wakes it) before it destroys the stream.
class Stream {
public:
    virtual ~Stream() = default;

    /// Waits for data; returns how many bytes came. The peer's end is Errc::disconnected.
    virtual Task<Result<size_t>> read_some(MutableByteView into) = 0;

    /// Fills `into`, telling the system how much is wanted so that it wakes us less often.
    virtual Task<Result<void>> read_exactly(MutableByteView into) = 0;

    /// Writes all pieces, in order. They must stay alive until it returns.
    virtual Task<Result<void>> write_all(std::span<const ByteView> pieces) = 0;

    /// Ends the connection; pending and later reads and writes fail. May be called again.
    virtual void close() = 0;
};

/// Takes connections at one address.
class Listener {
public:
    virtual ~Listener() = default;

    /// The next connection. After close(): Errc::stopped.
    virtual Task<Result<std::unique_ptr<Stream>>> accept() = 0;
    virtual uint16_t port() const = 0;
    virtual void close() = 0;
};

class Network {
public:
    virtual ~Network() = default;

    /// Resolves `host` and connects. Errc::timeout, Errc::stopped, Errc::disconnected.
    virtual Task<Result<std::unique_ptr<Stream>>> connect(std::string host, uint16_t port,
                                                          TimePoint deadline,
                                                          std::stop_token stop) = 0;
};

}  // namespace lockstep::runtime

#include "runtime/asio_loop.h"
#include "runtime/task_group.h"
#include "tests/unit/support/loopback_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

namespace lockstep::runtime {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::LoopbackPeer;
using test::LoopbackServer;
using testing::HasSubstr;

using StreamPtr = std::unique_ptr<Stream>;
using ReadTask = Task<Result<std::string>>;

std::string pattern(size_t size) {
    std::string bytes(size, '\0');
    for (size_t i = 0; i < size; ++i) {
        bytes[i] = static_cast<char>((i * 31 + i / 251) & 0xff);
    }
    return bytes;
}

Task<Result<StreamPtr>> connect_to(AsioLoop& loop, std::string host, uint16_t port) {
    AsioNetwork network(loop);
    auto connected = co_await network.connect(host, port, loop.now() + seconds(20), {});
    co_return connected;
}

template <typename T>
Task<void> finish_with(AsioLoop& loop, Task<T> task, std::optional<T>& result) {
    T value = co_await task;
    result.emplace(std::move(value));
    loop.finish();
}

/// Runs the loop until `task` has ended.
template <typename T>
T run(AsioLoop& loop, Task<T> task) {
    std::optional<T> result;
    TaskGroup group(loop);
    group.spawn("test", finish_with(loop, std::move(task), result));
    loop.run();
    return std::move(*result);
}

Task<Result<std::string>> read_some_until_end(AsioLoop& loop, uint16_t port) {
    auto connected = co_await connect_to(loop, "127.0.0.1", port);
    LS_CO_TRY(stream, std::move(connected));
    std::string all;
    Bytes buffer(1000);
    while (true) {
        auto got = co_await stream->read_some(buffer);
        if (got.has_error()) {
            if (!got.error().is(Errc::disconnected)) {
                co_return std::move(got).error();
            }
            co_return all;
        }
        all += as_text(ByteView(buffer).first(*got));
    }
}

Task<Result<std::string>> read_exactly_once(AsioLoop& loop, uint16_t port, size_t size) {
    auto connected = co_await connect_to(loop, "127.0.0.1", port);
    LS_CO_TRY(stream, std::move(connected));
    Bytes buffer(size);
    LS_CO_CHECK(co_await stream->read_exactly(buffer));
    co_return std::string(as_text(buffer));
}

Task<Result<std::string>> read_exactly_in_parts(AsioLoop& loop, uint16_t port,
                                                std::vector<size_t> sizes) {
    auto connected = co_await connect_to(loop, "127.0.0.1", port);
    LS_CO_TRY(stream, std::move(connected));
    std::string all;
    for (const size_t size : sizes) {
        Bytes buffer(size);
        LS_CO_CHECK(co_await stream->read_exactly(buffer));
        all += as_text(buffer);
    }
    co_return all;
}

Task<Result<std::string>> write_and_read_echo(AsioLoop& loop, uint16_t port,
                                              std::vector<std::string> texts) {
    auto connected = co_await connect_to(loop, "127.0.0.1", port);
    LS_CO_TRY(stream, std::move(connected));
    std::vector<ByteView> pieces;
    for (const std::string& text : texts) {
        pieces.push_back(as_bytes(text));
    }
    LS_CO_CHECK(co_await stream->write_all(pieces));
    Bytes answer(2);
    LS_CO_CHECK(co_await stream->read_exactly(answer));
    co_return std::string(as_text(answer));
}

Task<void> close_later(AsioLoop& loop, Stream& stream) {
    co_await sleep_for(loop, milliseconds(30), {});
    stream.close();
}

Task<void> read_into(Stream& stream, bool exactly, std::optional<Error>& problem) {
    Bytes buffer(100'000);
    if (exactly) {
        auto read = co_await stream.read_exactly(buffer);
        if (read.has_error()) {
            problem = read.error();
        }
    } else {
        auto read = co_await stream.read_some(buffer);
        if (read.has_error()) {
            problem = read.error();
        }
    }
}

Task<void> write_much(Stream& stream, std::optional<Error>& problem) {
    const Bytes bytes(64 << 20);
    const ByteView piece(bytes);
    const std::array<ByteView, 1> pieces{piece};
    auto written = co_await stream.write_all(pieces);
    if (written.has_error()) {
        problem = written.error();
    }
}

enum class Pending { read_some, read_exactly, write_all };

/// What an operation that is pending when the stream is closed ends in, and a later read.
Task<Result<std::string>> closed_while(AsioLoop& loop, uint16_t port, Pending what) {
    auto connected = co_await connect_to(loop, "127.0.0.1", port);
    LS_CO_TRY(stream, std::move(connected));
    TaskGroup group(loop);
    std::optional<Error> problem;
    if (what == Pending::write_all) {
        group.spawn("write", write_much(*stream, problem));
    } else {
        group.spawn("read", read_into(*stream, what == Pending::read_exactly, problem));
    }
    group.spawn("close", close_later(loop, *stream));
    co_await group.join();
    if (!problem || !problem->is(Errc::disconnected)) {
        co_return Error(Errc::internal, "the pending operation did not fail");
    }
    stream->close();  // may be called again
    Bytes buffer(10);
    auto later = co_await stream->read_some(buffer);
    if (!later.has_error()) {
        co_return Error(Errc::internal, "a read after close() did not fail");
    }
    const std::array<ByteView, 1> pieces{ByteView(buffer)};
    auto written = co_await stream->write_all(pieces);
    if (!written.has_error()) {
        co_return Error(Errc::internal, "a write after close() did not fail");
    }
    co_return later.error().message();
}

Task<Result<std::string>> write_to_gone_peer(AsioLoop& loop, uint16_t port) {
    auto connected = co_await connect_to(loop, "127.0.0.1", port);
    LS_CO_TRY(stream, std::move(connected));
    const Bytes bytes(1 << 20);
    const std::array<ByteView, 1> pieces{ByteView(bytes)};
    for (int i = 0; i < 100; ++i) {
        LS_CO_CHECK(co_await stream->write_all(pieces));
    }
    co_return std::string("all was written");
}

TEST(AsioStream, ReadSome_GivesAllBytesInOrder_ThenDisconnected) {
    const std::string sent = pattern(300'000);
    const LoopbackServer server([&](const LoopbackPeer& peer) { peer.send(sent); });
    AsioLoop loop;
    const auto got = run(loop, read_some_until_end(loop, server.port()));
    ASSERT_TRUE(got.has_value()) << got.error().message();
    EXPECT_EQ(*got, sent);
}

TEST(AsioStream, ReadExactly_FillsUp_FromDribs) {
    const std::string sent = pattern(3'000'000);
    const LoopbackServer server([&](const LoopbackPeer& peer) {
        size_t at = 0;
        for (size_t step = 1; at < sent.size(); step = step < 700'000 ? step * 3 : 1) {
            peer.send(sent.substr(at, step));
            at += step;
            std::this_thread::sleep_for(milliseconds(2));
        }
        peer.receive(1);  // stays until the client is done
    });
    AsioLoop loop;
    const auto got = run(loop, read_exactly_once(loop, server.port(), sent.size()));
    ASSERT_TRUE(got.has_value()) << got.error().message();
    EXPECT_EQ(*got, sent);
}

TEST(AsioStream, ReadExactly_TakesNoByteOfWhatComesAfter) {
    const std::string sent = pattern(1'000'000);
    const LoopbackServer server([&](const LoopbackPeer& peer) {
        peer.send(sent);
        peer.receive(1);
    });
    AsioLoop loop;
    const auto got =
        run(loop, read_exactly_in_parts(loop, server.port(), {0, 1, 599'999, 3, 399'997}));
    ASSERT_TRUE(got.has_value()) << got.error().message();
    EXPECT_EQ(*got, sent);
}

TEST(AsioStream, ReadExactly_SaysDisconnected_WhenThePeerEndsTooEarly) {
    const LoopbackServer server(
        [&](const LoopbackPeer& peer) { peer.send(std::string(1000, 'x')); });
    AsioLoop loop;
    const auto got = run(loop, read_exactly_once(loop, server.port(), 500'000));
    ASSERT_TRUE(got.has_error());
    EXPECT_TRUE(got.error().is(Errc::disconnected));
    EXPECT_THAT(got.error().message(), HasSubstr("127.0.0.1:" + std::to_string(server.port())));
}

TEST(AsioStream, ReadExactly_SaysDisconnected_WhenThePeerResets) {
    const LoopbackServer server([&](const LoopbackPeer& peer) {
        peer.send("half");
        std::this_thread::sleep_for(milliseconds(20));
        peer.reset();
    });
    AsioLoop loop;
    const auto got = run(loop, read_exactly_once(loop, server.port(), 500'000));
    ASSERT_TRUE(got.has_error());
    EXPECT_TRUE(got.error().is(Errc::disconnected));
}

/// Writes `texts`, lets the server read as many bytes as they have; both must agree.
void expect_written(const std::vector<std::string>& texts, milliseconds pause_of_reader) {
    std::string all;
    for (const std::string& text : texts) {
        all += text;
    }
    std::string received;
    AsioLoop loop;
    Result<std::string> answer = std::string();
    {
        const LoopbackServer server([&](const LoopbackPeer& peer) {
            std::this_thread::sleep_for(pause_of_reader);
            received = peer.receive(all.size());
            peer.send("ok");
            peer.receive(1);
        });
        answer = run(loop, write_and_read_echo(loop, server.port(), texts));
    }
    ASSERT_TRUE(answer.has_value()) << answer.error().message();
    EXPECT_EQ(*answer, "ok");
    EXPECT_TRUE(received == all) << received.size() << " of " << all.size() << " bytes";
}

TEST(AsioStream, WriteAll_WritesManyPieces_EmptyOnesToo) {
    std::vector<std::string> texts;
    for (size_t i = 0; i < 2'000; ++i) {
        texts.push_back(i % 3 == 0 ? "" : pattern(i % 97));
    }
    expect_written(texts, milliseconds(0));
}

TEST(AsioStream, WriteAll_PassesOverAThousandEmptyPieces) {
    std::vector<std::string> texts(1'000);
    texts.emplace_back("x");
    texts.resize(2'000);
    expect_written(texts, milliseconds(0));
}

TEST(AsioStream, WriteAll_WritesNothing_WhenThereIsNothing) {
    expect_written({}, milliseconds(0));
    expect_written({""}, milliseconds(0));
}

TEST(AsioStream, WriteAll_WaitsForASlowReader_BeyondTheSocketsBuffer) {
    std::vector<std::string> texts;
    for (size_t i = 0; i < 300; ++i) {
        texts.push_back(pattern(i * 577));
    }
    texts.push_back(pattern(12'000'000));
    expect_written(texts, milliseconds(100));
}

TEST(AsioStream, WriteAll_SaysDisconnected_WhenThePeerIsGone) {
    const LoopbackServer server([](const LoopbackPeer& peer) { peer.reset(); });
    AsioLoop loop;
    const auto got = run(loop, write_to_gone_peer(loop, server.port()));
    ASSERT_TRUE(got.has_error());
    EXPECT_TRUE(got.error().is(Errc::disconnected));
}

TEST(AsioStream, Close_WakesWhatIsPending) {
    for (const Pending what : {Pending::read_some, Pending::read_exactly, Pending::write_all}) {
        std::atomic<bool> done = false;
        const LoopbackServer server([&](const LoopbackPeer&) {
            while (!done) {
                std::this_thread::sleep_for(milliseconds(1));
            }
        });
        AsioLoop loop;
        const auto got = run(loop, closed_while(loop, server.port(), what));
        done = true;
        ASSERT_TRUE(got.has_value()) << static_cast<int>(what) << got.error().message();
    }
}

}  // namespace
}  // namespace lockstep::runtime

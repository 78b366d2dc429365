#include "runtime/http_call.h"

#include "runtime/asio_loop.h"
#include "runtime/task_group.h"
#include "runtime/url.h"

#include <fmt/core.h>

#include <boost/beast/http.hpp>
#include <optional>

namespace lockstep::runtime {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using SystemError = boost::system::error_code;

constexpr uint64_t kLargestBody = uint64_t{256} << 20;
constexpr size_t kReadSize = 64 * 1024;

std::string request_text(const Url& url, const HttpCall& call) {
    std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: lockstep\r\n",
                                   call.body.empty() ? "GET" : "POST", url.target, url.authority);
    text += "Accept: */*\r\nConnection: close\r\n";
    if (!call.authorization.empty()) {
        text += fmt::format("Authorization: {}\r\n", call.authorization);
    }
    if (!call.body.empty()) {
        text += fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n", call.content_type,
                            call.body.size());
    }
    return text + "\r\n" + call.body;
}

using Parser = http::response_parser<http::string_body>;

/// Gives the parser what has come; returns how much of it was used.
Result<size_t> parse(Parser& parser, ByteView bytes) {
    SystemError problem;
    const size_t used = parser.put(asio::buffer(bytes.data(), bytes.size()), problem);
    if (problem && problem != http::error::need_more) {
        return Error(Errc::malformed, problem.message());
    }
    return used;
}

Task<Result<HttpResponse>> read_response(Stream& stream) {
    Parser parser;
    parser.body_limit(kLargestBody);
    parser.eager(true);
    Bytes buffer(kReadSize);
    size_t filled = 0;
    while (!parser.is_done()) {
        if (filled == buffer.size()) {
            co_return Error(Errc::malformed, "a header of the answer is too long");
        }
        auto got = co_await stream.read_some(MutableByteView(buffer).subspan(filled));
        if (got.has_error()) {
            SystemError problem;
            if (parser.got_some()) {
                parser.put_eof(problem);  // a body without a length ends so
            }
            if (parser.is_done() && !problem) {
                break;
            }
            co_return std::move(got).error();
        }
        filled += *got;
        LS_CO_TRY(used, parse(parser, ByteView(buffer).first(filled)));
        std::copy(buffer.begin() + static_cast<ptrdiff_t>(used),
                  buffer.begin() + static_cast<ptrdiff_t>(filled), buffer.begin());
        filled -= used;
    }
    auto response = parser.release();
    HttpResponse result;
    result.status = static_cast<int>(response.result_int());
    result.content_type = std::string(response[http::field::content_type]);
    result.body = std::move(response.body());
    co_return result;
}

/// Closes a stream when its time is over.
class Deadline {
public:
    Deadline(EventLoop& loop, TimePoint at)
        : loop_(loop), timer_(loop.add_timer(at, [this] {
              is_over_ = true;
              if (stream_ != nullptr) {
                  stream_->close();
              }
          })) {}
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;
    ~Deadline() {
        if (!is_over_) {
            loop_.cancel_timer(timer_);
        }
    }

    void watch(Stream& stream) { stream_ = &stream; }
    bool is_over() const { return is_over_; }

private:
    EventLoop& loop_;
    Stream* stream_ = nullptr;
    bool is_over_ = false;
    EventLoop::TimerId timer_;
};

Task<Result<std::unique_ptr<Stream>>> encrypt(std::unique_ptr<Stream> plain, TlsContext* tls,
                                              std::string host, Deadline& deadline) {
    TlsContext of_the_system{TlsOptions{}};
    TlsContext& context = tls == nullptr ? of_the_system : *tls;
    LS_CO_TRY(stream, context.wrap(std::move(plain), std::move(host)));
    deadline.watch(*stream);
    auto shaken = co_await stream->handshake();
    if (shaken.has_error()) {
        co_return std::move(shaken).error();
    }
    co_return std::unique_ptr<Stream>(std::move(stream));
}

Task<Result<HttpResponse>> exchange(Network& network, Url url, HttpCall call, TimePoint deadline_at,
                                    Deadline& deadline) {
    auto connected = co_await network.connect(url.host, url.port, deadline_at, {});
    LS_CO_TRY(stream, std::move(connected));
    deadline.watch(*stream);
    if (url.is_https) {
        auto encrypted = co_await encrypt(std::move(stream), call.tls, url.host, deadline);
        LS_CO_TRY(secure, std::move(encrypted));
        stream = std::move(secure);
    }
    const std::string text = request_text(url, call);
    const ByteView piece = as_bytes(text);
    auto written = co_await stream->write_all(std::span<const ByteView>(&piece, 1));
    if (written.has_error()) {
        co_return std::move(written).error();
    }
    auto response = co_await read_response(*stream);
    co_return response;
}

Task<void> call_and_finish(AsioLoop& loop, HttpCall call, TimePoint deadline,
                           std::optional<Result<HttpResponse>>& outcome) {
    AsioNetwork network(loop);
    auto got = co_await http_exchange(loop, network, std::move(call), deadline);
    outcome.emplace(std::move(got));
    loop.finish();
}

}  // namespace

Task<Result<HttpResponse>> http_exchange(EventLoop& loop, Network& network, HttpCall call,
                                         TimePoint deadline_at) {
    LS_CO_TRY(url, parse_url(call.url));
    const std::string where = url.authority;
    Deadline deadline(loop, deadline_at);
    auto response =
        co_await exchange(network, std::move(url), std::move(call), deadline_at, deadline);
    if (response.has_error()) {
        if (deadline.is_over()) {
            co_return Error(Errc::timeout, "HTTP request to " + where);
        }
        co_return std::move(response).error().within("HTTP request to " + where);
    }
    co_return response;
}

Result<HttpResponse> http_exchange_now(HttpCall call, std::chrono::milliseconds timeout) {
    AsioLoop loop;
    TaskGroup tasks(loop);
    std::optional<Result<HttpResponse>> outcome;
    tasks.spawn("http", call_and_finish(loop, std::move(call), loop.now() + timeout, outcome));
    loop.run();
    return std::move(*outcome);
}

}  // namespace lockstep::runtime

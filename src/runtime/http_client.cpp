#include "runtime/http_client.h"

#include <fmt/core.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <optional>

namespace lockstep::runtime {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using SystemError = boost::system::error_code;

constexpr uint64_t kLargestBody = uint64_t{256} << 20;

struct Url {
    std::string host;
    std::string port = "80";
    std::string target = "/";
    std::string authority;  // for the header Host
};

Result<Url> parse_url(const std::string& url) {
    constexpr std::string_view kScheme = "http://";
    const auto wrong = [&](std::string_view why) {
        return Error(Errc::invalid_argument, fmt::format("\"{}\" {}", url, why));
    };
    if (!url.starts_with(kScheme)) {
        return wrong("is no URL that begins with http://");
    }
    Url parsed;
    const size_t end = std::min(url.find_first_of("/?#", kScheme.size()), url.size());
    parsed.authority = url.substr(kScheme.size(), end - kScheme.size());
    const std::string target = url.substr(end, url.find('#', end) - end);
    if (!target.empty()) {
        parsed.target = target.front() == '/' ? target : "/" + target;
    }
    if (parsed.target.find_first_of(" \t\r\n") != std::string::npos ||
        parsed.authority.find_first_of(" \t\r\n@") != std::string::npos) {
        return wrong("has characters that a URL must not have here");
    }
    const size_t bracket = parsed.authority.find(']');
    const size_t colon = parsed.authority.find(':', bracket == std::string::npos ? 0 : bracket);
    parsed.host = parsed.authority.substr(0, colon);
    if (colon != std::string::npos) {
        parsed.port = parsed.authority.substr(colon + 1);
    }
    if (parsed.host.size() > 2 && parsed.host.front() == '[' && parsed.host.back() == ']') {
        parsed.host = parsed.host.substr(1, parsed.host.size() - 2);
    }
    if (parsed.host.empty()) {
        return wrong("has no host");
    }
    if (parsed.port.empty() || parsed.port.size() > 5 ||
        parsed.port.find_first_not_of("0123456789") != std::string::npos) {
        return wrong("has no port after its colon");
    }
    return parsed;
}

/// One exchange on an io_context of its own, which gives each step its deadline.
class Exchange {
public:
    explicit Exchange(Url url) : url_(std::move(url)) {
        request_.set(http::field::host, url_.authority);
        request_.set(http::field::user_agent, "lockstep");
        request_.keep_alive(false);
        parser_.body_limit(kLargestBody);
    }

    Result<HttpResponse> run(std::chrono::milliseconds timeout);

private:
    void connect(const tcp::resolver::results_type& addresses);
    void write();
    void read();
    void end(const SystemError& problem) { outcome_ = problem; }
    Error failure() const;

    Url url_;
    asio::io_context io_{1};
    tcp::resolver resolver_{io_};
    beast::tcp_stream stream_{io_};
    http::request<http::empty_body> request_{http::verb::get, url_.target, 11};
    http::response_parser<http::string_body> parser_;
    beast::flat_buffer buffer_;
    const char* step_ = "resolve";
    std::optional<SystemError> outcome_;
};

Result<HttpResponse> Exchange::run(std::chrono::milliseconds timeout) {
    resolver_.async_resolve(url_.host, url_.port,
                            [this](const SystemError& problem, const auto& addresses) {
                                problem ? end(problem) : connect(addresses);
                            });
    stream_.expires_never();
    io_.run_for(timeout);
    if (!outcome_ || *outcome_) {
        return failure();
    }
    auto response = parser_.release();
    HttpResponse result;
    result.status = static_cast<int>(response.result_int());
    result.content_type = std::string(response[http::field::content_type]);
    result.body = std::move(response.body());
    return result;
}

void Exchange::connect(const tcp::resolver::results_type& addresses) {
    step_ = "connect to";
    stream_.async_connect(addresses, [this](const SystemError& problem, const tcp::endpoint&) {
        problem ? end(problem) : write();
    });
}

void Exchange::write() {
    step_ = "send to";
    http::async_write(stream_, request_, [this](const SystemError& problem, size_t) {
        problem ? end(problem) : read();
    });
}

void Exchange::read() {
    step_ = "read from";
    http::async_read(stream_, buffer_, parser_,
                     [this](const SystemError& problem, size_t) { end(problem); });
}

Error Exchange::failure() const {
    const std::string what = fmt::format("{} {}", step_, url_.authority);
    if (!outcome_) {
        return Error(Errc::timeout, what);
    }
    const bool is_http_error =
        outcome_->category() == make_error_code(http::error::bad_version).category() &&
        *outcome_ != http::error::end_of_stream && *outcome_ != http::error::partial_message;
    if (is_http_error) {
        return Error(Errc::malformed, fmt::format("{} ({})", what, outcome_->message()));
    }
    return Error(*outcome_, what);
}

}  // namespace

Result<HttpResponse> http_get(const std::string& url, std::chrono::milliseconds timeout) {
    LS_TRY(parsed, parse_url(url));
    return Exchange(std::move(parsed)).run(timeout);
}

}  // namespace lockstep::runtime

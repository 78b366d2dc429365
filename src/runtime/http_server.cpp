#include "runtime/http_server.h"

#include "base/log.h"
#include "runtime/asio_access.h"
#include "runtime/asio_loop.h"
#include "runtime/server_stream.h"
#include "runtime/tls.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <exception>
#include <optional>
#include <unordered_set>

namespace lockstep::runtime {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using SystemError = boost::system::error_code;

constexpr std::chrono::milliseconds kPauseAfterAcceptError{100};
constexpr std::chrono::milliseconds kDrainLimit{1000};
constexpr size_t kDrainLimitBytes = 64 * 1024;
constexpr size_t kReadAheadBytes = 4096;

class Session;

/// What the sessions of a server share. They may outlive the server by one handler of Asio's, and
/// then find `handler` empty.
struct Shared {
    HttpServerOptions options;
    HttpHandler handler;
    std::unordered_set<Session*> sessions;
};

/// Path and query of a request; takes "http://host/path" as well, as RFC 9112 asks.
std::string_view target_of(const http::request_header<>& header) {
    const std::string_view target(header.target().data(), header.target().size());
    if (target.starts_with("http://")) {
        const size_t slash = target.find('/', 7);
        return slash == std::string_view::npos ? "/" : target.substr(slash);
    }
    return target;
}

HttpRequest to_request(const http::request_header<>& header) {
    const std::string_view target = target_of(header);
    const size_t mark = target.find('?');
    HttpRequest request;
    request.method = std::string(header.method_string());
    request.path = target.substr(0, mark);
    if (mark != std::string_view::npos) {
        request.query = target.substr(mark + 1);
    }
    request.authorization = std::string(header[http::field::authorization]);
    request.host = std::string(header[http::field::host]);
    const auto type = header.find(http::field::content_type);
    if (type != header.end()) {
        const std::string_view value(type->value().data(), type->value().size());
        request.content_type = value.substr(0, value.find_first_of("; "));
        std::ranges::transform(request.content_type, request.content_type.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
    }
    return request;
}

/// One connection: reads a request's header, writes the response, and again. Keeps itself alive
/// through the handlers that Asio holds; belongs to no one else.
class Session : public std::enable_shared_from_this<Session> {
public:
    Session(tcp::socket socket, SSL_CTX* tls, std::shared_ptr<Shared> shared)
        : stream_(std::move(socket), tls),
          shared_(std::move(shared)),
          buffer_(shared_->options.header_limit_bytes + kReadAheadBytes) {
        shared_->sessions.insert(this);
    }
    ~Session() { shared_->sessions.erase(this); }

    void start();
    void refuse_as_full();
    void close() { stream_.close(); }

private:
    enum class Then { keep_alive, close };

    void read();
    void on_header(const SystemError& problem);
    bool refuse(const SystemError& problem);
    void on_body(const SystemError& problem);
    HttpResponse call_handler(const HttpRequest& request);
    HttpResponse error(int status, const std::string& why) const;
    void respond(HttpResponse response, Then then);
    template <typename Body>
    void write(Then then, std::shared_ptr<http::response<Body>> message);
    void say_goodbye();
    void drain();

    ServerStream stream_;
    std::shared_ptr<Shared> shared_;
    beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    bool is_head_ = false;
    unsigned version_ = 11;
    size_t drained_bytes_ = 0;
};

void Session::start() {
    if (!stream_.has_tls()) {
        read();
        return;
    }
    stream_.expires_after(shared_->options.idle_limit);
    stream_.async_handshake([self = shared_from_this()](const SystemError& problem) {
        if (problem) {
            log::debug("http: a client's TLS handshake failed: {}", problem.message());
            self->stream_.close();
        } else {
            self->read();
        }
    });
}

void Session::read() {
    parser_.emplace();
    parser_->header_limit(static_cast<uint32_t>(shared_->options.header_limit_bytes));
    if (shared_->options.body_limit_bytes > 0) {
        parser_->body_limit(shared_->options.body_limit_bytes);
    }
    is_head_ = false;
    version_ = 11;
    stream_.expires_after(shared_->options.idle_limit);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = shared_from_this()](const SystemError& problem, size_t) {
                                self->on_header(problem);
                            });
}

void Session::on_header(const SystemError& problem) {
    if (refuse(problem)) {
        return;
    }
    const auto& header = parser_->get();
    const bool takes_posts = shared_->options.body_limit_bytes > 0;
    const bool is_post = takes_posts && header.method() == http::verb::post;
    version_ = header.version();
    is_head_ = header.method() == http::verb::head;
    if (header.method() != http::verb::get && !is_head_ && !is_post) {
        HttpResponse response =
            error(405, fmt::format("Only {} are served here.",
                                   takes_posts ? "GET, HEAD and POST" : "GET and HEAD"));
        response.allow = takes_posts ? "GET, HEAD, POST" : response.allow;
        respond(std::move(response), Then::close);
        return;
    }
    if (!is_post && !parser_->is_done()) {
        respond(error(413, "A request needs no body here."), Then::close);
        return;
    }
    if (version_ >= 11 && header.find(http::field::host) == header.end()) {
        respond(error(400, "The request lacks the header Host."), Then::close);
        return;
    }
    if (parser_->is_done()) {
        on_body({});
        return;
    }
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](const SystemError& failed, size_t) { self->on_body(failed); });
}

/// Whether that is the end of the request, and of the connection.
bool Session::refuse(const SystemError& problem) {
    if (!problem) {
        return false;
    }
    const bool is_http_error =
        problem.category() == make_error_code(http::error::bad_method).category();
    if (problem == http::error::header_limit || problem == http::error::buffer_overflow) {
        respond(error(431, "The request's header is too large."), Then::close);
    } else if (problem == http::error::body_limit) {
        const bool takes_posts = shared_->options.body_limit_bytes > 0;
        respond(error(413, takes_posts ? "The request's body is too large."
                                       : "A request needs no body here."),
                Then::close);
    } else if (problem == http::error::end_of_stream || problem == http::error::partial_message ||
               !is_http_error) {
        stream_.close();  // the peer has gone, or was too slow
    } else {
        respond(error(400, "This is not HTTP: " + problem.message() + "."), Then::close);
    }
    return true;
}

void Session::on_body(const SystemError& problem) {
    if (refuse(problem)) {
        return;
    }
    HttpRequest request = to_request(parser_->get());
    request.body = std::move(parser_->get().body());
    request.peer = stream_.peer();
    respond(call_handler(request), parser_->get().keep_alive() ? Then::keep_alive : Then::close);
}

HttpResponse Session::call_handler(const HttpRequest& request) {
    if (!shared_->handler) {
        return error(503, "Stopping.");
    }
    try {
        return shared_->handler(request);
    } catch (const std::exception& problem) {
        log::error("http {} {} failed: {}", request.method, request.path, problem.what());
        return error(500, "Internal error; the log says more.");
    }
}

/// Whatever was read of the request before it was refused says what it was for.
HttpResponse Session::error(int status, const std::string& why) const {
    if (!shared_->options.error_page) {
        return {status, "text/plain; charset=utf-8", why + "\n"};
    }
    const std::string_view target = parser_ ? target_of(parser_->get()) : std::string_view();
    return shared_->options.error_page(status, target.substr(0, target.find('?')), why);
}

void Session::respond(HttpResponse response, Then then) {
    const auto prepare = [&](auto& message) {
        message.result(static_cast<unsigned>(response.status));
        message.version(version_);
        message.keep_alive(then == Then::keep_alive);
        message.set(http::field::content_type, response.content_type);
        message.set(http::field::cache_control, "no-store");
        message.set("X-Content-Type-Options", "nosniff");
        if (response.status == 401) {
            message.set(http::field::www_authenticate, "Bearer realm=\"lockstep\"");
        }
        if (response.status == 405) {
            message.set(http::field::allow, response.allow);
        }
    };
    if (is_head_) {
        auto message = std::make_shared<http::response<http::empty_body>>();
        prepare(*message);
        message->content_length(response.body.size());
        write(then, std::move(message));
        return;
    }
    auto message = std::make_shared<http::response<http::string_body>>();
    prepare(*message);
    message->body() = std::move(response.body);
    message->prepare_payload();
    write(then, std::move(message));
}

template <typename Body>
void Session::write(Then then, std::shared_ptr<http::response<Body>> message) {
    stream_.expires_after(shared_->options.idle_limit);
    auto& written = *message;
    http::async_write(
        stream_, written,
        [self = shared_from_this(), message, then](const SystemError& problem, size_t) {
            if (problem) {
                self->stream_.close();
            } else if (then == Then::keep_alive) {
                self->read();
            } else {
                self->say_goodbye();
            }
        });
}

/// Closing a socket that has unread data resets the connection, and the peer may lose the response
/// that explains why. So what it still sends is read for a moment.
void Session::say_goodbye() {
    stream_.expires_after(kDrainLimit);
    if (stream_.has_tls()) {
        stream_.async_shutdown(
            [self = shared_from_this()](const SystemError&) { self->stream_.close(); });
        return;
    }
    stream_.shutdown_send();
    buffer_.clear();
    drain();
}

void Session::drain() {
    stream_.async_read_some(buffer_.prepare(kReadAheadBytes),
                            [self = shared_from_this()](const SystemError& problem, size_t got) {
                                self->drained_bytes_ += got;
                                if (problem || self->drained_bytes_ > kDrainLimitBytes) {
                                    self->stream_.close();
                                } else {
                                    self->drain();
                                }
                            });
}

void Session::refuse_as_full() {
    respond(error(503, "Too many connections."), Then::close);
}

}  // namespace

/// Accepts connections until stop().
class HttpServer::Impl : public std::enable_shared_from_this<HttpServer::Impl> {
public:
    Impl(asio::io_context& io, HttpServerOptions options, HttpHandler handler)
        : acceptor_(io), pause_(io), shared_(std::make_shared<Shared>()) {
        shared_->options = std::move(options);
        shared_->handler = std::move(handler);
    }

    Result<void> listen();
    void accept();
    void stop();
    uint16_t port() const { return port_; }

private:
    void on_accept(const SystemError& problem, tcp::socket socket);
    SSL_CTX* tls();

    tcp::acceptor acceptor_;
    asio::steady_timer pause_;
    std::shared_ptr<Shared> shared_;
    uint16_t port_ = 0;
};

Result<void> HttpServer::Impl::listen() {
    const HttpServerOptions& options = shared_->options;
    const auto failed = [&](const SystemError& problem) {
        return Error(problem, fmt::format("listen on {}:{}", options.host, options.port));
    };
    SystemError problem;
    tcp::resolver resolver(acceptor_.get_executor());
    const auto found = resolver.resolve(options.host, std::to_string(options.port),
                                        tcp::resolver::passive, problem);
    if (problem) {
        return failed(problem);
    }
    const tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor_.open(endpoint.protocol(), problem);
    if (!problem) {
        acceptor_.set_option(asio::socket_base::reuse_address(true), problem);
    }
    if (!problem) {
        acceptor_.bind(endpoint, problem);
    }
    if (!problem) {
        acceptor_.listen(asio::socket_base::max_listen_connections, problem);
    }
    if (!problem) {
        port_ = acceptor_.local_endpoint(problem).port();
    }
    if (problem) {
        return failed(problem);
    }
    return {};
}

void HttpServer::Impl::accept() {
    acceptor_.async_accept(
        [self = shared_from_this()](const SystemError& problem, tcp::socket socket) {
            self->on_accept(problem, std::move(socket));
        });
}

void HttpServer::Impl::on_accept(const SystemError& problem, tcp::socket socket) {
    if (!acceptor_.is_open()) {
        return;
    }
    if (problem) {
        // Out of file descriptors, most likely: trying again at once would spin.
        pause_.expires_after(kPauseAfterAcceptError);
        pause_.async_wait([self = shared_from_this()](const SystemError& cancelled) {
            if (!cancelled && self->acceptor_.is_open()) {
                self->accept();
            }
        });
        return;
    }
    const bool is_full = shared_->sessions.size() >= shared_->options.connections_limit;
    const auto session = std::make_shared<Session>(std::move(socket), tls(), shared_);
    if (is_full && shared_->options.tls == nullptr) {
        session->refuse_as_full();
    } else if (!is_full) {
        session->start();
    }  // else it ends here: a handshake would be one more connection
    accept();
}

/// The context of TLS as its files have it now; where they have become unusable, the former one.
SSL_CTX* HttpServer::Impl::tls() {
    TlsContext* context = shared_->options.tls;
    if (context == nullptr) {
        return nullptr;
    }
    const auto loaded = context->load();
    if (loaded.has_error()) {
        log::warn("http: {}; the former certificate stays in use", loaded.error().message());
    }
    return context->native().context.get();
}

void HttpServer::Impl::stop() {
    SystemError ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    shared_->handler = nullptr;
    for (Session* session : shared_->sessions) {
        session->close();  // only cancels: no handler runs, and none is destroyed, in here
    }
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(AsioLoop& loop, HttpServerOptions options,
                                                      HttpHandler handler) {
    if (options.tls != nullptr) {
        LS_CHECK(options.tls->load());
    }
    auto impl = std::make_shared<Impl>(io_context_of(loop), std::move(options), std::move(handler));
    LS_CHECK(impl->listen());
    impl->accept();
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::~HttpServer() {
    impl_->stop();
}

uint16_t HttpServer::port() const {
    return impl_->port();
}

}  // namespace lockstep::runtime

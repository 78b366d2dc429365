#include "base/assert.h"
#include "runtime/openssl_access.h"
#include "runtime/secret_source.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>

namespace lockstep::runtime {
namespace {

/// Changes whenever the file does.
std::string stamp_of(const std::string& path) {
    struct stat found {};
    if (path.empty() || ::stat(path.c_str(), &found) != 0) {
        return "none;";
    }
    return fmt::format("{}:{}:{}:{}.{};", found.st_dev, found.st_ino, found.st_size,
                       found.st_mtim.tv_sec, found.st_mtim.tv_nsec);
}

Error unusable(const std::string& what, const std::string& path) {
    return Error(Errc::tls,
                 fmt::format("{} {} cannot be used ({})", what, path, take_openssl_error()));
}

/// Gives OpenSSL the password of a key; no password lets it fail rather than ask the terminal.
int give_password(char* buffer, int size, int, void* password) {
    const auto& text = *static_cast<const std::string*>(password);
    const int length = static_cast<int>(text.size());
    if (length == 0 || length > size) {
        return -1;
    }
    std::memcpy(buffer, text.data(), text.size());
    return length;
}

Result<void> use_certificate(SSL_CTX* context, const TlsOptions& options) {
    if (SSL_CTX_use_certificate_chain_file(context, options.certificate_file.c_str()) != 1) {
        return unusable("the certificate", options.certificate_file);
    }
    LS_TRY(password, resolve_references(options.key_password.reveal()));
    SSL_CTX_set_default_passwd_cb(context, give_password);
    SSL_CTX_set_default_passwd_cb_userdata(context, &password);
    const int used =
        SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
    std::fill(password.begin(), password.end(), '\0');
    if (used != 1) {
        const char* hint = options.key_password.empty() ? "" : ", or its password is wrong";
        return Error(Errc::tls, fmt::format("the key {} cannot be used ({}{})", options.key_file,
                                            take_openssl_error(), hint));
    }
    if (SSL_CTX_check_private_key(context) != 1) {
        return Error(Errc::tls, fmt::format("the key {} does not belong to the certificate {}",
                                            options.key_file, options.certificate_file));
    }
    return {};
}

Result<void> trust(SSL_CTX* context, const TlsOptions& options) {
    const bool is_client = options.side == TlsOptions::Side::client;
    if (!options.ca_file.empty()) {
        if (SSL_CTX_load_verify_file(context, options.ca_file.c_str()) != 1) {
            return unusable("the file of certificate authorities", options.ca_file);
        }
    } else if (is_client && SSL_CTX_set_default_verify_paths(context) != 1) {
        return unusable("the system's list of", "certificate authorities");
    }
    const bool asks_clients = !is_client && !options.ca_file.empty();
    const bool verifies = is_client ? options.verify_certificate : asks_clients;
    SSL_CTX_set_verify(
        context, verifies ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE,
        nullptr);
    return {};
}

bool is_ip_address(const std::string& host) {
    in6_addr ignored;
    return ::inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

/// Whom the certificate must be for, and, for a name, whom to ask for it (SNI).
void expect_host(SSL* ssl, const std::string& host, const TlsOptions& options) {
    const bool is_address = is_ip_address(host);
    if (!is_address) {
        SSL_set_tlsext_host_name(ssl, host.c_str());
    }
    if (!options.verify_certificate || !options.verify_hostname) {
        return;
    }
    X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl);
    if (is_address) {
        X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str());
    } else {
        X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), host.size());
    }
}

}  // namespace

std::string take_openssl_error() {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (code == 0) {
        return "no reason given";
    }
    if (ERR_SYSTEM_ERROR(code)) {
        return std::generic_category().message(static_cast<int>(ERR_GET_REASON(code)));
    }
    const char* reason = ERR_reason_error_string(code);
    return reason == nullptr ? fmt::format("OpenSSL error {:x}", code) : std::string(reason);
}

TlsContext::TlsContext(TlsOptions options)
    : options_(std::move(options)), native_(std::make_unique<Native>()) {}

TlsContext::~TlsContext() = default;

Result<void> TlsContext::load() {
    const std::string stamp = stamp_of(options_.ca_file) + stamp_of(options_.certificate_file) +
                              stamp_of(options_.key_file);
    if (native_->context && native_->stamp == stamp) {
        return {};
    }
    LS_CHECK(read_files());
    native_->stamp = stamp;
    return {};
}

Result<void> TlsContext::read_files() {
    const bool is_client = options_.side == TlsOptions::Side::client;
    ERR_clear_error();
    SslContextPtr context(SSL_CTX_new(is_client ? TLS_client_method() : TLS_server_method()));
    LS_ASSERT(context != nullptr);
    SSL_CTX_set_min_proto_version(context.get(),
                                  options_.is_1_3_only ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    LS_CHECK(trust(context.get(), options_));
    if (!options_.certificate_file.empty()) {
        LS_CHECK(use_certificate(context.get(), options_));
    }
    native_->context = std::move(context);
    return {};
}

Result<std::unique_ptr<TlsStream>> TlsContext::wrap(std::unique_ptr<Stream> plain,
                                                    std::string host) {
    LS_CHECK(load());
    SslPtr ssl(SSL_new(native_->context.get()));
    LS_ASSERT(ssl != nullptr);
    if (options_.side == TlsOptions::Side::client) {
        expect_host(ssl.get(), host, options_);
        SSL_set_connect_state(ssl.get());
    } else {
        SSL_set_accept_state(ssl.get());
    }
    return make_tls_stream(std::move(ssl), std::move(plain), std::move(host));
}

}  // namespace lockstep::runtime

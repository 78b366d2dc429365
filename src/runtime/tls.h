#pragma once

#include "base/secret.h"
#include "runtime/network.h"

#include <memory>
#include <string>

namespace lockstep::runtime {

/// Files are PEM.
struct TlsOptions {
    enum class Side { client, server };

    Side side = Side::client;
    std::string ca_file;           // whom to trust; "": a client trusts whom the system trusts
    std::string certificate_file;  // our own, with what it is issued by; "": none
    std::string key_file;
    Secret key_password;  // may hold references, see secret_source.h
    bool verify_certificate = true;
    bool verify_hostname = true;  // of clients
    bool is_1_3_only = false;     // else also TLS 1.2
};

/// A Stream that is encrypted. Its handshake comes first, once.
class TlsStream : public Stream {
public:
    /// Errc::tls where one side does not accept the other. Waits as long as the peer likes; who
    /// has a deadline closes the stream.
    virtual Task<Result<void>> handshake() = 0;
};

/// What the TLS connections of one kind share: certificates, and whom to trust. Its files are
/// read again where they have changed, so that a certificate is renewed without a restart; open
/// connections keep what they began with. Lives on one shard; streams may outlive it.
class TlsContext {
public:
    explicit TlsContext(TlsOptions options);
    ~TlsContext();

    /// Encrypts what goes over `plain`. `host` is what the peer's certificate must be for. Fails
    /// where the files cannot be used.
    Result<std::unique_ptr<TlsStream>> wrap(std::unique_ptr<Stream> plain, std::string host);

    /// Reads the files, unless they are known as they are.
    Result<void> load();

    struct Native;
    Native& native() { return *native_; }

private:
    Result<void> read_files();

    TlsOptions options_;
    std::unique_ptr<Native> native_;
};

}  // namespace lockstep::runtime

#pragma once

// For this room only: OpenSSL behind a TlsContext.

#include "base/result.h"
#include "runtime/tls.h"

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace lockstep::runtime {

template <auto kFree>
struct OpensslDeleter {
    template <typename T>
    void operator()(T* object) const {
        kFree(object);
    }
};

using SslContextPtr = std::unique_ptr<SSL_CTX, OpensslDeleter<&SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, OpensslDeleter<&SSL_free>>;

struct TlsContext::Native {
    SslContextPtr context;
    std::string stamp;  // of the files that it was read from
};

/// What OpenSSL's queue of errors says first; empties it.
std::string take_openssl_error();

/// A TlsStream over `plain`; its first bytes are the handshake's.
std::unique_ptr<TlsStream> make_tls_stream(SslPtr ssl, std::unique_ptr<Stream> plain,
                                           std::string host);

}  // namespace lockstep::runtime

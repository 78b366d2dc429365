#include "runtime/digest.h"

#include "base/assert.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace lockstep::runtime {

namespace {

const EVP_MD* algorithm(DigestKind kind) {
    return kind == DigestKind::sha_256 ? EVP_sha256() : EVP_sha512();
}

Bytes room_for(DigestKind kind) {
    return Bytes(kind == DigestKind::sha_256 ? 32 : 64);
}

}  // namespace

Bytes digest(DigestKind kind, ByteView message) {
    Bytes result = room_for(kind);
    const int done = EVP_Digest(message.data(), message.size(), result.data(), nullptr,
                                algorithm(kind), nullptr);
    LS_ASSERT(done == 1);
    return result;
}

Bytes hmac(DigestKind kind, ByteView key, ByteView message) {
    static constexpr uint8_t kNothing = 0;  // OpenSSL takes no null for an empty key
    Bytes result = room_for(kind);
    const uint8_t* done =
        HMAC(algorithm(kind), key.empty() ? &kNothing : key.data(), static_cast<int>(key.size()),
             message.data(), message.size(), result.data(), nullptr);
    LS_ASSERT(done != nullptr);
    return result;
}

Bytes salted_password(DigestKind kind, ByteView password, ByteView salt, int iterations) {
    Bytes result = room_for(kind);
    const int done = PKCS5_PBKDF2_HMAC(reinterpret_cast<const char*>(password.data()),
                                       static_cast<int>(password.size()), salt.data(),
                                       static_cast<int>(salt.size()), iterations, algorithm(kind),
                                       static_cast<int>(result.size()), result.data());
    LS_ASSERT(done == 1);
    return result;
}

Bytes secure_random(size_t size) {
    Bytes result(size);
    const int done = RAND_bytes(result.data(), static_cast<int>(size));
    LS_ASSERT(done == 1);
    return result;
}

}  // namespace lockstep::runtime

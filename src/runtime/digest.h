#pragma once

#include "base/bytes.h"

namespace lockstep::runtime {

enum class DigestKind { sha_256, sha_512 };

// PURE, in spite of the room: only here OpenSSL may be seen.

Bytes digest(DigestKind kind, ByteView message);
Bytes hmac(DigestKind kind, ByteView key, ByteView message);
/// PBKDF2 with HMAC, which SCRAM calls Hi(): as many bytes as the digest has.
Bytes salted_password(DigestKind kind, ByteView password, ByteView salt, int iterations);

/// Not PURE: bytes that nobody can foretell.
Bytes secure_random(size_t size);

}  // namespace lockstep::runtime

#include "runtime/digest.h"

#include <gtest/gtest.h>

#include <string>

namespace lockstep::runtime {

namespace {

std::string hex(const Bytes& bytes) {
    constexpr const char* kDigits = "0123456789abcdef";
    std::string text;
    for (const uint8_t byte : bytes) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

}  // namespace

TEST(Digest, IsThatOfTheStandard) {
    EXPECT_EQ(hex(digest(DigestKind::sha_256, as_bytes("abc"))),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex(digest(DigestKind::sha_512, as_bytes("abc"))).substr(0, 32),
              "ddaf35a193617abacc417349ae204131");
}

/// RFC 4231, test case 2.
TEST(Hmac, IsThatOfTheStandard) {
    EXPECT_EQ(
        hex(hmac(DigestKind::sha_256, as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Hmac, TakesAnEmptyKey) {
    EXPECT_EQ(hmac(DigestKind::sha_512, {}, as_bytes("x")).size(), 64U);
}

/// RFC 7914, section 11.
TEST(SaltedPassword, IsThatOfTheStandard) {
    EXPECT_EQ(hex(salted_password(DigestKind::sha_256, as_bytes("passwd"), as_bytes("salt"), 1)),
              "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
}

}  // namespace lockstep::runtime

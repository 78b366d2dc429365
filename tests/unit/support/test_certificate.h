#pragma once

// Certificates for tests, in files of a directory of their own.

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace lockstep::test {

struct CertificateWish {
    std::string names = "IP:127.0.0.1";  // as OpenSSL writes alternative names
    long lasts_seconds = 3600;           // negative: it is of the past
    std::string password{};              // of the key; "" for none
};

/// A self-signed certificate, which is its own authority: `certificate` and `key` are PEM files.
class TestCertificate {
public:
    explicit TestCertificate(const CertificateWish& wish = {}) {
        std::string pattern = testing::TempDir() + "certificate-XXXXXX";
        directory_ = ::mkdtemp(pattern.data());
        certificate = directory_ + "/certificate.pem";
        key = directory_ + "/key.pem";
        write(wish);
    }
    ~TestCertificate() { std::filesystem::remove_all(directory_); }
    TestCertificate(const TestCertificate&) = delete;
    TestCertificate& operator=(const TestCertificate&) = delete;

    /// Another one in the same files.
    void write(const CertificateWish& wish) {
        EVP_PKEY* pair = EVP_EC_gen("P-256");
        X509* made = X509_new();
        X509_set_version(made, X509_VERSION_3);
        static long serial = 0;
        ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
        X509_gmtime_adj(X509_getm_notBefore(made), -7200);
        X509_gmtime_adj(X509_getm_notAfter(made), wish.lasts_seconds);
        X509_set_pubkey(made, pair);
        const auto* name = reinterpret_cast<const unsigned char*>("test");
        X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC, name, -1, -1,
                                   0);
        X509_set_issuer_name(made, X509_get_subject_name(made));
        X509_EXTENSION* names =
            X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, wish.names.c_str());
        X509_add_ext(made, names, -1);
        X509_EXTENSION_free(names);
        X509_sign(made, pair, EVP_sha256());
        std::FILE* file = std::fopen(certificate.c_str(), "w");
        PEM_write_X509(file, made);
        std::fclose(file);
        file = std::fopen(key.c_str(), "w");
        const auto* password = reinterpret_cast<const unsigned char*>(wish.password.data());
        PEM_write_PrivateKey(file, pair, wish.password.empty() ? nullptr : EVP_aes_128_cbc(),
                             wish.password.empty() ? nullptr : password,
                             static_cast<int>(wish.password.size()), nullptr, nullptr);
        std::fclose(file);
        X509_free(made);
        EVP_PKEY_free(pair);
    }

    std::string certificate;
    std::string key;

private:
    std::string directory_;
};

}  // namespace lockstep::test

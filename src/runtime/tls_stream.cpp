#include "base/assert.h"
#include "runtime/openssl_access.h"

#include <fmt/core.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <algorithm>
#include <optional>

namespace lockstep::runtime {
namespace {

constexpr size_t kIncomingSize = 128 * 1024;
constexpr size_t kRecordSize = 16 * 1024;      // the most plaintext that one TLS record holds
constexpr size_t kRecordOverheadLimit = 1024;  // of its ciphertext; more than any cipher needs
constexpr size_t kSendAt = 256 * 1024;         // ciphertext is handed on in portions like this

/// What OpenSSL reads from and writes to: ciphertext that has come, and that is to be sent.
class CipherText {
public:
    CipherText() : incoming_(kIncomingSize) {}

    // What came goes in at the back ...
    MutableByteView room() {
        if (begin_ == end_) {
            begin_ = end_ = 0;
        }
        return {incoming_.data() + end_, incoming_.size() - end_};
    }
    void add(size_t count) { end_ += count; }

    // ... and OpenSSL takes it from the front.
    size_t take(MutableByteView into) {
        const size_t count = std::min(into.size(), end_ - begin_);
        std::copy_n(incoming_.data() + begin_, count, into.data());
        begin_ += count;
        return count;
    }

    void put(ByteView bytes) { outgoing_.insert(outgoing_.end(), bytes.begin(), bytes.end()); }
    size_t waiting() const { return outgoing_.size(); }

    /// What is to be sent; what OpenSSL writes meanwhile goes elsewhere.
    const Bytes& start_sending() {
        sending_.clear();
        std::swap(sending_, outgoing_);
        return sending_;
    }

private:
    Bytes incoming_;
    size_t begin_ = 0;
    size_t end_ = 0;
    Bytes outgoing_;
    Bytes sending_;
};

int bio_read(BIO* bio, char* into, int size) {
    auto& text = *static_cast<CipherText*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const size_t got = text.take({reinterpret_cast<uint8_t*>(into), static_cast<size_t>(size)});
    if (got == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    return static_cast<int>(got);
}

int bio_write(BIO* bio, const char* from, int size) {
    auto& text = *static_cast<CipherText*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    text.put({reinterpret_cast<const uint8_t*>(from), static_cast<size_t>(size)});
    return size;
}

long bio_control(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* make_bio_method() {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ciphertext");
    LS_ASSERT(method != nullptr);
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_ctrl(method, bio_control);
    return method;
}

class OpensslStream final : public TlsStream {
public:
    OpensslStream(SslPtr ssl, std::unique_ptr<Stream> plain, std::string host);

    Task<Result<void>> handshake() override;
    Task<Result<size_t>> read_some(MutableByteView into) override;
    Task<Result<void>> read_exactly(MutableByteView into) override;
    Task<Result<void>> write_all(std::span<const ByteView> pieces) override;
    void close() override { plain_->close(); }

private:
    Task<Result<size_t>> read(MutableByteView into, size_t wanted);
    Task<Result<void>> receive(size_t wanted);
    Task<Result<void>> send();
    Result<void> encrypt(ByteView plaintext);
    Error failure(int outcome, std::string_view what);
    std::string reason();

    std::unique_ptr<Stream> plain_;
    CipherText text_;
    std::string host_;
    Bytes record_;  // plaintext of small pieces that go into one record
    SslPtr ssl_;    // ends before what its BIO points to
};

OpensslStream::OpensslStream(SslPtr ssl, std::unique_ptr<Stream> plain, std::string host)
    : plain_(std::move(plain)), host_(std::move(host)), ssl_(std::move(ssl)) {
    static BIO_METHOD* const method = make_bio_method();
    BIO* bio = BIO_new(method);
    LS_ASSERT(bio != nullptr);
    BIO_set_data(bio, &text_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    record_.reserve(kRecordSize);
}

Task<Result<void>> OpensslStream::handshake() {
    while (true) {
        ERR_clear_error();
        const int outcome = SSL_do_handshake(ssl_.get());
        std::optional<Error> failed;  // now, as OpenSSL's errors are the whole thread's
        if (outcome != 1 && SSL_get_error(ssl_.get(), outcome) != SSL_ERROR_WANT_READ) {
            failed = failure(outcome, "TLS handshake");
        }
        auto sent = co_await send();  // also where it failed: the peer is to hear why
        if (failed) {
            co_return std::move(*failed);
        }
        if (outcome == 1) {
            co_return sent;
        }
        if (sent.has_error()) {
            co_return std::move(sent).error().within("TLS handshake");
        }
        auto received = co_await receive(0);
        if (received.has_error()) {
            co_return std::move(received).error().within(
                "TLS handshake (does the peer speak TLS here?)");
        }
    }
}

Task<Result<size_t>> OpensslStream::read_some(MutableByteView into) {
    auto got = co_await read(into, 0);
    co_return got;
}

Task<Result<void>> OpensslStream::read_exactly(MutableByteView into) {
    while (!into.empty()) {
        auto got = co_await read(into, into.size());
        LS_CO_TRY(count, std::move(got));
        into = into.subspan(count);
    }
    co_return Result<void>();
}

/// Some bytes; who wants so many that they cannot have come yet lets the system wake us later.
Task<Result<size_t>> OpensslStream::read(MutableByteView into, size_t wanted) {
    while (true) {
        ERR_clear_error();
        size_t got = 0;
        const int outcome = SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
        if (outcome == 1) {
            co_return got;
        }
        if (SSL_get_error(ssl_.get(), outcome) != SSL_ERROR_WANT_READ) {
            co_return failure(outcome, "read");
        }
        auto received = co_await receive(wanted);
        if (received.has_error()) {
            co_return std::move(received).error();
        }
    }
}

/// OpenSSL holds at most a part of one record, so of `wanted` bytes of plaintext all but a
/// record's are still to come, and no fewer bytes of ciphertext.
Task<Result<void>> OpensslStream::receive(size_t wanted) {
    const MutableByteView room = text_.room();
    constexpr size_t kMayBeHere = kRecordSize + kRecordOverheadLimit;
    if (wanted > 2 * kMayBeHere) {
        const size_t count = std::min(wanted - kMayBeHere, room.size());
        auto read = co_await plain_->read_exactly(room.first(count));
        if (read.has_error()) {
            co_return read;
        }
        text_.add(count);
        co_return Result<void>();
    }
    auto got = co_await plain_->read_some(room);
    LS_CO_TRY(count, std::move(got));
    text_.add(count);
    co_return Result<void>();
}

Task<Result<void>> OpensslStream::write_all(std::span<const ByteView> pieces) {
    for (ByteView piece : pieces) {
        while (!piece.empty()) {
            const size_t free = kRecordSize - record_.size();
            const size_t count = std::min(piece.size(), free);
            const ByteView part = piece.first(count);
            piece = piece.subspan(count);
            if (count == kRecordSize) {
                LS_CO_CHECK(encrypt(part));
            } else {
                record_.insert(record_.end(), part.begin(), part.end());
                if (record_.size() == kRecordSize) {
                    LS_CO_CHECK(encrypt(record_));
                    record_.clear();
                }
            }
            if (text_.waiting() >= kSendAt) {
                LS_CO_CHECK(co_await send());
            }
        }
    }
    if (!record_.empty()) {
        LS_CO_CHECK(encrypt(record_));
        record_.clear();
    }
    auto sent = co_await send();
    co_return sent;
}

Result<void> OpensslStream::encrypt(ByteView plaintext) {
    ERR_clear_error();
    size_t written = 0;
    const int outcome = SSL_write_ex(ssl_.get(), plaintext.data(), plaintext.size(), &written);
    if (outcome != 1) {
        return failure(outcome, "write");
    }
    LS_ASSERT(written == plaintext.size());
    return {};
}

Task<Result<void>> OpensslStream::send() {
    if (text_.waiting() == 0) {
        co_return Result<void>();
    }
    const ByteView piece(text_.start_sending());
    const std::span<const ByteView> pieces(&piece, 1);
    auto written = co_await plain_->write_all(pieces);
    co_return written;
}

Error OpensslStream::failure(int outcome, std::string_view what) {
    if (SSL_get_error(ssl_.get(), outcome) == SSL_ERROR_ZERO_RETURN) {
        return Error(Errc::disconnected, fmt::format("{} (closed by the peer)", host_));
    }
    return Error(Errc::tls, fmt::format("{} with {}: {}", what, host_, reason()));
}

/// What is wrong with the peer's certificate, or what OpenSSL says.
std::string OpensslStream::reason() {
    const unsigned long code = ERR_peek_error();
    if (ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        const long verdict = SSL_get_verify_result(ssl_.get());
        ERR_clear_error();
        if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH) {
            return fmt::format("the peer's certificate is for another host ({})",
                               X509_verify_cert_error_string(verdict));
        }
        return fmt::format("the peer's certificate is not accepted ({})",
                           X509_verify_cert_error_string(verdict));
    }
    const bool is_alert = ERR_GET_REASON(code) > SSL_AD_REASON_OFFSET;
    const std::string text = take_openssl_error();
    if (text == "wrong version number" || text == "packet length too long") {
        return "the peer speaks no TLS here (" + text + ")";
    }
    return is_alert ? "the peer refuses us (" + text + ")" : text;
}

}  // namespace

std::unique_ptr<TlsStream> make_tls_stream(SslPtr ssl, std::unique_ptr<Stream> plain,
                                           std::string host) {
    return std::make_unique<OpensslStream>(std::move(ssl), std::move(plain), std::move(host));
}

}  // namespace lockstep::runtime

#include "protocol/compression.h"

#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>

namespace lockstep::protocol {
namespace {

Error malformed(Codec codec) {
    return {Errc::malformed, "decompress " + std::string(to_string(codec))};
}

Error beyond_limit(Codec codec) {
    return {Errc::limit_exceeded, "decompress " + std::string(to_string(codec))};
}

Error failed(Codec codec) {
    return {Errc::internal, "compress " + std::string(to_string(codec))};
}

/// Output of unknown size: grows with what was really written, up to a limit.
class Output {
public:
    Output(size_t first_guess, size_t limit)
        : limit_(limit), bytes_(std::min(first_guess, limit)) {}

    /// Room for at least one byte; false where the limit leaves none.
    bool make_room() {
        if (used_ == bytes_.size()) {
            bytes_.resize(std::min(limit_, bytes_.size() * 2 + 64));
        }
        return used_ < bytes_.size();
    }
    uint8_t* free_begin() { return bytes_.data() + used_; }
    size_t free_size() const { return bytes_.size() - used_; }
    void add_used(size_t count) { used_ += count; }
    Bytes take() {
        bytes_.resize(used_);
        return std::move(bytes_);
    }

private:
    const size_t limit_;
    Bytes bytes_;
    size_t used_ = 0;
};

// ---- gzip

struct ZlibStream : z_stream {
    enum class Kind { deflate, inflate };

    explicit ZlibStream(Kind kind_) : z_stream{}, kind(kind_) {}
    ~ZlibStream() { kind == Kind::deflate ? deflateEnd(this) : inflateEnd(this); }
    ZlibStream(const ZlibStream&) = delete;
    ZlibStream& operator=(const ZlibStream&) = delete;

    Kind kind;
};

// 15 bits of window, and 16 for the gzip wrapper.
constexpr int kGzipWindow = 15 + 16;

Result<Bytes> compress_gzip(ByteView bytes, int level) {
    ZlibStream stream(ZlibStream::Kind::deflate);
    if (deflateInit2(&stream, level, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        return failed(Codec::gzip);
    }
    Bytes out(deflateBound(&stream, bytes.size()));
    stream.next_in = const_cast<uint8_t*>(bytes.data());
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = out.data();
    stream.avail_out = static_cast<uInt>(out.size());
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END) {
        return failed(Codec::gzip);
    }
    out.resize(stream.total_out);
    return out;
}

Result<Bytes> decompress_gzip(ByteView bytes, size_t limit) {
    ZlibStream stream(ZlibStream::Kind::inflate);
    if (inflateInit2(&stream, kGzipWindow) != Z_OK) {
        return failed(Codec::gzip);
    }
    Output output(bytes.size() * 4, limit);
    stream.next_in = const_cast<uint8_t*>(bytes.data());
    stream.avail_in = static_cast<uInt>(bytes.size());
    uint8_t past_limit;
    while (true) {
        const bool has_room = output.make_room();
        stream.next_out = has_room ? output.free_begin() : &past_limit;
        stream.avail_out = has_room ? static_cast<uInt>(output.free_size()) : 1;
        const uInt offered = stream.avail_out;
        const int status = inflate(&stream, Z_NO_FLUSH);
        const uInt written = offered - stream.avail_out;
        if (written > 0 && !has_room) {
            return beyond_limit(Codec::gzip);
        }
        output.add_used(written);
        if (status == Z_STREAM_END) {
            if (stream.avail_in == 0) {
                return output.take();
            }
            // The format allows several members in a row.
            inflateReset(&stream);
        } else if (status != Z_OK || (written == 0 && stream.avail_in == 0)) {
            return malformed(Codec::gzip);
        }
    }
}

// ---- snappy

// Java's clients write the stream of the xerial library: this header, then blocks with their sizes.
constexpr std::array<uint8_t, 16> kXerialHeader = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0,
                                                   0,    0,   0,   1,   0,   0,   0,   1};
constexpr size_t kXerialMagicSize = 8;
constexpr size_t kXerialBlockSize = 32 * 1024;

// Three bytes of snappy can stand for 64, and never more.
constexpr size_t kSnappyMaxRatio = 22;

Result<Bytes> compress_snappy(ByteView bytes) {
    Bytes out(kXerialHeader.begin(), kXerialHeader.end());
    for (size_t at = 0; at < bytes.size(); at += kXerialBlockSize) {
        const ByteView block = bytes.subspan(at, std::min(kXerialBlockSize, bytes.size() - at));
        const size_t start = out.size();
        out.resize(start + 4 + snappy::MaxCompressedLength(block.size()));
        size_t size = 0;
        snappy::RawCompress(as_text(block).data(), block.size(),
                            reinterpret_cast<char*>(out.data() + start + 4), &size);
        store_big_endian(out.data() + start, static_cast<uint32_t>(size));
        out.resize(start + 4 + size);
    }
    return out;
}

Result<void> append_snappy_block(ByteView block, size_t limit, Bytes& out) {
    const std::string_view text = as_text(block);
    size_t size = 0;
    if (!snappy::GetUncompressedLength(text.data(), text.size(), &size) ||
        size > block.size() * kSnappyMaxRatio) {
        return malformed(Codec::snappy);
    }
    if (size > limit - out.size()) {
        return beyond_limit(Codec::snappy);
    }
    const size_t start = out.size();
    out.resize(start + size);
    if (!snappy::RawUncompress(text.data(), text.size(),
                               reinterpret_cast<char*>(out.data() + start))) {
        return malformed(Codec::snappy);
    }
    return {};
}

Result<Bytes> decompress_snappy(ByteView bytes, size_t limit) {
    Bytes out;
    if (bytes.size() < kXerialHeader.size() ||
        !std::equal(kXerialHeader.begin(), kXerialHeader.begin() + kXerialMagicSize,
                    bytes.begin())) {
        LS_CHECK(append_snappy_block(bytes, limit, out));
        return out;
    }
    ByteView rest = bytes.subspan(kXerialHeader.size());
    while (!rest.empty()) {
        const size_t size = rest.size() < 4 ? SIZE_MAX : load_big_endian<uint32_t>(rest.data());
        if (size == SIZE_MAX || size > rest.size() - 4) {
            return malformed(Codec::snappy);
        }
        LS_CHECK(append_snappy_block(rest.subspan(4, size), limit, out));
        rest = rest.subspan(4 + size);
    }
    return out;
}

// ---- lz4

Result<Bytes> compress_lz4(ByteView bytes, int level) {
    LZ4F_preferences_t preferences{};
    preferences.frameInfo.blockSizeID = LZ4F_max64KB;
    // Java's reader knows no other kind.
    preferences.frameInfo.blockMode = LZ4F_blockIndependent;
    preferences.compressionLevel = level;
    Bytes out(LZ4F_compressFrameBound(bytes.size(), &preferences));
    const size_t size =
        LZ4F_compressFrame(out.data(), out.size(), bytes.data(), bytes.size(), &preferences);
    if (LZ4F_isError(size)) {
        return failed(Codec::lz4);
    }
    out.resize(size);
    return out;
}

struct Lz4Deleter {
    void operator()(LZ4F_dctx* context) const { LZ4F_freeDecompressionContext(context); }
};

Result<Bytes> decompress_lz4(ByteView bytes, size_t limit) {
    LZ4F_dctx* raw = nullptr;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&raw, LZ4F_VERSION))) {
        return failed(Codec::lz4);
    }
    const std::unique_ptr<LZ4F_dctx, Lz4Deleter> context(raw);
    Output output(bytes.size() * 4, limit);
    size_t at = 0;
    size_t hint = 1;  // 0 at the end of a frame
    uint8_t past_limit;
    while (at < bytes.size() || hint != 0) {
        const bool has_room = output.make_room();
        size_t written = has_room ? output.free_size() : 1;
        size_t read = bytes.size() - at;
        hint = LZ4F_decompress(context.get(), has_room ? output.free_begin() : &past_limit,
                               &written, bytes.data() + at, &read, nullptr);
        if (LZ4F_isError(hint) || (read == 0 && written == 0 && hint != 0)) {
            return malformed(Codec::lz4);
        }
        if (written > 0 && !has_room) {
            return beyond_limit(Codec::lz4);
        }
        at += read;
        output.add_used(written);
    }
    return output.take();
}

// ---- zstd

Result<Bytes> compress_zstd(ByteView bytes, int level) {
    Bytes out(ZSTD_compressBound(bytes.size()));
    const size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), level);
    if (ZSTD_isError(size)) {
        return failed(Codec::zstd);
    }
    out.resize(size);
    return out;
}

struct ZstdDeleter {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

Result<Bytes> decompress_zstd(ByteView bytes, size_t limit) {
    const std::unique_ptr<ZSTD_DCtx, ZstdDeleter> context(ZSTD_createDCtx());
    Output output(bytes.size() * 4, limit);
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    size_t hint = 1;  // 0 at the end of a frame
    uint8_t past_limit;
    while (in.pos < in.size || hint != 0) {
        const bool has_room = output.make_room();
        ZSTD_outBuffer out{has_room ? output.free_begin() : &past_limit,
                           has_room ? output.free_size() : 1, 0};
        const size_t read_before = in.pos;
        hint = ZSTD_decompressStream(context.get(), &out, &in);
        if (ZSTD_isError(hint) || (in.pos == read_before && out.pos == 0 && hint != 0)) {
            return malformed(Codec::zstd);
        }
        if (out.pos > 0 && !has_room) {
            return beyond_limit(Codec::zstd);
        }
        output.add_used(out.pos);
    }
    return output.take();
}

}  // namespace

std::string_view to_string(Codec codec) {
    switch (codec) {
        case Codec::none: return "none";
        case Codec::gzip: return "gzip";
        case Codec::snappy: return "snappy";
        case Codec::lz4: return "lz4";
        case Codec::zstd: return "zstd";
    }
    return "unknown";
}

Result<Bytes> compress(Codec codec, ByteView bytes, std::optional<int> level) {
    switch (codec) {
        case Codec::none: return Bytes(bytes.begin(), bytes.end());
        case Codec::gzip: return compress_gzip(bytes, level.value_or(Z_DEFAULT_COMPRESSION));
        case Codec::snappy: return compress_snappy(bytes);
        case Codec::lz4: return compress_lz4(bytes, level.value_or(0));
        case Codec::zstd: return compress_zstd(bytes, level.value_or(ZSTD_CLEVEL_DEFAULT));
    }
    return Error(Errc::unsupported, "compress with codec " + std::to_string(int(codec)));
}

Result<Bytes> decompress(Codec codec, ByteView bytes, size_t limit_bytes) {
    switch (codec) {
        case Codec::none:
            if (bytes.size() > limit_bytes) {
                return beyond_limit(codec);
            }
            return Bytes(bytes.begin(), bytes.end());
        case Codec::gzip: return decompress_gzip(bytes, limit_bytes);
        case Codec::snappy: return decompress_snappy(bytes, limit_bytes);
        case Codec::lz4: return decompress_lz4(bytes, limit_bytes);
        case Codec::zstd: return decompress_zstd(bytes, limit_bytes);
    }
    return Error(Errc::unsupported, "decompress codec " + std::to_string(int(codec)));
}

}  // namespace lockstep::protocol

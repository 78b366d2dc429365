#include "base/result.h"

#include <stdexcept>

namespace lockstep {
namespace {

class LockstepCategory final : public std::error_category {
public:
    const char* name() const noexcept override { return "lockstep"; }
    std::string message(int value) const override;
};

std::string LockstepCategory::message(int value) const {
    switch (static_cast<Errc>(value)) {
        case Errc::ok: return "ok";
        case Errc::timeout: return "timed out";
        case Errc::stopped: return "stopped";
        case Errc::disconnected: return "disconnected";
        case Errc::malformed: return "malformed data";
        case Errc::unsupported: return "not supported";
        case Errc::invalid_argument: return "invalid value";
        case Errc::not_found: return "not found";
        case Errc::checksum_mismatch: return "checksum mismatch";
        case Errc::limit_exceeded: return "limit exceeded";
        case Errc::internal: return "internal error";
        case Errc::tls: return "TLS failed";
    }
    return "unknown error";
}

}  // namespace

const std::error_category& lockstep_category() {
    static const LockstepCategory category;
    return category;
}

std::error_code make_error_code(Errc code) {
    return {static_cast<int>(code), lockstep_category()};
}

namespace {

/// Of these, whoever made the error knew more to say than the code does.
bool is_said_by_context(const std::error_code& code) {
    return code == make_error_code(Errc::not_found) ||
           code == make_error_code(Errc::invalid_argument) ||
           code == make_error_code(Errc::disconnected);
}

}  // namespace

std::string Error::message() const {
    if (context.empty()) {
        return code.message();
    }
    return is_said_by_context(code) ? context : context + ": " + code.message();
}

Error Error::within(std::string_view outer) && {
    std::string inner = context.empty() && is_said_by_context(code) ? code.message() : context;
    context = inner.empty() ? std::string(outer) : std::string(outer) + ": " + inner;
    return std::move(*this);
}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
    throw std::runtime_error(error.message());
}

}  // namespace lockstep

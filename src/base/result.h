#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>
#include <system_error>

namespace lockstep {

/// What went wrong outside of Kafka's own error codes (those have `protocol::kafka_category()`).
enum class Errc {
    ok = 0,
    timeout,           ///< a deadline passed
    stopped,           ///< the work was asked to stop
    disconnected,      ///< the peer closed the connection, or it could not be reached
    malformed,         ///< bytes from the network that do not follow the protocol
    unsupported,       ///< a peer does not speak what is needed
    invalid_argument,  ///< the caller's or the operator's values make no sense
    not_found,
    checksum_mismatch,  ///< CRC-32C says that bytes have changed
    limit_exceeded,     ///< a size, count or depth beyond its bound
    internal,
    tls,  ///< one side of an encrypted connection does not accept the other
};

const std::error_category& lockstep_category();
std::error_code make_error_code(Errc code);

/// A failure: what kind, and what was being done, where ("fetch orders-3 at offset 17 from eu").
struct [[nodiscard]] Error {
    std::error_code code;
    std::string context;

    Error() = default;
    Error(std::error_code code_, std::string context_)
        : code(code_), context(std::move(context_)) {}
    Error(Errc code_, std::string context_)
        : code(make_error_code(code_)), context(std::move(context_)) {}

    bool is(Errc errc) const { return code == make_error_code(errc); }

    /// "context: what", for people.
    std::string message() const;

    /// The same failure with one more layer of "while doing what" in front.
    Error within(std::string_view outer) &&;
};

template <typename T>
using Result = boost::system::result<T, Error>;

[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& where);

}  // namespace lockstep

template <>
struct std::is_error_code_enum<lockstep::Errc> : std::true_type {};

#define LS_CONCAT_INNER(a, b) a##b
#define LS_CONCAT(a, b) LS_CONCAT_INNER(a, b)

/// `LS_TRY(value, expression);` declares `value` from a Result, or returns its error.
#define LS_TRY(name, ...)                        \
    auto name##_result = (__VA_ARGS__);          \
    if (name##_result.has_error()) {             \
        return std::move(name##_result).error(); \
    }                                            \
    auto name = std::move(*name##_result)

/// The same in a coroutine.
#define LS_CO_TRY(name, ...)                        \
    auto name##_result = (__VA_ARGS__);             \
    if (name##_result.has_error()) {                \
        co_return std::move(name##_result).error(); \
    }                                               \
    auto name = std::move(*name##_result)

#define LS_CHECK_IMPL(result, leave, ...) \
    auto result = (__VA_ARGS__);          \
    if (result.has_error()) {             \
        leave std::move(result).error();  \
    }                                     \
    static_assert(true)

/// `LS_CHECK(expression);` returns the error of a Result whose value nobody needs.
#define LS_CHECK(...) LS_CHECK_IMPL(LS_CONCAT(ls_check_, __LINE__), return, __VA_ARGS__)
#define LS_CO_CHECK(...) LS_CHECK_IMPL(LS_CONCAT(ls_check_, __LINE__), co_return, __VA_ARGS__)

#pragma once

#include <compare>
#include <cstddef>
#include <functional>

namespace lockstep {

/// A number that is not to be mixed up with other numbers: Strong<struct BrokerIdTag, int32_t>.
template <typename Tag, typename Rep>
class Strong {
public:
    constexpr Strong() = default;
    constexpr explicit Strong(Rep value) : value_(value) {}

    constexpr Rep value() const { return value_; }
    constexpr auto operator<=>(const Strong&) const = default;

private:
    Rep value_{};
};

/// A Strong that counts along a line: it can be moved by a distance, and two have a distance.
template <typename Tag, typename Rep>
class StrongPosition : public Strong<Tag, Rep> {
public:
    using Strong<Tag, Rep>::Strong;

    constexpr StrongPosition operator+(Rep distance) const {
        return StrongPosition(this->value() + distance);
    }
    constexpr StrongPosition operator-(Rep distance) const {
        return StrongPosition(this->value() - distance);
    }
    constexpr Rep operator-(StrongPosition other) const { return this->value() - other.value(); }
};

}  // namespace lockstep

template <typename Tag, typename Rep>
struct std::hash<lockstep::Strong<Tag, Rep>> {
    size_t operator()(const lockstep::Strong<Tag, Rep>& value) const {
        return std::hash<Rep>()(value.value());
    }
};

template <typename Tag, typename Rep>
struct std::hash<lockstep::StrongPosition<Tag, Rep>> {
    size_t operator()(const lockstep::StrongPosition<Tag, Rep>& value) const {
        return std::hash<Rep>()(value.value());
    }
};

#pragma once

#include "protocol/message.h"

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace lockstep::protocol {

/// In which versions of its message a field exists, and in which it may be null. Written as
/// `since(3).until(7).nullable()`.
struct FieldSpec {
    int16_t first = 0;
    int16_t last = INT16_MAX;
    int16_t first_nullable = INT16_MAX;

    constexpr FieldSpec until(int16_t version) const { return {first, version, first_nullable}; }
    constexpr FieldSpec nullable() const { return {first, last, 0}; }
    constexpr FieldSpec nullable_since(int16_t version) const { return {first, last, version}; }

    constexpr bool covers(int16_t version) const { return version >= first && version <= last; }
};

constexpr FieldSpec since(int16_t version) {
    return {version};
}
constexpr FieldSpec until(int16_t version) {
    return FieldSpec().until(version);
}
constexpr FieldSpec nullable() {
    return FieldSpec().nullable();
}
constexpr FieldSpec nullable_since(int16_t version) {
    return FieldSpec().nullable_since(version);
}

template <typename T, typename... Types>
concept OneOf = (std::same_as<T, Types> || ...);

/// The types that are written without looking inside.
template <typename T>
concept LeafField = OneOf<T, bool, int8_t, int16_t, int32_t, int64_t, double, std::string,
                          std::optional<std::string>, Bytes, Uuid, Records>;

/// A message or a struct inside of one.
template <typename T>
concept StructField = requires(T& value, FieldVisitor& visitor) {
    value.visit_fields(visitor);
};

/// What is done with the fields of a message: encode, decode, print, fill. Each struct names its
/// fields once, in order, in `visit_fields`; fields with tags come last. What the subclasses do for
/// a leaf is not a template, so a field list compiles to a list of calls.
class FieldVisitor {
public:
    FieldVisitor(const FieldVisitor&) = delete;
    FieldVisitor& operator=(const FieldVisitor&) = delete;
    virtual ~FieldVisitor() = default;

    template <LeafField T>
    void field(const char* name, T& value, FieldSpec spec = {}) {
        if (spec.covers(version_)) {
            leaf(name, value, spec.first_nullable <= version_);
        }
    }

    template <StructField T>
    void field(const char* name, T& value, FieldSpec spec = {}) {
        if (spec.covers(version_)) {
            structure(name, value);
        }
    }

    template <StructField T>
    void field(const char* name, std::optional<T>& value, FieldSpec spec = {}) {
        if (!spec.covers(version_)) {
            return;
        }
        if (begin_optional(name, value.has_value())) {
            structure(name, value ? *value : value.emplace());
        } else {
            value.reset();
        }
    }

    template <typename T>
    requires(!LeafField<std::vector<T>>) void field(const char* name, std::vector<T>& items,
                                                    FieldSpec spec = {}) {
        if (spec.covers(version_)) {
            const ArrayHead head = begin_array(name, {true, items.size()}, false);
            elements(items, head.count);
            end_array(head);
        }
    }

    template <typename T>
    void field(const char* name, std::optional<std::vector<T>>& items, FieldSpec spec = {}) {
        if (!spec.covers(version_)) {
            return;
        }
        const ArrayHead wanted{items.has_value(), items ? items->size() : 0};
        const ArrayHead head = begin_array(name, wanted, spec.first_nullable <= version_);
        if (head.present) {
            elements(items ? *items : items.emplace(), head.count);
        } else {
            items.reset();
        }
        end_array(head);
    }

    /// A field that is only written where it differs from `fallback`, its default.
    template <typename T>
    void tagged(uint32_t tag, const char* name, T& value, const std::type_identity_t<T>& fallback,
                FieldSpec spec = {}) {
        if (spec.covers(version_) && begin_tagged(tag, value == fallback)) {
            field(name, value, spec);
            end_tagged(tag);
        }
    }

    /// The same for an array, whose default is empty.
    template <typename T>
    void tagged(uint32_t tag, const char* name, std::vector<T>& items, FieldSpec spec = {}) {
        if (spec.covers(version_) && begin_tagged(tag, items.empty())) {
            field(name, items, spec);
            end_tagged(tag);
        }
    }

    template <StructField T>
    void structure(const char* name, T& value) {
        begin_struct(name);
        value.visit_fields(*this);
        end_struct(value.unknown_tags);
    }

protected:
    struct ArrayHead {
        bool present;
        size_t count;
    };

    explicit FieldVisitor(int16_t version) : version_(version) {}

    // `name` is nullptr for elements of arrays.
    virtual void leaf(const char* name, bool& value, bool nullable) = 0;
    virtual void leaf(const char* name, int8_t& value, bool nullable) = 0;
    virtual void leaf(const char* name, int16_t& value, bool nullable) = 0;
    virtual void leaf(const char* name, int32_t& value, bool nullable) = 0;
    virtual void leaf(const char* name, int64_t& value, bool nullable) = 0;
    virtual void leaf(const char* name, double& value, bool nullable) = 0;
    virtual void leaf(const char* name, std::string& value, bool nullable) = 0;
    virtual void leaf(const char* name, std::optional<std::string>& value, bool nullable) = 0;
    virtual void leaf(const char* name, Bytes& value, bool nullable) = 0;
    virtual void leaf(const char* name, Uuid& value, bool nullable) = 0;
    virtual void leaf(const char* name, Records& value, bool nullable) = 0;

    virtual void begin_struct(const char* name) = 0;
    virtual void end_struct(UnknownTags& unknown_tags) = 0;
    /// Gets what the message holds, says what is to be visited.
    virtual ArrayHead begin_array(const char* name, ArrayHead held, bool nullable) = 0;
    virtual void end_array(ArrayHead head) = 0;
    /// Whether there is a struct to visit.
    virtual bool begin_optional(const char* name, bool held) = 0;
    /// Whether the field is to be visited; then end_tagged follows.
    virtual bool begin_tagged(uint32_t tag, bool is_default) = 0;
    virtual void end_tagged(uint32_t tag) = 0;

    const int16_t version_;
    /// Set by a decoder that met an error: no array grows any more.
    bool stopped_ = false;

private:
    // Grows with what was really there, so that a lie about the count costs nearly nothing.
    template <typename T>
    void elements(std::vector<T>& items, size_t count) {
        constexpr size_t kExpected = 64;
        items.reserve(std::min(count, kExpected));
        for (size_t i = 0; i < count && !stopped_; ++i) {
            T& item = i < items.size() ? items[i] : items.emplace_back();
            if constexpr (LeafField<T>) {
                leaf(nullptr, item, false);
            } else {
                structure(nullptr, item);
            }
        }
    }
};

}  // namespace lockstep::protocol

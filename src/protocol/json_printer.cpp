#include "protocol/json_printer.h"

#include <fmt/format.h>

namespace lockstep::protocol {

void JsonPrinter::leaf(const char* name, bool& value, bool) {
    begin_value(name);
    text_ += value ? "true" : "false";
}

void JsonPrinter::leaf(const char* name, double& value, bool) {
    begin_value(name);
    text_ += fmt::format("{}", value);
}

void JsonPrinter::leaf(const char* name, std::string& value, bool) {
    begin_value(name);
    quoted(value);
}

void JsonPrinter::leaf(const char* name, std::optional<std::string>& value, bool) {
    begin_value(name);
    if (value) {
        quoted(*value);
    } else {
        text_ += "null";
    }
}

void JsonPrinter::leaf(const char* name, Bytes& value, bool) {
    begin_value(name);
    hex(value);
}

void JsonPrinter::leaf(const char* name, Uuid& value, bool) {
    begin_value(name);
    quoted(value.to_string());
}

void JsonPrinter::leaf(const char* name, Records& value, bool) {
    begin_value(name);
    text_ += value.data ? fmt::format("\"{} bytes\"", value.data->size()) : "null";
}

void JsonPrinter::begin_struct(const char* name) {
    begin_value(name);
    text_ += '{';
}

void JsonPrinter::end_struct(UnknownTags& unknown_tags) {
    if (!unknown_tags.empty()) {
        begin_value("unknown_tags");
        text_ += '{';
        for (const UnknownTag& unknown : unknown_tags) {
            begin_value(std::to_string(unknown.tag).c_str());
            hex(unknown.data);
        }
        text_ += '}';
    }
    text_ += '}';
}

FieldVisitor::ArrayHead JsonPrinter::begin_array(const char* name, ArrayHead held, bool) {
    begin_value(name);
    text_ += held.present ? "[" : "null";
    return held;
}

void JsonPrinter::end_array(ArrayHead head) {
    if (head.present) {
        text_ += ']';
    }
}

bool JsonPrinter::begin_optional(const char* name, bool held) {
    if (!held) {
        begin_value(name);
        text_ += "null";
    }
    return held;
}

void JsonPrinter::begin_value(const char* name) {
    if (!text_.empty() && text_.back() != '{' && text_.back() != '[') {
        text_ += ',';
    }
    if (name != nullptr) {
        text_ += fmt::format("\"{}\":", name);
    }
}

void JsonPrinter::number(const char* name, int64_t value) {
    begin_value(name);
    text_ += std::to_string(value);
}

void JsonPrinter::quoted(std::string_view text) {
    text_ += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            text_ += '\\';
            text_ += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            text_ += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            text_ += c;
        }
    }
    text_ += '"';
}

void JsonPrinter::hex(ByteView bytes) {
    text_ += '"';
    for (const uint8_t byte : bytes) {
        text_ += fmt::format("{:02x}", byte);
    }
    text_ += '"';
}

}  // namespace lockstep::protocol

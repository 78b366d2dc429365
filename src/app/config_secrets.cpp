#include "app/config_secrets.h"

#include "app/config.h"
#include "app/yaml_map.h"

#include <fmt/core.h>
#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <sstream>

namespace lockstep::app {
namespace {

constexpr std::string_view kMask = "(a secret)";
constexpr std::string_view kBlanks = " \t\r\n";

size_t offset_of(std::string_view text, TextPosition at) {
    size_t line_start = 0;
    for (int line = 1; line < at.line; ++line) {
        line_start = std::min(text.find('\n', line_start), text.size() - 1) + 1;
    }
    return std::min(line_start + static_cast<size_t>(at.column) - 1, text.size());
}

/// Where the nodes of a document begin. The parser tells no ends.
class NodeStarts : public YAML::EventHandler {
public:
    explicit NodeStarts(const std::string& text) : text_(text) {
        std::istringstream stream(text);
        YAML::Parser parser(stream);
        parser.HandleNextDocument(*this);
    }

    /// Of the node behind `offset`; the text's end where there is none.
    size_t next_after(size_t offset) const {
        size_t next = text_.size();
        for (const size_t start : starts_) {
            next = start > offset ? std::min(next, start) : next;
        }
        return next;
    }

private:
    void add(const YAML::Mark& mark) { starts_.push_back(offset_of(text_, position_of(mark))); }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add(mark); }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { add(mark); }
    void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  const std::string&) override {
        add(mark);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                         YAML::EmitterStyle::value) override {
        add(mark);
    }
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                    YAML::EmitterStyle::value) override {
        add(mark);
    }
    void OnMapEnd() override {}

    const std::string& text_;
    std::vector<size_t> starts_;
};

/// The size of the text in quotes that `rest` begins with; 0 where there is none.
size_t quoted_size(std::string_view rest) {
    const char quote = rest.empty() ? '\0' : rest.front();
    if (quote != '"' && quote != '\'') {
        return 0;
    }
    for (size_t i = 1; i < rest.size(); ++i) {
        const bool is_escape = quote == '"' ? rest[i] == '\\' : rest.substr(i).starts_with("''");
        if (is_escape) {
            ++i;
        } else if (rest[i] == quote) {
            return i + 1;
        }
    }
    return 0;
}

/// How much there is to hide at `offset`. Plain text of one line and text in quotes are found
/// exactly; of all other forms (blocks, several lines, anchors) it is everything up to the next
/// node, which may be a bracket or a comment too much.
size_t size_to_hide(const std::string& text, const NodeStarts& starts, size_t offset,
                    const std::string& value) {
    const auto rest = std::string_view(text).substr(offset);
    if (const size_t quoted = quoted_size(rest)) {
        return quoted;
    }
    if (rest.starts_with(value)) {
        return value.size();
    }
    const auto region = rest.substr(0, starts.next_after(offset) - offset);
    return region.find_last_not_of(kBlanks) + 1;
}

}  // namespace

std::string literal_secrets(const std::string& text, std::string_view name) {
    std::string lines;
    for (const LiteralSecret& secret : parse_config(text).secrets) {
        const ConfigProblem problem{
            secret.at, fmt::format("\"{}\" is a secret that stands here as it is, and the desired "
                                   "state would show it to everybody who may read the topic; write "
                                   "${{file:/path}} or ${{env:NAME}}",
                                   secret.key)};
        lines += problem.to_string(name) + "\n";
    }
    return lines;
}

std::string without_secrets(const std::string& text) {
    ParsedConfig parsed = parse_config(text);
    if (!parsed.problems.empty()) {
        return fmt::format(
            "# not shown, as it may hold secrets and is no valid configuration: {}\n",
            parsed.problems.front().to_string("version"));
    }
    const NodeStarts starts(text);
    std::string shown = text;
    size_t last = text.size();
    for (auto secret = parsed.secrets.rbegin(); secret != parsed.secrets.rend(); ++secret) {
        const size_t offset = offset_of(text, secret->at);
        if (offset < last) {  // else an alias of what is hidden already
            shown.replace(offset, size_to_hide(text, starts, offset, secret->value.reveal()),
                          kMask);
            last = offset;
        }
    }
    return shown;
}

}  // namespace lockstep::app

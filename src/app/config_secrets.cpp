#include "app/config_secrets.h"

#include "app/comment_secrets.h"
#include "app/config.h"
#include "app/yaml_map.h"

#include <fmt/core.h>
#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <map>
#include <optional>
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

    /// Of the last node that begins before `offset`; nothing where there is none.
    std::optional<size_t> last_before(size_t offset) const {
        std::optional<size_t> last;
        for (const size_t start : starts_) {
            last = start < offset ? std::max(last.value_or(0), start) : last;
        }
        return last;
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

/// What in comments looks like a secret. Text in quotes is none; a block of text may be taken for a
/// comment.
std::vector<CommentSecret> comment_secrets(const std::string& text, const NodeStarts& starts) {
    return secrets_in_comments(text, [&](size_t offset) {
        const auto node = starts.last_before(offset);
        return node && *node + quoted_size(std::string_view(text).substr(*node)) > offset;
    });
}

}  // namespace

std::string literal_secrets(const std::string& text, std::string_view name) {
    const ParsedConfig parsed = parse_config(text);
    ConfigProblems problems;
    for (const LiteralSecret& secret : parsed.secrets) {
        problems.add(secret.at,
                     fmt::format("\"{}\" is a secret that stands here as it is, and the desired "
                                 "state would show it to everybody who may read the topic; write "
                                 "${{file:/path}} or ${{env:NAME}}",
                                 secret.key));
    }
    if (parsed.problems.empty()) {
        for (const CommentSecret& secret : comment_secrets(text, NodeStarts(text))) {
            problems.add(secret.at,
                         fmt::format("\"{}\" in this comment looks like a secret, and the desired "
                                     "state would show it to everybody who may read the topic; "
                                     "write ${{file:/path}} or ${{env:NAME}}, or take it out",
                                     secret.key));
        }
    }
    std::string lines;
    for (const ConfigProblem& problem : problems.take_sorted()) {
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
    std::map<size_t, size_t> hidden;  // where they begin and end; an alias has its anchor's place
    for (const LiteralSecret& secret : parsed.secrets) {
        const size_t offset = offset_of(text, secret.at);
        hidden[offset] = offset + size_to_hide(text, starts, offset, secret.value.reveal());
    }
    for (const CommentSecret& secret : comment_secrets(text, starts)) {
        hidden.try_emplace(secret.offset, secret.offset + secret.size);
    }
    std::string shown;
    size_t at = 0;
    for (const auto& [begin, end] : hidden) {
        if (begin >= at) {  // else it is a comment that is hidden already
            shown += text.substr(at, begin - at);
            shown += kMask;
        }
        at = std::max(at, end);
    }
    return shown + text.substr(at);
}

}  // namespace lockstep::app

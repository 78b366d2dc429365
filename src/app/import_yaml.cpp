#include "app/import_yaml.h"

#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::app {
namespace {

constexpr size_t kWidth = 100;

/// Text of the foreign file, on one line.
std::string printable_line(std::string_view text) {
    std::string line(text);
    std::ranges::replace_if(
        line, [](unsigned char c) { return c < ' ' || c == 0x7F; }, ' ');
    return line;
}

std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char c : printable_line(text)) {
        if (c == '"' || c == '\\') {
            result += '\\';
        }
        result += c;
    }
    return result + "\"";
}

/// Writes lines of YAML and comments; may turn everything into comments.
class Writer {
public:
    void line(int indent, std::string_view text) {
        const std::string blank(static_cast<size_t>(indent), ' ');
        text_ += fmt::format("{}{}{}\n", is_comment_ ? "#" : "", text.empty() ? "" : blank, text);
    }
    void comment(int indent, std::string_view text);
    void rulings(int indent, const std::vector<Ruling>& rulings) {
        for (const Ruling& ruling : rulings) {
            comment(indent, to_string(ruling));
        }
    }
    void list(int indent, std::string_view key, const ImportedList& list) {
        rulings(indent, list.because);
        std::string entries;
        for (const std::string& entry : list.entries) {
            entries += (entries.empty() ? "" : ", ") + quoted(entry);
        }
        line(indent, fmt::format("{}: [{}]", key, entries));
    }
    void set_comment(bool is_comment) { is_comment_ = is_comment; }
    std::string take() { return std::move(text_); }

private:
    std::string text_;
    bool is_comment_ = false;
};

/// Wrapped between words; what goes on in a further line is indented.
void Writer::comment(int indent, std::string_view text) {
    std::string current;
    bool is_first = true;
    const auto flush = [&] {
        line(indent, fmt::format("# {}{}", is_first ? "" : "    ", current));
        is_first = false;
        current.clear();
    };
    for (const std::string_view word : split(text, ' ')) {
        const size_t used = static_cast<size_t>(indent) + 6 + current.size();
        if (!current.empty() && used + 1 + word.size() > kWidth) {
            flush();
        }
        current += (current.empty() ? "" : " ") + std::string(word);
    }
    flush();
}

void write_head(Writer& writer, const std::string& origin) {
    writer.comment(0, fmt::format("Made by `lockstep import` from {}.", printable_line(origin)));
    writer.comment(0,
                   "Comments name each setting of that file and what became of it: taken, "
                   "changed (why), not needed (why), by hand (somebody has to look at it) or "
                   "unknown (nothing was done about it).");
    writer.comment(0, "Next: `lockstep check -c FILE`, which changes nothing.");
    writer.line(0, "");
}

void write_clusters(Writer& writer, const ImportedMirrors& mirrors) {
    writer.line(0, "clusters:");
    for (const ImportedCluster& cluster : mirrors.clusters) {
        writer.line(2, fmt::format("- name: {}", quoted(cluster.name)));
        writer.list(4, "bootstrap", cluster.bootstrap);
        writer.rulings(4, cluster.security.because);
        for (const std::string& line : cluster.security.lines) {
            writer.line(4, line);
        }
        writer.rulings(4, cluster.others);
    }
    writer.line(0, "");
}

void write_link(Writer& writer, const ImportedLink& link) {
    if (!link.not_now.empty()) {
        writer.comment(2, fmt::format("by hand: {}.", link.not_now));
    }
    writer.set_comment(!link.not_now.empty());
    writer.rulings(2, link.because);
    writer.line(2, fmt::format("- source: {}", quoted(link.source)));
    writer.line(4, fmt::format("target: {}", quoted(link.target)));
    writer.list(4, "topics", link.topics);
    if (!link.prefix.empty()) {
        writer.line(4, fmt::format("prefix: {}", quoted(link.prefix)));
    }
    if (link.is_continued) {
        writer.comment(4, "behind what MirrorMaker 2 has copied, at the target's next offsets");
        writer.line(4, "offsets: translate");
    }
    writer.list(4, "exclude", link.exclude);
    writer.list(4, "groups", link.groups);
    if (!link.exclude_groups.because.empty()) {
        writer.list(4, "exclude_groups", link.exclude_groups);
    }
    writer.rulings(4, link.replication_factor_because);
    if (link.replication_factor) {
        writer.line(4, fmt::format("replication_factor: {}", *link.replication_factor));
    }
    writer.rulings(4, link.others);
    writer.set_comment(false);
}

}  // namespace

std::string render_import(const ImportedMirrors& mirrors, const std::string& origin) {
    Writer writer;
    write_head(writer, origin);
    write_clusters(writer, mirrors);
    writer.line(0, "links:");
    for (const ImportedLink& link : mirrors.links) {
        write_link(writer, link);
    }
    if (!mirrors.others.empty()) {
        writer.line(0, "");
        writer.comment(0, "Of no cluster and no link:");
        writer.rulings(0, mirrors.others);
    }
    return writer.take();
}

std::vector<Ruling> all_rulings(const ImportedMirrors& mirrors) {
    std::vector<Ruling> all = mirrors.others;
    const auto add = [&](const std::vector<Ruling>& more) {
        all.insert(all.end(), more.begin(), more.end());
    };
    for (const ImportedCluster& cluster : mirrors.clusters) {
        add(cluster.bootstrap.because);
        add(cluster.security.because);
        add(cluster.others);
    }
    for (const ImportedLink& link : mirrors.links) {
        add(link.because);
        for (const ImportedList* list :
             {&link.topics, &link.exclude, &link.groups, &link.exclude_groups}) {
            add(list->because);
        }
        add(link.replication_factor_because);
        add(link.others);
    }
    std::ranges::stable_sort(all, {}, [](const Ruling& ruling) { return ruling.from.line; });
    return all;
}

std::string to_string(const Ruling& ruling) {
    const ForeignSetting& from = ruling.from;
    const std::string& key = from.shown.empty() ? from.key : from.shown;
    const bool is_hidden = is_secret(from.key) && !from.value.empty();
    return fmt::format("{}: {} = {}{}{}{}", to_string(ruling.verdict), printable_line(key),
                       is_hidden ? "(hidden)" : printable_line(from.value),
                       from.line > 0 ? fmt::format(" (line {})", from.line) : "",
                       ruling.why.empty() ? "" : "; ", ruling.why);
}

}  // namespace lockstep::app

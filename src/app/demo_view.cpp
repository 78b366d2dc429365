#include "app/demo_view.h"

#include "app/text_layout.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace lockstep::app {
namespace {

constexpr size_t kWidest = 80;  // longer lines are no easier to read
constexpr size_t kNarrowest = 40;
constexpr size_t kShortest = 10;
constexpr size_t kTallEnoughForAddresses = 32;
constexpr size_t kMostReasonLines = 2;

constexpr std::string_view kBold = "1";
constexpr std::string_view kDim = "2";
constexpr std::string_view kRed = "31";
constexpr std::string_view kGreen = "32";
constexpr std::string_view kYellow = "33";
constexpr std::string_view kCyan = "36";
constexpr std::string_view kPlain = "";

/// One line that is put together of pieces, each in a colour, and cut at the right edge.
class Line {
public:
    Line& add(std::string_view text, std::string_view color = kPlain) {
        pieces_.push_back({printable(text), color});
        return *this;
    }

    std::string render(size_t width, bool has_color) const {
        std::string text;
        size_t left = width;
        for (const Piece& piece : pieces_) {
            const std::string_view shown = std::string_view(piece.text).substr(0, left);
            left -= shown.size();
            const bool is_painted = has_color && !piece.color.empty() && !shown.empty();
            text += is_painted ? fmt::format("\x1b[{}m{}\x1b[0m", piece.color, shown)
                               : std::string(shown);
        }
        return text;
    }

private:
    struct Piece {
        std::string text;
        std::string_view color;
    };
    std::vector<Piece> pieces_;
};

using Lines = std::vector<Line>;

Line heading(std::string_view text) {
    return Line().add(text, kBold);
}

std::string_view color_of(DemoMood mood) {
    switch (mood) {
        case DemoMood::good: return kGreen;
        case DemoMood::busy: return kYellow;
        case DemoMood::bad: return kRed;
    }
    return kPlain;
}

std::string clock(double seconds) {
    const auto whole = static_cast<int64_t>(seconds);
    return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string rounded(double value) {
    return format_count(std::llround(value));
}

std::string count(uint64_t value) {
    return format_count(static_cast<int64_t>(value));
}

Lines wrapped(std::string_view text, size_t width, std::string_view color) {
    Lines lines;
    const std::string folded = wrap_text(printable(text), 2, width);
    for (const std::string_view line : split(folded, '\n')) {
        if (!line.empty() && lines.size() < kMostReasonLines) {
            lines.push_back(Line().add(line, color));
        }
    }
    return lines;
}

void append(Lines& lines, const Lines& more) {
    lines.insert(lines.end(), more.begin(), more.end());
}

Line title(const DemoScene& scene, size_t width) {
    const std::string left = fmt::format("Lockstep demo: {}", scene.strategy);
    const std::string time = clock(scene.seconds);
    const std::string about = "  Kafka clusters in memory; nothing is kept";
    const size_t used = left.size() + about.size() + time.size();
    Line line;
    line.add(left, kBold).add(about, kDim);
    return line.add(std::string(used < width ? width - used : 1, ' ')).add(time, kBold);
}

void add_clusters(Lines& lines, const DemoScene& scene, bool has_addresses) {
    lines.push_back(heading("CLUSTER   BROKERS     RECORDS  RECORDS/S     BYTES/S"));
    for (const DemoCluster& cluster : scene.clusters) {
        Line line;
        line.add(fmt::format("{:<10}", cluster.name), kCyan);
        size_t used = 0;
        for (const DemoBroker& broker : cluster.brokers) {
            const std::string text = broker.is_up ? fmt::format("{} ", broker.id) : "x ";
            line.add(text, broker.is_up ? kGreen : kRed);
            used += text.size();
        }
        line.add(std::string(used < 8 ? 8 - used : 0, ' '));
        line.add(fmt::format("{:>11}{:>11}{:>12}  ", format_count(cluster.records),
                             rounded(cluster.records_per_second),
                             format_bytes(cluster.bytes_per_second)));
        line.add(cluster.role, kDim);
        lines.push_back(line);
        if (has_addresses) {
            lines.push_back(Line().add("  clients: " + cluster.bootstrap, kDim));
        }
    }
}

Line line_of(const DemoLink& link, const std::string& name) {
    Line line;
    line.add(fmt::format("{:<20}", name), kCyan);
    line.add(fmt::format("{:<14} ", link.state), color_of(link.mood));
    line.add(
        fmt::format("{:>9}{:>11}  ", format_count(link.behind), rounded(link.records_per_second)));
    if (link.differences > 0) {
        return line.add(fmt::format("{} DIFFER", count(link.differences)), kRed);
    }
    // 100 % is for what is done.
    const double percent = std::floor(link.verified_part * 100);
    return line.add(fmt::format("{} ({:.0f} %)", count(link.verified), percent));
}

/// Their problems have `room` lines; where there are many links, not all of them may find theirs.
void add_links(Lines& lines, const DemoScene& scene, size_t width, size_t room) {
    lines.push_back(
        heading("LINK                STATE             BEHIND  RECORDS/S  VERIFIED THE SAME"));
    for (size_t i = 0; i < scene.links.size(); ++i) {
        const DemoLink& link = scene.links[i];
        std::string name = link.source + " -> " + link.target;
        if (scene.links.size() > 1) {
            name = fmt::format("{}{} {}", i == scene.chosen_link ? '>' : ' ', i + 1, name);
        }
        lines.push_back(line_of(link, name));
        Lines problem = wrapped(link.problem, width, kYellow);
        problem.resize(std::min(problem.size(), room));
        room -= problem.size();
        append(lines, problem);
    }
}

Lines troubles_of(const DemoScene& scene, size_t width) {
    Lines lines;
    for (const DemoTrouble& trouble : scene.troubles) {
        const std::string_view color = trouble.is_blocked ? kRed : kYellow;
        lines.push_back(Line()
                            .add(fmt::format("{} ", fmt::join(trouble.partitions, ", ")), kCyan)
                            .add(trouble.state, color)
                            .add(fmt::format(" on {}", fmt::join(trouble.links, ", ")), kDim));
        append(lines, wrapped(trouble.reason, width, kPlain));
    }
    return lines;
}

/// A heading and as many of the lines as there is room for.
void add_part(Lines& lines, std::string_view title, const Lines& part, size_t room) {
    constexpr size_t kHead = 2;  // an empty line and the heading
    if (part.empty() || room <= kHead) {
        return;
    }
    lines.emplace_back();
    lines.push_back(heading(title));
    const size_t shown = std::min(part.size(), room - kHead);
    lines.insert(lines.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(shown));
}

/// The newest ones that fit into `room` lines.
Lines events_of(const DemoScene& scene, size_t room, size_t width) {
    Lines lines;
    const size_t shown = std::min(room, scene.events.size());
    for (size_t i = scene.events.size() - shown; i < scene.events.size(); ++i) {
        const DemoEvent& event = scene.events[i];
        std::string text = render_demo_event(event);
        if (text.size() > width) {
            text = text.substr(0, width - 3) + "...";
        }
        lines.push_back(Line().add(text, event.is_by_user ? kYellow : kPlain));
    }
    return lines;
}

Lines group_of(const DemoScene& scene) {
    const DemoGroup& group = scene.group;
    Lines lines;
    if (group.name.empty()) {
        return lines;
    }
    lines.emplace_back();
    lines.push_back(Line()
                        .add("CONSUMER GROUP ", kBold)
                        .add(group.name, kCyan)
                        .add(fmt::format("  has read {} records at {}", format_count(group.place),
                                         group.source)));
    for (const DemoGroupCopy& copy : group.copies) {
        Line line;
        line.add(
            fmt::format("  would go on at {} from {}: ", copy.cluster, format_count(copy.place)));
        if (copy.partitions > 0 && copy.exact == copy.partitions) {
            line.add("exactly there", kGreen);
        } else {
            line.add(fmt::format("{} of {} partitions exact", copy.exact, copy.partitions),
                     kYellow);
        }
        lines.push_back(line);
    }
    return lines;
}

/// "berlin", "berlin and paris", "berlin, paris and london".
std::string enumerate(const std::vector<std::string>& names) {
    std::string text;
    for (size_t i = 0; i < names.size(); ++i) {
        const bool is_last = i + 1 == names.size();
        text += (i == 0 ? "" : (is_last ? " and " : ", ")) + names[i];
    }
    return text;
}

Lines help_of(const DemoScene& scene, size_t width) {
    std::vector<std::string> written;
    for (const DemoCluster& cluster : scene.clusters) {
        if (cluster.is_written) {
            written.push_back(cluster.name);
        }
    }
    const std::string topics = fmt::format(
        "Programs write to {}: orders, payments (in transactions, some aborted), customers "
        "(compacted). ",
        enumerate(written));
    Lines lines;
    const auto add = [&lines](const std::string& text) { lines.push_back(Line().add(text)); };
    const bool are_several = written.size() > 1;
    const std::string about =
        are_several ? "Lockstep brings each record to each other cluster once, those of one origin "
                      "in their order, and compares both sides again."
                    : "Lockstep copies each record to the same offset of the same partition "
                      "elsewhere, and reads both sides again to verify the copies.";
    const std::string folded = wrap_text(topics + about, 0, width);
    for (const std::string_view line : split(folded, '\n')) {
        if (!line.empty()) {
            add(std::string(line));
        }
    }
    if (!are_several) {
        add("RECORDS is what the logs hold, with the markers that end transactions.");
    }
    const std::string first = scene.clusters.empty() ? "" : scene.clusters.front().name;
    lines.emplace_back();
    if (scene.links.size() > 1) {
        add(fmt::format("1-{}  choose the link that the next three keys are about",
                        scene.links.size()));
    }
    add("c  cut Lockstep off from both clusters of the link; again: heal it");
    add("k  kill broker 1 of the link's source; again: bring it back");
    add("K  kill the link's target cluster; again: bring it back");
    add("p  stop Lockstep; again: it goes on from where it was");
    add(fmt::format("d  delete the topic orders at {}; again: create another one", first));
    add("+  one partition more for orders");
    add(fmt::format("t  lose the newest records of orders-0 at {} (an unclean election)", first));
    return lines;
}

Line keys(const DemoScene& scene) {
    if (scene.is_ending) {
        return Line().add("Nothing is written any more; the last records are being compared ...",
                          kBold);
    }
    if (!scene.has_keys) {
        return Line().add("Ctrl-C ends it.", kDim);
    }
    if (scene.shows_help) {
        return Line().add("q quit  h back", kBold);
    }
    if (scene.links.size() > 1) {
        return Line().add(fmt::format("q quit  h help  1-{} link  c cut  k broker  K target  "
                                      "p pause  d/+/t topic",
                                      scene.links.size()),
                          kBold);
    }
    return Line().add("q quit  h help  c cut  k broker  K target  p pause  d delete  + add  t lose",
                      kBold);
}

}  // namespace

std::string render_demo(const DemoScene& scene, const DemoScreen& screen) {
    constexpr size_t kBottom = 2;  // an empty line and the keys
    constexpr size_t kEventsAtLeast = 5;
    const size_t width = std::clamp(screen.width, kNarrowest, kWidest);
    const size_t height = std::max(screen.height, kShortest) - kBottom;
    Lines lines{title(scene, width), Line()};
    add_clusters(lines, scene, scene.shows_help || screen.height >= kTallEnoughForAddresses);
    lines.emplace_back();
    const auto room = [&lines, height](size_t kept) {
        return height - std::min(height, lines.size() + kept);
    };
    if (scene.shows_help) {
        append(lines, help_of(scene, width));
    } else {
        const Lines group = group_of(scene);
        constexpr size_t kHead = 1;
        add_links(lines, scene, width,
                  room(kHead + scene.links.size() + group.size() + kEventsAtLeast));
        append(lines, group);
        add_part(lines, "PARTITIONS THAT ARE NOT RUNNING", troubles_of(scene, width),
                 room(kEventsAtLeast));
        add_part(lines, "EVENTS", events_of(scene, room(2), width), room(0));
    }
    lines.resize(std::min(lines.size(), height));
    lines.emplace_back();
    lines.push_back(keys(scene));
    std::string text;
    for (const Line& line : lines) {
        text += (text.empty() ? "" : "\n") + line.render(width, screen.has_color);
    }
    return text;
}

std::string render_demo_line(const DemoScene& scene) {
    std::string text = fmt::format("{:>5}", clock(scene.seconds));
    for (const DemoCluster& cluster : scene.clusters) {
        text += fmt::format("  {} {}", cluster.name, format_count(cluster.records));
    }
    for (const DemoLink& link : scene.links) {
        text += fmt::format("  {}->{} {}, {} behind, {} verified", link.source, link.target,
                            link.state, format_count(link.behind), count(link.verified));
        if (link.differences > 0) {
            text += fmt::format(", {} DIFFER", count(link.differences));
        }
    }
    return printable(text);
}

std::string render_demo_event(const DemoEvent& event) {
    return printable(fmt::format("{:>5}  {}{}", clock(event.seconds),
                                 event.is_by_user ? "you: " : "", event.text));
}

}  // namespace lockstep::app

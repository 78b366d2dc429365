#include "app/cut_report.h"

#include "app/text_layout.h"
#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace lockstep::app {

using replication::CutPartition;
using replication::CutTransaction;
using replication::LinkCut;

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kWidth = 80;
constexpr size_t kShownTransactions = 10;

std::string render(const CutTransaction& transaction) {
    std::string text =
        fmt::format("    producer {} epoch {}: offsets {} to {}", transaction.producer_id,
                    transaction.producer_epoch, transaction.first_offset, transaction.last_offset);
    if (!transaction.marker_offset) {
        text += ", still open";
    }
    if (!transaction.is_told_apart) {
        text += ", not told apart";
    }
    return text + "\n";
}

std::string render(const CutPartition& partition) {
    std::string text = fmt::format("  {}-{}: copied to {}, ", printable(partition.topic),
                                   partition.partition, format_count(partition.copied_to));
    if (partition.records_behind() == 0) {
        return text + "the cut is there\n";
    }
    text += fmt::format("cut at {}, {} behind it, {} cut\n", format_count(partition.cut),
                        count_of(static_cast<size_t>(partition.records_behind()), "record"),
                        count_of(partition.transactions_cut, "transaction"));
    const size_t shown = std::min(partition.first.size(), kShownTransactions);
    for (size_t i = 0; i < shown; ++i) {
        text += render(partition.first[i]);
    }
    if (partition.transactions_cut > shown) {
        text += fmt::format("    and {} more\n", partition.transactions_cut - shown);
    }
    return text;
}

std::string render(const LinkCut& link) {
    std::string text = fmt::format("{}: {} -> {}\n", link.name, link.source, link.target);
    if (!link.is_known()) {
        return text + wrap_text("no cut is known: " + printable(link.problem), 2, kWidth);
    }
    int64_t records = 0;
    size_t whole = 0;
    for (const CutPartition& partition : link.partitions) {
        text += render(partition);
        records += partition.records_behind();
        whole += partition.records_behind() == 0 ? 1 : 0;
    }
    if (!link.note.empty()) {
        text += wrap_text("note: " + printable(link.note), 2, kWidth);
    }
    return text + fmt::format("  {} of {} not cut, {} behind the cut\n", whole,
                              count_of(link.partitions.size(), "partition"),
                              count_of(static_cast<size_t>(records), "record"));
}

Json transaction_json(const CutTransaction& transaction) {
    return {
        {"producer_id", transaction.producer_id},
        {"producer_epoch", transaction.producer_epoch},
        {"first_offset", transaction.first_offset},
        {"last_offset", transaction.last_offset},
        {"marker_offset",
         transaction.marker_offset ? Json(*transaction.marker_offset) : Json(nullptr)},
        {"told_apart", transaction.is_told_apart},
    };
}

Json partition_json(const CutPartition& partition) {
    Json first = Json::array();
    for (const CutTransaction& transaction : partition.first) {
        first.push_back(transaction_json(transaction));
    }
    return {
        {"topic", partition.topic},
        {"target_topic", partition.renamed_to.empty() ? partition.topic : partition.renamed_to},
        {"partition", partition.partition},
        {"copied_to", partition.copied_to},
        {"cut", partition.cut},
        {"records_behind", partition.records_behind()},
        {"transactions_cut", partition.transactions_cut},
        {"first_transactions", std::move(first)},
    };
}

}  // namespace

std::string render_cuts(const std::vector<LinkCut>& links) {
    std::string text;
    for (const LinkCut& link : links) {
        text += render(link);
    }
    return text;
}

std::string cut_json(const std::vector<LinkCut>& links) {
    Json body = {{"links", Json::array()}};
    for (const LinkCut& link : links) {
        Json partitions = Json::array();
        for (const CutPartition& partition : link.partitions) {
            partitions.push_back(partition_json(partition));
        }
        body["links"].push_back({{"name", link.name},
                                 {"source", link.source},
                                 {"target", link.target},
                                 {"known", link.is_known()},
                                 {"problem", link.problem},
                                 {"note", link.note},
                                 {"partitions", std::move(partitions)}});
    }
    return body.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

bool has_trouble(const std::vector<LinkCut>& links) {
    return !std::ranges::all_of(links, &LinkCut::is_known);
}

}  // namespace lockstep::app

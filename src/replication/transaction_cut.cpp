#include "replication/transaction_cut.h"

#include <algorithm>

namespace lockstep::replication {
namespace {

struct LastRecord {
    Offset offset;
    size_t transaction = 0;
};

/// One call of largest_cut().
class Cutting {
public:
    Cutting(const std::vector<Offset>& copied, const std::vector<TransactionExtent>& transactions)
        : transactions_(transactions), inside_(copied.size()) {
        cut_.ends = copied;
        cut_.is_outside.resize(transactions.size());
        for (size_t i = 0; i < transactions.size(); ++i) {
            for (const TransactionRange& range : transactions[i]) {
                inside_[range.partition].push_back({range.last, i});
            }
        }
        for (std::vector<LastRecord>& partition : inside_) {
            std::ranges::sort(partition, {}, &LastRecord::offset);
        }
    }

    TransactionCut run() && {
        for (size_t partition = 0; partition < inside_.size(); ++partition) {
            moved_.push_back(partition);
        }
        while (!moved_.empty()) {
            const size_t partition = moved_.back();
            moved_.pop_back();
            std::vector<LastRecord>& inside = inside_[partition];
            while (!inside.empty() && inside.back().offset >= cut_.ends[partition]) {
                const size_t transaction = inside.back().transaction;
                inside.pop_back();
                move_out(transaction);
            }
        }
        return std::move(cut_);
    }

private:
    void move_out(size_t transaction) {
        if (cut_.is_outside[transaction]) {
            return;
        }
        cut_.is_outside[transaction] = true;
        for (const TransactionRange& range : transactions_[transaction]) {
            if (range.first < cut_.ends[range.partition]) {
                cut_.ends[range.partition] = range.first;
                moved_.push_back(range.partition);
            }
        }
    }

    const std::vector<TransactionExtent>& transactions_;
    TransactionCut cut_;
    std::vector<std::vector<LastRecord>> inside_;  // by partition, what may be before its end
    std::vector<size_t> moved_;                    // partitions whose ends were moved
};

}  // namespace

TransactionCut largest_cut(const std::vector<Offset>& copied,
                           const std::vector<TransactionExtent>& transactions) {
    return Cutting(copied, transactions).run();
}

}  // namespace lockstep::replication

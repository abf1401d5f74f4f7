// One flush for the commits of many writers of a database.
//
// With writers = "single" the writer lock is given up by COMMIT. Were the commit to wait for the disk, each writer
// would keep all others waiting for one flush each. So where others want to write too, a writer commits with
// synchronous_commit = off, which hands the lock on at once, and its client is answered after flush(): a small
// transaction that commits as the role has it (on, remote_apply, …). WAL is written in order, so what is durable then
// includes every commit that was over before it began. While one flush runs, the next one gathers all who come.
#pragma once

#include "pool/pool.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace howdah::proxy {

class SharedFlush {
public:
    explicit SharedFlush(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

    // A session that writes, for as long as this lives.
    class Writer {
    public:
        explicit Writer(SharedFlush& flush) : flush_(&flush) { ++flush_->writers_; }
        Writer(const Writer&) = delete;
        Writer& operator=(const Writer&) = delete;
        ~Writer() { --flush_->writers_; }

    private:
        SharedFlush* flush_;
    };

    // Whether a commit should leave the flush to flush(): alone, a commit that waits is one round trip less.
    bool worth_it() const { return writers_ > 1; }
    std::size_t writers() const { return writers_; }

    // Makes what has been committed on `lease` durable. Who joins a flush that another session runs gives its
    // connection back meanwhile, unless `keep`. An error: it is not known whether the commits before it outlive a
    // crash.
    boost::asio::awaitable<std::optional<pool::Error>> flush(std::optional<pool::Lease>& lease, bool keep);

    std::uint64_t flushes() const { return flushes_; }

private:
    struct Round {
        explicit Round(const boost::asio::any_io_executor& executor) : wake(executor) { wake.expires_at(never()); }
        static boost::asio::steady_timer::time_point never() { return boost::asio::steady_timer::time_point::max(); }

        boost::asio::steady_timer wake; // cancelled when its time to run comes, and when it is over
        bool may_run = false, over = false;
        std::optional<pool::Error> error;
    };
    boost::asio::awaitable<void> run(Round& round, pool::Lease& lease);
    boost::asio::awaitable<void> wait(Round& round, const bool& condition);

    boost::asio::any_io_executor executor_;
    std::size_t writers_ = 0;
    std::uint64_t flushes_ = 0;
    bool running_ = false;
    std::shared_ptr<Round> next_; // its first member runs it when the one that runs is over
};

} // namespace howdah::proxy

#include "pool/pool_impl.hpp"

#include <cassert>

namespace howdah::pool {

namespace asio = boost::asio;

Lease::Impl::Impl(std::shared_ptr<Pool::Impl> pool_, ConnectionId id_)
    : pool(std::move(pool_)), id(id_), connection(pool->connections.at(id))
{
}

Lease::Impl::~Impl()
{
    connection.reset();
    pool->give_back(id, dirty);
}

Lease::Lease() = default;
Lease::Lease(Lease&&) noexcept = default;
Lease& Lease::operator=(Lease&&) noexcept = default;
Lease::~Lease() = default;
Lease::Lease(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

asio::awaitable<Result<BatchResult>> Lease::run(const Batch& batch)
{
    assert(impl_);
    // The coroutine keeps both: the lease may be destroyed while it waits.
    const std::shared_ptr<Pool::Impl> pool = impl_->pool;
    const std::shared_ptr<Connection> connection = impl_->connection;
    const auto began = Pool::Impl::Clock::now();
    Result<BatchResult> result = co_await connection->run(batch, pool->settings.query_timeout);
    pool->run_times.add(std::chrono::duration<double>(Pool::Impl::Clock::now() - began).count());
    co_return result;
}

bool Lease::start(const Batch& batch, BatchOwner& owner)
{
    assert(impl_);
    impl_->began = Pool::Impl::Clock::now();
    return impl_->connection->start(batch, owner, impl_->pool->settings.query_timeout);
}

void Lease::resume() { impl_->connection->resume(); }
void Lease::withdraw() { impl_->connection->withdraw(); }

Result<BatchResult> Lease::take_answer()
{
    const std::chrono::duration<double> took = Pool::Impl::Clock::now() - impl_->began;
    impl_->pool->run_times.add(took.count());
    return impl_->connection->take_answer();
}

char Lease::transaction_status() const { return impl_->connection->transaction_status(); }
void Lease::mark_dirty() { impl_->dirty = true; }
void Lease::cancel() { impl_->connection->cancel(); }
bool Lease::lost() const { return impl_->connection->lost(); }

} // namespace howdah::pool

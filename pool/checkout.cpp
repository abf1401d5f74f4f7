// The wait for a connection as an object instead of a coroutine.
#include "pool/pool_impl.hpp"

#include <boost/asio/post.hpp>

namespace howdah::pool {

namespace asio = boost::asio;

struct Checkout::Impl : std::enable_shared_from_this<Checkout::Impl> {
    Impl(std::shared_ptr<Pool::Impl> pool, Owner& owner_) : waiter(std::move(pool)), owner(owner_) {}

    void begin()
    {
        waiter.on_wake = [this] { tell_soon(); };
        waiter.on_context_gone = [this] { owner.on_context_gone(); };
        waiter.pool->weed_idle();
        waiter.pool->perform(waiter.pool->state.ask(waiter.id, asked));
        if (!waiter.over())
            waiter.pool->arm();
    }
    void tell_soon()
    {
        asio::post(waiter.pool->executor, [weak = weak_from_this()] {
            if (const auto self = weak.lock())
                self->owner.on_checkout();
        });
    }

    Pool::Impl::Waiter waiter;
    Owner& owner;
    Pool::Impl::Clock::time_point asked = Pool::Impl::Clock::now();
    bool gave_up = false;
};

Checkout::Checkout(Pool& pool, Owner& owner) : impl_(std::make_shared<Impl>(pool.impl_, owner)) { impl_->begin(); }

Checkout::~Checkout() = default;

Result<Lease> Checkout::take() { return impl_->waiter.take(impl_->asked); }

void Checkout::give_up()
{
    if (!impl_->waiter.over() && !std::exchange(impl_->gave_up, true))
        impl_->tell_soon();
}

} // namespace howdah::pool

#include "proxy/shared_query.hpp"

#include "dialect/result_values.hpp"
#include "pool/wire.hpp"
#include "proxy/sending.hpp"

namespace howdah::proxy {

SharedQuery::~SharedQuery()
{
    if (outstanding())
        pool_->withdraw(*this, false);
}

void SharedQuery::start(Plan plan, std::span<const Value> slots, ReplySink& sink)
{
    prepare(std::move(plan), slots, sink);
    pool_->submit(*this);
}

bool SharedQuery::start_behind(const SharedQuery& before, Plan plan, std::span<const Value> slots, ReplySink& sink)
{
    prepare(std::move(plan), slots, sink);
    over_ = !pool_->submit_behind(*this, before);
    return !over_;
}

void SharedQuery::prepare(Plan plan, std::span<const Value> slots, ReplySink& sink)
{
    static constexpr std::int16_t binary[] = {1};
    const dialect::Step& step = plan->steps.front();
    bind.clear();
    pool::wire::put_rest_begin(bind, step.slots.size());
    for (const int slot : step.slots)
        pool::wire::put_value(bind, slot_param(*plan, slots, slot).bytes);
    const auto formats = plan->forwardable ? sink.forward_formats(plan->output) : std::nullopt;
    forwards_ = formats.has_value();
    pool::wire::put_rest_end(bind, formats ? *formats : std::span<const std::int16_t>(binary));
    sql = step.sql;
    token = plan->token;
    types = plan->parameter_types;
    estimate = &plan->estimate;
    rows = 0;
    server_error.reset();
    world_error.reset();
    decoding_error_.reset();
    sink_ = &sink;
    plan_ = std::move(plan);
    over_ = announced_ = false;
    event_.take();
}

void SharedQuery::announce()
{
    if (std::exchange(announced_, true))
        return;
    sink_->on_columns(plan_->output);
}

void SharedQuery::on_row(std::string_view message)
try {
    if (decoding_error_)
        return;
    announce();
    if (forwards_)
        return sink_->on_forwarded_row(message);
    const bool read = pool::wire::read_row(message.substr(5), fields_);
    if (!read || fields_.size() != plan_->columns.size())
        throw dialect::Error("howdah: a row from the server has an unexpected form", {}, 1, "XX000");
    values_.resize(fields_.size());
    for (std::size_t i = 0; i < fields_.size(); ++i)
        values_[i] = dialect::decode_field(fields_[i], plan_->columns[i].type);
    sink_->on_row(values_);
} catch (const dialect::Error& error) {
    decoding_error_ = error;
}

} // namespace howdah::proxy

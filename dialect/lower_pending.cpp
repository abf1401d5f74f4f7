// Statements whose lowering has not been written: each leaves this file when it has one.
#include "dialect/lower.hpp"

namespace howdah::dialect {

void lower_insert(const Insert&, Lowering&, Compiled&) { throw refusal("INSERT is not supported yet"); }
void lower_update(const Update&, Lowering&, Compiled&) { throw refusal("UPDATE is not supported yet"); }
void lower_delete(const Delete&, Lowering&, Compiled&) { throw refusal("DELETE is not supported yet"); }

} // namespace howdah::dialect

"""Statements as trees, so that a finding can be shrunk: an expression to one of its parts, a clause to nothing, a list
to fewer items. A `§` in a form stands for the next part."""
import re


class Node:
    """kind: 'e' an expression, 'o' a clause that may be left out, 'l' a list, 'x' anything that stays as it is."""
    __slots__ = ('form', 'parts', 'kind')

    def __init__(self, form, *parts, kind='e'): self.form, self.parts, self.kind = form, parts, kind

    def __str__(self):
        if self.kind == 'l': return self.form.join(map(str, self.parts))
        pieces = self.form.split('§')
        out = [pieces[0]]
        for part, piece in zip(self.parts, pieces[1:]): out += (str(part), piece)
        return ''.join(out)

    def with_parts(self, parts): return Node(self.form, *parts, kind=self.kind)


def fixed(form, *parts): return Node(form, *parts, kind='x')
def clause(form, *parts): return Node(form, *parts, kind='o')
def items(parts, separator=', '): return Node(separator, *parts, kind='l')


LITERAL = re.compile(r"^(?:NULL|-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|x'(?:[0-9a-f]{2})*'|'(?:[^']|'')*')$")


def python_value(literal):
    """What a literal is as a value to bind."""
    if literal == 'NULL': return None
    if literal[0] == 'x': return bytes.fromhex(literal[2:-1])
    if literal[0] == "'": return literal[1:-1].replace("''", "'")
    if re.fullmatch(r'-?\d+', literal) and -2**63 <= int(literal) < 2**63: return int(literal)
    return float(literal)


NOTHING = fixed('')
LEAVES = ('1', 'NULL')


class Statement:
    """One statement and how its answer is compared: `order`, the clause that makes its row order total, while it stands;
    `in_order` where the order of the rows counts although no ORDER BY makes it so; `loose` where 1 and 1.0, or texts that a collation holds equal, may stand for one another. `values` are those of its
    parameters, by name."""
    def __init__(self, tree, order=None, loose=False, kind='query', values=None, in_order=False):
        self.tree, self.order, self.loose, self.kind = tree if isinstance(tree, Node) else fixed(tree.replace('§', '')), order, loose, kind
        self.in_order = in_order
        self.sql = str(self.tree)
        self.params = {name: value for name, value in (values or {}).items() if re.search(f':{name}\\b', self.sql)}

    def ordered(self): return self.in_order or self.order is not None and any(n is self.order or n.form == self.order.form and n.kind == 'o' for n in nodes(self.tree))

    def smaller(self):
        """Every statement that is this one with one thing taken away, the largest first."""
        for tree in sorted(edits(self.tree), key=lambda t: len(str(t))):
            yield Statement(tree, self.order, self.loose, self.kind, self.params, self.in_order)

    def with_parameters(self, rng, share):
        """This statement with some of its literals bound instead of written."""
        values = {}

        def bind(node):
            if node is self.order: return node
            if node.kind == 'e' and not node.parts and LITERAL.match(node.form) and rng.random() < share:
                name = f'p{len(values) + 1}'
                values[name] = python_value(node.form)
                return Node(':' + name)
            if not node.parts: return node
            return node.with_parts([bind(part) if isinstance(part, Node) else part for part in node.parts])

        tree = bind(self.tree)
        return Statement(tree, self.order, self.loose, self.kind, values, self.in_order) if values else self

    def rebound(self, rng, literals):
        """The same text with other values, of any class, for its parameters."""
        return Statement(self.tree, self.order, self.loose, self.kind, {name: python_value(rng.choice(literals)) for name in self.params}, self.in_order)


def nodes(tree):
    yield tree
    for part in tree.parts:
        if isinstance(part, Node): yield from nodes(part)


def edits(tree):
    if tree.kind == 'o' and str(tree): yield NOTHING
    if tree.kind == 'l' and len(tree.parts) > 1:
        for i in range(len(tree.parts)): yield tree.with_parts(tree.parts[:i] + tree.parts[i + 1:])
    if tree.kind == 'e' and tree.parts:
        yield from (part for part in tree.parts if isinstance(part, Node) and part.kind == 'e')
        yield from (Node(leaf) for leaf in LEAVES)
    for i, part in enumerate(tree.parts):
        if isinstance(part, Node):
            for smaller in edits(part): yield tree.with_parts(tree.parts[:i] + (smaller,) + tree.parts[i + 1:])

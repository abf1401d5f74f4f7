"""Statements as trees, so that a finding can be shrunk: an expression to one of its parts, a clause to nothing, a list
to fewer items. A `§` in a form stands for the next part."""


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


NOTHING = fixed('')
LEAVES = ('1', 'NULL')


class Statement:
    """One statement and how its answer is compared: `order`, the clause that makes its row order total, while it stands;
    `loose` where 1 and 1.0, or texts that a collation holds equal, may stand for one another."""
    def __init__(self, tree, order=None, loose=False, kind='query'):
        self.tree, self.order, self.loose, self.kind = tree if isinstance(tree, Node) else fixed(tree.replace('§', '')), order, loose, kind
        self.sql = str(self.tree)

    def ordered(self): return self.order is not None and any(n is self.order or n.form == self.order.form and n.kind == 'o' for n in nodes(self.tree))

    def smaller(self):
        """Every statement that is this one with one thing taken away, the largest first."""
        for tree in sorted(edits(self.tree), key=lambda t: len(str(t))):
            yield Statement(tree, self.order, self.loose, self.kind)


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

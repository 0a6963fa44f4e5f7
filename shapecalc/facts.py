"""What is known about the symbols of a net while its shapes are worked out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from .dims import Dim, Size, bounds, quotient_of
from .relations import (
    AllOf,
    AnyOf,
    Comparison,
    Relation,
    all_of,
    any_of,
    compare,
    decide,
    negate,
    without_factors,
)

Bounds = tuple[int, "int | None"]


class Misfit(Exception):
    """Shapes that don't fit: what is, what was needed.

    `kind` names the rule (a parameter's name, `rank`, or the text of a check), so that the
    registry can say how PyTorch words it. `open` are symbols whose numbers the rule would need.
    """

    def __init__(
        self,
        message: str,
        kind: str = "check",
        relation: Relation | None = None,
        open_: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(message)
        self.open = open_
        self.message = message
        self.kind = kind
        self.relation = relation


class Tentative(Exception):
    """Something would be noted while what is worked out may not count."""


class Demand(NamedTuple):
    """A relation that a layer needs, and the layer's name."""

    relation: Relation
    layer: str


class Facts:
    """Bounds on symbols, the relations demanded so far, and the choices that sizes left open.

    A relation is proven, refuted, or recorded and from then on taken for granted. A *choice* is
    made where a rule has two cases and the sizes don't say which holds: `script` says which way to
    go at the first choices, later ones take the general case (sizes differ). `choices` is the way
    gone, so that a solver can visit every combination.

    `mixing` names the layers in which a view may fold other sizes into the batch; None allows it
    everywhere. `strict` forbids it elsewhere even where the batch can't be kept. `unites` asks for one
    result that holds in all cases, where there is one. `taken` says how many of a layer's outputs
    are taken by others, for layers of which none takes all. While `tentative`, noting anything raises.
    """

    __slots__ = (
        "_bounds",
        "_granted",
        "choices",
        "demands",
        "kept",
        "known",
        "layer",
        "least",
        "mixing",
        "script",
        "strict",
        "taken",
        "tentative",
        "unites",
        "warnings",
    )

    def __init__(
        self,
        known: Mapping[str, Bounds] | None = None,
        script: Sequence[bool] = (),
        *,
        mixing: frozenset[str] | None = frozenset(),
        strict: bool = False,
        unites: bool = False,
        taken: Mapping[str, int] | None = None,
    ) -> None:
        self.known: dict[str, Bounds] = dict(known or {})
        self.least = {name: low for name, (low, _) in self.known.items()}
        self.demands: list[Demand] = []
        self.layer = ""
        self.script = tuple(script)
        self.choices: list[bool] = []
        self.mixing = mixing
        self.strict = strict
        self.unites = unites
        self.taken = taken or {}
        self.tentative = False
        self.warnings: list[str] = []
        self.kept: set[str] = set()
        self._granted: set[Relation] = set()
        self._bounds: list[Comparison] = []

    def holds(self, value: bool | Relation) -> bool | None:
        """Say whether a relation is proven, refuted, or (None) open."""
        if isinstance(value, bool):
            return value
        if value in self._granted:
            return True
        answer = decide(value, self.known)
        if answer is None and (negate(value) in self._granted or self._is_ruled_out(value)):
            return False
        return answer

    def _is_ruled_out(self, relation: Relation) -> bool:
        """Say whether a granted bound shows that two sizes differ: `H >= k` that H + 1 isn't k."""
        if isinstance(relation, AnyOf):
            return all(self.holds(item) is False for item in relation.items)
        if not isinstance(relation, Comparison) or relation.op != "==" or len(relation.symbols) < 2:
            return False
        return self._exceeds(relation.dim, 1) or self._exceeds(-relation.dim, 1)

    def _exceeds(self, size: Dim, least: int) -> bool:
        """Say whether a granted bound between symbols shows that a size is at least a number."""
        for own in self._bounds:
            if own.symbols <= size.symbols:
                low = bounds(size - own.dim, self.known)[0]
                if low is not None and low >= least:
                    return True
        return False

    def _is_positive(self, size: Size) -> bool:
        bound = compare(size, ">=", 1)
        if isinstance(bound, bool):
            return bound
        return self.holds(bound) is True or self._follows(bound) or self._is_whole(size)

    def _is_whole(self, size: Size) -> bool:
        """Say whether a size is a quotient without rest of something positive: `8//g` where g divides 8."""
        quotient = quotient_of(size)
        if quotient is None:
            return False
        top, divisor = quotient
        return self._is_positive(top) and self.holds(compare(top % divisor, "==", 0)) is True

    def _follows(self, relation: Relation) -> bool:
        """Say whether a bound is no tighter than one that is granted already."""
        return (
            isinstance(relation, Comparison)
            and relation.op == ">="
            and self._exceeds(relation.dim, 0)
        )

    def possible(self, value: bool | Relation) -> bool:
        """Say whether a relation may hold with what is granted; exactly, if it has one symbol."""
        answer = self.holds(value)
        if answer is not None or isinstance(value, bool) or len(value.symbols) != 1:
            return answer is not False
        from .sets import IntSet, SetTooLarge
        from .univariate import Undecidable, solution_set

        (name,) = value.symbols
        own = [item for item in self._granted if item.symbols == value.symbols]
        values = IntSet.interval(*self.known.get(name, (0, None)))
        try:
            return bool(solution_set(all_of([value, *own]), name, values))
        except (Undecidable, SetTooLarge):
            return True

    def require(
        self, value: bool | Relation, message: Callable[[], str], kind: str = "check"
    ) -> None:
        """Demand a relation: raise :class:`Misfit` where it is refuted, record it where it is open."""
        if isinstance(value, bool):
            if not value:
                raise Misfit(message(), kind)
            return
        answer = self.holds(value)
        if answer is None:
            simpler = without_factors(value, self._is_positive)
            if simpler != value:
                self.require(simpler, message, kind)
                return
        if answer is None and isinstance(value, AllOf):
            for item in value.items:  # one after the other, for what one grants may refute the next
                self.require(item, message, kind)
        elif answer is None:
            if not self._follows(value):
                self.grant(value)
        elif not answer:
            raise Misfit(message(), kind, value)

    def grant(self, relation: Relation) -> None:
        """Record a relation and take it for granted from here on."""
        if self.tentative:
            raise Tentative
        if isinstance(relation, AllOf):
            for item in relation.items:
                if self.holds(item) is None:
                    self.grant(item)
            return
        if isinstance(relation, AnyOf):  # what can't hold is no alternative
            left = any_of([item for item in relation.items if self.holds(item) is not False])
            if not isinstance(left, bool) and left != relation:
                self.grant(left)
                return
        self._granted.add(relation)
        self.demands.append(Demand(relation, self.layer))
        if isinstance(relation, Comparison):
            if relation.op == ">=" and len(relation.symbols) > 1:
                self._bounds.append(relation)
            bound = relation.symbol_bound()
            if bound is not None:
                self._tighten(*bound)

    def decide(self, relation: Relation, *, prefer: bool | None = None) -> bool:
        """Choose a case where the sizes leave it open, and take it for granted.

        `prefer` is the case taken where the script doesn't say; by default, that sizes differ.
        """
        answer = self.holds(relation)
        if answer is not None:
            return answer
        if self.tentative:
            raise Tentative
        index = len(self.choices)
        general = _general_case(relation) if prefer is None else prefer
        choice = self.script[index] if index < len(self.script) else general
        self.choices.append(choice)
        taken = relation if choice else negate(relation)
        if not isinstance(taken, bool):
            self.grant(taken)
        return choice

    def _tighten(self, name: str, low: int | None, high: int | None) -> None:
        old_low, old_high = self.known.get(name, (0, None))
        highs = [value for value in (old_high, high) if value is not None]
        lowest = old_low if low is None else max(old_low, low)
        self.known[name] = (lowest, min(highs) if highs else None)


def _general_case(relation: Relation) -> bool:
    """Sizes differ, rather than coincide, where nothing says otherwise."""
    match relation:
        case Comparison():
            return relation.op != "=="
        case AnyOf():
            return any(_general_case(item) for item in relation.items)
        case AllOf():
            return all(_general_case(item) for item in relation.items)

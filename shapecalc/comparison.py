"""Compare an expression in one unknown with 0 on an interval: exactly, without trying all values.

The expression is quasi-affine (:mod:`shapecalc.quasi`), or a polynomial in such. The first of these
applies:

1. bounds that decide it at once, or lines that leave only a part of the interval open;
2. an affine expression, or one that only grows or only falls: one interval, found by bisection;
3. a single floor: `a*x + b = d*u + v` with `0 <= v < d` makes it a linear equation in u and v;
4. polynomials: between the turning points, which are those where the difference changes sign;
5. minima and maxima, and `(c*x + n)//(a*x + b)`: by cases, each on its own interval;
6. digits: `x = p*q + r` for a prime p of an innermost divisor, for each r, solved in q.

Equal problems are solved once, and the work is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

from .elementary import (
    Undecidable,
    affine,
    compare_polynomial,
    on_a_line,
    one_way,
    remainders,
    shift_changes,
    tried,
    where_at_least_zero,
    widened,
)
from .lines import bounds, direction, line
from .quasi import (
    Expr,
    Extremum,
    Floor,
    Over,
    atoms,
    combine,
    evaluate,
    number,
    polynomial,
    replace,
    substitute,
    subtract,
)
from .sets import EMPTY, MAX_RUNS, IntSet, Run

MAX_STEPS = 20_000  # problems solved for one question
_SMALL = 8  # values that are tried one by one
_MAX_RESIDUES = 4_096  # a prime up to which all residues are tried
_FEW_VALUES = 4_096  # values of a quotient, beside a remainder
_MAX_RUNS_APART = 32  # runs of a domain that are each solved for themselves


class Effort:
    """Counts the problems solved for one question, and ends it after `most` of them."""

    __slots__ = ("most", "spent")

    def __init__(self, most: int = MAX_STEPS) -> None:
        self.spent = 0
        self.most = most

    def spend(self, steps: int = 1) -> None:
        """Count some steps; raise `Undecidable` when there have been too many."""
        self.spent += steps
        if self.spent > self.most:
            raise Undecidable(f"the condition takes more than {self.most} steps to solve")


class Comparer:
    """Solve `expr op 0` for x in low..high, op being `==` or `>=`; remember what was solved."""

    def __init__(self, effort: Effort) -> None:
        self.effort = effort
        self.known: dict[tuple[Expr, str, int, int | None], IntSet] = {}

    def on(self, expr: Expr, op: str, domain: IntSet) -> IntSet:
        """Solve on each run of a domain, where `x = step*q + first` often cancels divisors."""
        if len(domain.runs) > _MAX_RUNS_APART:
            return self.solve(expr, op, domain.minimum, domain.maximum) & domain
        found: list[Run] = []
        for first, last, step in domain.runs:
            if step == 1:
                found += self.solve(expr, op, first, last).runs
                continue
            count = None if last is None else (last - first) // step
            inside = self.solve(substitute(expr, step, first), op, 0, count)
            found += inside.image_affine(step, first).runs
        return IntSet.from_runs(found)

    def solve(self, expr: Expr, op: str, low: int, high: int | None) -> IntSet:
        if high is not None and low > high:
            return EMPTY
        if not expr.parts:
            return affine(expr, op, low, high)
        key = (expr, op, low, high)
        found = self.known.get(key)
        if found is None:
            self.effort.spend()
            found = self.known[key] = self._solve(expr, op, low, high)
        return found

    def _solve(
        self, expr: Expr, op: str, low: int, high: int | None, *, clip: bool = True
    ) -> IntSet:
        if high is not None and low > high:
            return EMPTY
        least, most = bounds(expr, low, high)
        if (most is not None and most < 0) or (op == "==" and least is not None and least > 0):
            return EMPTY
        if least is not None and least >= 0 and (op == ">=" or most == 0):
            return IntSet.interval(low, high)
        if high is not None and high - low < _SMALL:
            return tried(expr, op, low, high)
        methods = (
            self._between_lines,
            self._monotone,
            self._one_floor,
            self._polynomial,
            self._quotients,
            self._extremes,
            self._digits,
            self._halves,
        )
        for method in methods[0 if clip else 1 :]:
            found = method(expr, op, low, high)
            if found is not None:
                return found
        raise Undecidable("no closed form covers the condition")

    def _between_lines(self, expr: Expr, op: str, low: int, high: int | None) -> IntSet | None:
        """Keep the part of low..high on which the two lines leave the sign open."""
        under, above = line(expr, low, upper=False), line(expr, low, upper=True)
        if under is None or above is None:
            return None
        start, end = where_at_least_zero(above, low, high)
        if end is not None and end < start:
            return EMPTY
        s, o, d = under
        sure = EMPTY
        if op == "==":
            open_start, open_end = where_at_least_zero((-s, -o, d), start, end)
        else:  # the lower line is below 0 where -(s*x + o) >= 1
            open_start, open_end = where_at_least_zero((-s, -o - 1, d), start, end)
            if open_end is not None and open_end < open_start:
                return IntSet.interval(start, end)
            sure = IntSet.interval(start, end) - IntSet.interval(open_start, open_end)
        if (open_start, open_end) == (low, high):
            return None
        # Not again for this part: lines of extrema depend on where it begins, and could creep.
        return sure | self._solve(expr, op, open_start, open_end, clip=False)

    def _monotone(self, expr: Expr, op: str, low: int, high: int | None) -> IntSet | None:
        way = direction(expr, low, high)
        if way is None:
            return None
        if way == 0:
            return tried(expr, op, low, low) and IntSet.interval(low, high)
        least, most = bounds(expr, low, high)
        top = most if way > 0 else None if least is None else -least
        return one_way(lambda x: way * evaluate(expr, x), way, op, (low, high), top)

    def _one_floor(self, expr: Expr, op: str, low: int, high: int | None) -> IntSet | None:
        """Solve `alpha*x + beta*((a*x + b)//d) + gamma`, the only atom being this floor.

        With `a*x + b = d*u + v`, `0 <= v < d`: a times the expression is
        `sigma*u + alpha*v + c`, where `sigma = alpha*d + a*beta` and `c = a*gamma - alpha*b`.
        """
        if len(expr.parts) != 1:
            return None
        floor, beta = expr.parts[0]
        if not isinstance(floor, Floor) or floor.numerator.parts:
            return None
        b, a, _ = floor.numerator
        d, alpha = floor.divisor, expr.slope
        sigma, c = alpha * d + a * beta, a * expr.constant - alpha * b
        if alpha == 0:
            return None  # it only grows or only falls
        if sigma == 0:
            return remainders(alpha, c, 1 if a > 0 else -1, op, (a, b, d), (low, high))
        if op == ">=":
            return None
        return on_a_line(sigma, alpha, c, (a, b, d), (low, high))

    def _polynomial(self, expr: Expr, op: str, low: int, high: int | None) -> IntSet | None:
        """Compare a polynomial: it is monotone between changes of sign of its difference."""
        coefficients = polynomial(expr)
        if coefficients is None:
            return None
        return compare_polynomial(coefficients, op, low, high)

    def _quotients(self, expr: Expr, op: str, low: int, high: int | None) -> IntSet | None:
        """Split where `(c*x + n)//(a*x + b)` is constant.

        The quotient goes one way as x grows. A number n over a growing divisor takes at most
        `2*sqrt(n) + 1` values.
        """
        for atom in atoms(expr):
            end_of = self._end_of_quotient(atom, low, high) if isinstance(atom, Over) else None
            if end_of is None:
                continue
            found: list[Run] = []
            start: int | None = low
            while start is not None and (high is None or start <= high):
                self.effort.spend()
                value, end = end_of(start)
                simple = replace(expr, atom, number(value))
                found += self.solve(simple, op, start, end).runs
                start = None if end is None else end + 1
            return IntSet.from_runs(found)
        return None

    def _end_of_quotient(
        self, atom: Over, low: int, high: int | None
    ) -> Callable[[int], tuple[int, int | None]] | None:
        """Give a function that says the quotient's value at a place, and how far it stays that."""
        n, c, parts = atom.numerator
        b, a, more = atom.divisor
        if parts or evaluate(atom.divisor, low) < 1:
            return None

        def of_lines(start: int) -> tuple[int, int | None]:
            value = (c * start + n) // (a * start + b)
            # value*(a*x + b) <= c*x + n < (value + 1)*(a*x + b)
            rest = (c - value * a, n - value * b, 1)
            short = (a - rest[0], b - rest[1] - 1, 1)
            _, end = where_at_least_zero(short, *where_at_least_zero(rest, start, high))
            return value, end

        def of_number(start: int) -> tuple[int, int | None]:
            value = n // evaluate(atom.divisor, start)
            if value == 0:
                return 0, high
            least = number(n // value + 1)  # of a divisor with a smaller quotient
            beyond = self.solve(subtract(atom.divisor, least), ">=", start, high)
            return value, beyond.minimum - 1 if beyond else high

        if not more:
            return of_lines if a >= 1 else None
        return of_number if n >= 0 and c == 0 and direction(atom.divisor, low, high) == 1 else None

    def _extremes(self, expr: Expr, op: str, low: int, high: int | None) -> IntSet | None:
        """Take each item of an innermost minimum or maximum where it is the one."""
        for atom in atoms(expr):
            if not isinstance(atom, Extremum):
                continue
            rest = IntSet.interval(low, high)
            found: list[Run] = []
            for item in atom.items:
                where = rest
                for other in atom.items:
                    if other != item:
                        ahead = combine([(item, atom.sign), (other, -atom.sign)])
                        where = where & self.solve(ahead, ">=", low, high)
                simple = replace(expr, atom, item)
                found += self.on(simple, op, where).runs
                rest = rest - where
            return IntSet.from_runs(found)
        return None

    def _digits(self, expr: Expr, op: str, low: int, high: int | None) -> IntSet | None:
        """Write `x = p*q + r`, and solve in q for each r."""
        prime = _prime_to_split(expr)
        if prime is None:
            return None
        if high is not None and high - low < prime:
            return self._halves(expr, op, low, high)
        if prime > _MAX_RESIDUES:
            return self._wide_digit(expr, op, low, high, prime)
        found: list[Run] = []
        for rest in range(prime):
            start = -((rest - low) // prime)
            end = None if high is None else (high - rest) // prime
            inside = self.solve(substitute(expr, prime, rest), op, start, end)
            found += inside.image_affine(prime, rest).runs
            if len(found) > MAX_RUNS:
                raise Undecidable("the condition has too many solutions to list")
        return IntSet.from_runs(found)

    def _wide_digit(
        self, expr: Expr, op: str, low: int, high: int | None, prime: int
    ) -> IntSet | None:
        """Write `x = p*q + r` for a large p, and take together the r that shift all floors alike.

        On such a range of r the expression is `f(q) + alpha*r`; it is solved for each of the few
        values of f, or of q.
        """
        cuts = shift_changes(expr, prime)
        if cuts is None:
            return None
        found = EMPTY
        first, last = low // prime, None if high is None else high // prime
        for start, end in pairwise([*cuts, prime]):
            whole = combine([(substitute(expr, prime, start), 1), (number(expr.slope * start), -1)])
            found = found | self._of_range(
                whole, expr.slope, op, (first, last), (start, end - 1), prime
            )
        return found & IntSet.interval(low, high)

    def _of_range(
        self,
        whole: Expr,
        alpha: int,
        op: str,
        ends: tuple[int, int | None],
        rests: tuple[int, int],
        prime: int,
    ) -> IntSet:
        """Solve `whole(q) + alpha*r op 0` for q and r in ranges, and give the `prime*q + r`."""
        first, last = ends
        if alpha == 0:
            return widened(self.solve(whole, op, first, last), prime, *rests)
        least, most = bounds(whole, first, last)
        values: Iterable[tuple[int, IntSet]]
        if least is not None and most is not None and most - least < _FEW_VALUES:
            values = (
                (value, self.solve(subtract(whole, number(value)), "==", first, last))
                for value in range(least, most + 1)
            )
        elif last is not None and last - first < _FEW_VALUES:
            values = ((evaluate(whole, q), IntSet.points([q])) for q in range(first, last + 1))
        else:
            raise Undecidable(f"a divisor of {prime} is too large for this condition")
        found = EMPTY
        for value, where in values:
            fitting = affine(Expr(value, alpha, ()), op, *rests)
            for low, high, _ in fitting.runs:
                found = found | widened(where, prime, low, low if high is None else high)
        return found

    def _halves(self, expr: Expr, op: str, low: int, high: int | None) -> IntSet | None:
        """Cut a bounded interval in two, as often as bounds leave a part open."""
        if high is None:
            return None
        for atom in atoms(expr):
            value, most = bounds(Expr(0, 0, ((atom, 1),)), low, high)
            if value is not None and value == most:
                return self.solve(replace(expr, atom, number(value)), op, low, high)
        middle = (low + high) // 2
        return self.solve(expr, op, low, middle) | self.solve(expr, op, middle + 1, high)


def _prime_to_split(expr: Expr) -> int | None:
    """Choose the least prime of the divisors of innermost floors."""
    divisors = {
        atom.divisor
        for atom in atoms(expr)
        if isinstance(atom, Floor) and polynomial(atom.numerator)
    }
    return min((_least_prime(divisor) for divisor in divisors), default=None)


def _least_prime(value: int) -> int:
    prime = 2
    while prime * prime <= value and prime <= _MAX_RESIDUES:
        if value % prime == 0:
            return prime
        prime += 1
    return value if prime * prime > value else _MAX_RESIDUES + 1

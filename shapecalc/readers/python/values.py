"""What an expression of a source can be worth while it is read.

Numbers, texts, lists, tuples, dicts, sets, ranges and slices are Python's own. The rest stands here.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from ...errors import Location
from ...net import Reference, Shape, Size
from ...syntax import Call, Node, Unary

if TYPE_CHECKING:
    from .machine import Machine

Value: TypeAlias = Any  # anything this module names, or a value of Python's own
Arguments: TypeAlias = "list[Value]"
Keywords: TypeAlias = "dict[str, Value]"


class Opaque:
    """A value that isn't known, and why; it becomes an error where the model needs it.

    `foreign`: it comes from a package that isn't there; `made`: a call of that package made it, so
    it could even be a module with parameters.
    """

    __slots__ = ("foreign", "location", "made", "reason")

    def __init__(
        self,
        reason: str,
        location: Location | None = None,
        *,
        foreign: bool = False,
        made: bool = False,
    ) -> None:
        self.reason = reason
        self.location = location
        self.foreign = foreign
        self.made = made

    def __repr__(self) -> str:
        return f"<unknown: {self.reason}>"


class Traced:
    """An integer that comes from the size of a tensor, and the expression that says how.

    `value` is a `Dim` where symbols leave it open.
    """

    __slots__ = ("node", "value", "weight")

    def __init__(self, value: Size, node: Node, weight: int = 1) -> None:
        self.value = value
        self.node = node
        self.weight = weight

    def __repr__(self) -> str:
        return str(self.value)


class Ratio:
    """The exact quotient of two sizes: what `/` makes of numbers that come from sizes."""

    __slots__ = ("denominator", "numerator")

    def __init__(self, numerator: Value, denominator: Value) -> None:
        self.numerator = numerator
        self.denominator = denominator

    @classmethod
    def of(cls, numerator: Value, denominator: Value) -> Ratio:
        """Make a quotient, in lowest terms where that can be seen."""
        return cls(numerator, denominator).reduced()

    def reduced(self) -> Ratio:
        """Put a negative number below to the top."""
        below = plain(self.denominator)
        if type(below) is int and below < 0 and not isinstance(self.denominator, Traced):
            top = self.numerator
            if isinstance(top, Traced):
                turned: Value = Traced(-top.value, Unary("-", top.node), top.weight + 1)
            else:
                turned = -top
            return Ratio(turned, -below)
        return self

    def number(self) -> float | None:
        """Give the quotient as a float, None where symbols leave it open."""
        top, below = plain(self.numerator), plain(self.denominator)
        if isinstance(top, (int, float)) and isinstance(below, (int, float)):
            return top / below
        return None

    def __repr__(self) -> str:
        exact = self.number()
        return f"({self.numerator})/({self.denominator})" if exact is None else str(exact)


class Sizes(tuple[Value, ...]):
    """A `torch.Size`."""

    __slots__ = ()


class Outputs(tuple[Value, ...]):
    """Several outputs of one function, which PyTorch also gives names: `x.max(1).values`."""

    __slots__ = ()


class Tensor:
    """A tensor: its shape, and where in the net it comes from.

    In-place methods change the object itself, as they do in PyTorch. `kind` is `value`,
    `parameter` or `buffer`; the latter two get their `reference` when the model first uses them.
    `elements` are its numbers in row-major order, where a source computes with small constant
    tensors. `fixed`: made while the model was built, so that its sizes depend on no input.
    A `shape` of None is that of an input of which nothing is known yet.
    """

    __slots__ = ("dtype", "elements", "fixed", "kind", "marks", "owner", "reference", "shape")

    def __init__(
        self,
        shape: Shape | None,
        reference: Reference | None = None,
        *,
        kind: str = "value",
        elements: tuple[Value, ...] | None = None,
        fixed: bool = False,
        dtype: str = "float32",
    ) -> None:
        self.shape = shape
        self.reference = reference
        self.kind = kind
        self.elements = elements
        self.fixed = fixed
        self.dtype = dtype
        self.owner: tuple[Module, str] | None = None  # the layer whose weight it is
        self.marks: dict[str, Value] = {}  # attributes that the source has given it

    def become(self, other: Tensor) -> None:
        """Take over what another tensor is: what an in-place method does."""
        self.shape = other.shape
        self.reference = other.reference
        self.elements = other.elements
        self.fixed = other.fixed

    def copy(self) -> Tensor:
        """Give a tensor of its own with the same content."""
        kind = "value" if self.reference is not None else self.kind
        found = Tensor(self.shape, self.reference, kind=kind, elements=self.elements)
        found.fixed, found.dtype, found.owner = self.fixed, self.dtype, self.owner
        return found

    def __repr__(self) -> str:
        return f"<tensor {self.shape}>"


class Array:
    """A numpy array or a small list of numbers that behaves like one."""

    __slots__ = ("elements", "shape")

    def __init__(self, shape: tuple[int, ...], elements: tuple[Value, ...] | None) -> None:
        self.shape = shape
        self.elements = elements


class Marker:
    """A constant that has a name and nothing else: a dtype, a device, a memory format."""

    __slots__ = ("kind", "name")

    def __init__(self, kind: str, name: str) -> None:
        self.kind = kind
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Marker) and (self.kind, self.name) == (other.kind, other.name)

    def __hash__(self) -> int:
        return hash((self.kind, self.name))

    def __repr__(self) -> str:
        return f"torch.{self.name}" if self.kind == "dtype" else self.name


class Frame:
    """The names of one function call, of a class body or of a file."""

    __slots__ = ("body_of", "declared", "function", "module", "names", "outer", "own", "yielded")

    def __init__(
        self,
        names: dict[str, Value],
        module: SourceModule,
        outer: Frame | None = None,
        function: Function | None = None,
    ) -> None:
        self.names = names
        self.module = module
        self.outer = outer
        self.function = function
        self.declared: dict[str, str] | None = None  # `global` and `nonlocal`
        self.body_of: ClassBody | None = None
        self.own: frozenset[str] = frozenset()  # names that a function binds itself
        self.yielded: list[Value] | None = None


class ClassBody:
    """Marks the frame of a class's body; `made` is the class, once there is one."""

    __slots__ = ("made",)

    def __init__(self) -> None:
        self.made: Class | None = None


class SourceModule:
    """A source file that is read: the value that `import` binds."""

    __slots__ = ("file", "lines", "name", "names", "package", "pending")

    def __init__(self, name: str, file: str, text: str, package: str) -> None:
        self.name = name
        self.file = file
        self.package = package  # the folder that relative imports start from
        self.lines = text.splitlines()
        self.names: dict[str, Value] = {}
        self.pending: list[ast.stmt] = []  # statements after the last definition

    @property
    def stands_in(self) -> bool:
        """Whether this is no file, but stands for a part of a package."""
        return self.file.startswith("<torch")


class Library:
    """A package that is known without its source, or a part of it: `torch.nn`, `math`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Library) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)


class Native:
    """A function of the reader's own that stands for one of Python's or of a library's."""

    __slots__ = ("call", "defaults", "members", "name")

    def __init__(
        self,
        name: str,
        call: Callable[[Machine, Arguments, Keywords], Value],
        **members: Native,
    ) -> None:
        self.name = name
        self.call = call
        self.members = members  # functions that it holds: `chain.from_iterable`
        self.defaults: tuple[Value, ...] = ()  # a named tuple's, which sources set


class TorchFunction:
    """A function of the registry, as a value: `F.relu`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Function:
    """A function of the source. `home` marks the class whose body it stands in."""

    __slots__ = (
        "attributes",
        "defaults",
        "frame",
        "home",
        "keyword_defaults",
        "name",
        "node",
        "parameters",
    )

    def __init__(
        self,
        name: str,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
        frame: Frame,
        defaults: list[Value],
        keyword_defaults: dict[str, Value],
    ) -> None:
        self.name = name
        self.node = node
        self.parameters = node.args
        self.frame = frame
        self.home: ClassBody | None = None
        self.defaults = defaults
        self.keyword_defaults = keyword_defaults
        self.attributes: dict[str, Value] = {}


class Method:
    """A function bound to its first argument."""

    __slots__ = ("function", "owner")

    def __init__(self, function: Value, owner: Value) -> None:
        self.function = function
        self.owner = owner


class Partial:
    """A `functools.partial`."""

    __slots__ = ("arguments", "function", "keywords")

    def __init__(self, function: Value, arguments: Arguments, keywords: Keywords) -> None:
        self.function = function
        self.arguments = arguments
        self.keywords = keywords


class Property:
    """What `@property` makes."""

    __slots__ = ("getter", "setter")

    def __init__(self, getter: Value, setter: Value = None) -> None:
        self.getter = getter
        self.setter = setter


class Unbound:
    """What `@staticmethod` (`kind` static) and `@classmethod` (class) make."""

    __slots__ = ("function", "kind")

    def __init__(self, function: Value, kind: str) -> None:
        self.function = function
        self.kind = kind


class Class:
    """A class of the source, or one that is built in.

    `layer` names the registry's layer type that its instances are, themselves or by inheritance.
    """

    __slots__ = ("bases", "layer", "location", "lookup", "module", "name", "names", "order")

    def __init__(
        self,
        name: str,
        bases: tuple[Class, ...] = (),
        names: dict[str, Value] | None = None,
        *,
        layer: str | None = None,
        location: Location | None = None,
        module: SourceModule | None = None,
    ) -> None:
        self.name = name
        self.bases = bases
        self.names = {} if names is None else names
        self.layer = layer
        self.location = location
        self.module = module
        self.order: tuple[Class, ...] = (self, *_merge(bases))
        self.lookup: dict[str, Value] = {}

    def find(self, name: str) -> Value:
        """Look a name up in the class and its bases; `MISSING` if none has it."""
        for item in self.order:
            if name in item.names:
                return item.names[name]
        return MISSING

    def after(self, start: Class, name: str) -> Value:
        """Look a name up in the classes after `start`, as `super()` does."""
        position = self.order.index(start) if start in self.order else -1
        for item in self.order[position + 1 :]:
            if name in item.names:
                return item.names[name]
        return MISSING

    def layer_type(self) -> str | None:
        """Name the registry's layer type that instances are, if they are one."""
        return next((item.layer for item in self.order if item.layer is not None), None)

    def __repr__(self) -> str:
        return f"<class '{self.name}'>"


class _Missing:
    def __repr__(self) -> str:
        return "<missing>"


MISSING = _Missing()


def _merge(bases: tuple[Class, ...]) -> list[Class]:
    """Order the bases as Python does (C3); raise ValueError where no order is consistent."""
    queues = [*(list(base.order) for base in bases), list(bases)]
    found: list[Class] = []
    while any(queues):
        for queue in queues:
            if queue and not any(queue[0] in other[1:] for other in queues):
                head = queue[0]
                break
        else:
            raise ValueError("the order of the base classes is not consistent")
        found.append(head)
        queues = [[item for item in queue if item is not head] for queue in queues]
    return found


class Instance:
    """An object of a class of the source; `content` is what a subclass of dict, list or tuple holds."""

    __slots__ = ("attributes", "content", "location", "type")

    def __init__(self, type_: Class, location: Location | None = None) -> None:
        self.type = type_
        self.attributes: dict[str, Value] = {}
        self.content: Value = None
        self.location = location


class Module(Instance):
    """An `nn.Module`: a container, a class of the source, or a layer of the registry.

    `arguments` and `keywords` are those a registry's layer was made with (None: it is none).
    `replaced` holds weights of a registry's layer that the source has put others in place of.
    """

    __slots__ = (
        "arguments",
        "buffers",
        "children",
        "deleted",
        "hooks",
        "keywords",
        "made",
        "parameters",
        "replaced",
        "started",
        "transient",
        "weights",
        "wrappers",
    )

    def __init__(self, type_: Class, location: Location | None = None) -> None:
        super().__init__(type_, location)
        self.parameters: dict[str, Value] = {}
        self.buffers: dict[str, Value] = {}
        self.children: dict[str, Value] = {}
        self.transient: set[str] = set()  # buffers that state_dict leaves out
        self.arguments: Arguments | None = None
        self.keywords: Keywords = {}
        self.replaced: dict[str, Value] = {}
        self.deleted: set[str] = set()  # weights of a registry's layer that the source has deleted
        self.wrappers: list[tuple[str, Arguments, Keywords]] = []
        self.weights: dict[str, Tensor] = {}  # a registry's layer's own, once they are asked for
        self.made: Call | None = None  # the call of a registry's layer, once it is asked for
        self.started = False  # nn.Module.__init__ has run
        self.hooks: list[tuple[str, Value]] = []


class Super:
    """What `super()` gives: attributes of `owner` from the classes after `start`."""

    __slots__ = ("owner", "start")

    def __init__(self, start: Class, owner: Value) -> None:
        self.start = start
        self.owner = owner


class Iteration:
    """An iterator: what `iter`, `zip`, a generator expression and a generator make."""

    __slots__ = ("items",)

    def __init__(self, items: Iterator[Value]) -> None:
        self.items = items


def plain(value: Value) -> Value:
    """Strip what a number remembers about its origin, where it is a number."""
    return value.value if isinstance(value, Traced) else value

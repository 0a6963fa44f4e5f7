"""Calls of recurrent layers, attention and transformers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from cases.draw import Case, Draw, Generator, Shape, Tensor, Text


def recurrent(draw: Draw, kind: str) -> Case:
    """Draw an RNN, LSTM or GRU, with a state in two fifths of the cases."""
    inputs, hidden, layers = (
        draw.pick(1, 2, 3, 5, 8),
        draw.pick(1, 2, 4, 6, 10),
        draw.pick(1, 1, 2, 3),
    )
    named: dict[str, object] = {"input_size": inputs, "hidden_size": hidden}
    if layers > 1 or draw.chance(0.2):
        named["num_layers"] = layers
    if kind == "RNN":
        named |= draw.some(0.25, nonlinearity=draw.pick("tanh", "relu", "relu", "gelu"))
    named |= {
        **draw.some(0.2, bias=draw.pick(True, False)),
        **draw.some(0.4, batch_first=draw.pick(True, True, False)),
    }
    named |= {
        **draw.some(0.2, dropout=draw.pick(0.0, 0.2, 0.5)),
        **draw.some(0.35, bidirectional=draw.pick(True, True, False)),
    }
    projected = hidden
    if draw.chance(0.35 if kind == "LSTM" else 0.03):
        named["proj_size"] = draw.pick(1, 2, 3, hidden - 1, hidden, 0)
        projected = named["proj_size"] or hidden  # type: ignore[assignment]
    steps, batch = (
        draw.size(0 if draw.chance(0.06) else 1, 5),
        draw.size(0 if draw.chance(0.08) else 1, 5),
    )
    unbatched = draw.chance(0.25)
    shape: Shape = (batch, steps, inputs) if named.get("batch_first") else (steps, batch, inputs)
    if unbatched:
        shape = (steps, inputs)
    if not draw.chance(0.42):
        return Case((Tensor(shape),), named)
    deep = layers * (2 if named.get("bidirectional") else 1)
    states: list[Shape] = [
        (deep, *([] if unbatched else [batch]), width) for width in (projected, hidden)
    ]
    if draw.chance(0.12):
        states[0] = draw.spoilt_shape(states[0])
    if draw.chance(0.06):
        states = [(batch, deep, projected), (batch, deep, hidden)]
    if kind != "LSTM":
        return Case((Tensor(shape), Tensor(states[0])), named)
    return Case((Tensor(shape), *map(Tensor, states)), named, source=[0, [1, 2]])


def cell(draw: Draw, kind: str) -> Case:
    """Draw one step of an RNN, LSTM or GRU."""
    inputs, hidden = draw.pick(1, 2, 3, 5, 8), draw.pick(1, 2, 4, 10)
    named: dict[str, object] = {
        "input_size": inputs,
        "hidden_size": hidden,
        **draw.some(0.3, bias=draw.pick(True, False)),
    }
    if kind == "RNN":
        named |= draw.some(0.25, nonlinearity=draw.pick("tanh", "relu", "relu", "gelu"))
    leading = () if draw.chance(0.3) else (0 if draw.chance(0.08) else draw.size(1, 4),)
    first = Tensor((*leading, inputs))
    if not draw.chance(0.55):
        return Case((first,), named)
    state = draw.spoilt_shape((*leading, hidden)) if draw.chance(0.15) else (*leading, hidden)
    if kind != "LSTM":
        return Case((first, Tensor(state)), named)
    other = draw.spoilt_shape((*leading, hidden)) if draw.chance(0.08) else state
    return Case((first, Tensor(state), Tensor(other)), named, source=[0, [1, 2]])


class Sequences:
    """Sequences and masks that fit together: batch, lengths and which axis is the batch."""

    def __init__(self, draw: Draw, named: Mapping[str, object]) -> None:
        """Draw batch and lengths."""
        self.draw = draw
        self.unbatched = draw.chance(0.25)
        self.batch_first = bool(named.get("batch_first"))
        self.batch = draw.size(0 if draw.chance(0.03) else 1, 4)
        self.inputs: list[Tensor] = []
        self.masks: dict[str, object] = {}

    def add(self, length: int, width: int) -> None:
        """Add a sequence."""
        batch = self.batch + (1 if self.draw.chance(0.03) else 0)
        shape = (batch, length, width) if self.batch_first else (length, batch, width)
        self.inputs.append(Tensor((length, width) if self.unbatched else shape))

    def mask(self, name: str, shape: Shape, probability: float) -> None:
        """Add a mask under this name, with this probability."""
        if self.draw.chance(probability):
            wrong = self.draw.chance(0.08)
            self.masks[name] = len(self.inputs)
            self.inputs.append(
                Tensor(
                    self.draw.spoilt_shape(shape) if wrong else shape,
                    self.draw.pick("bool", "float"),
                    0,
                )
            )

    def padding(self, length: int) -> Shape:
        """Return the shape of a key padding mask."""
        return (length,) if self.unbatched else (self.batch, length)

    def case(
        self,
        named: Mapping[str, object],
        forward: Mapping[str, object],
        positional: tuple[object, ...] = (),
    ) -> Case:
        """Return the case; the masks come last and by name."""
        sequences: list[object] = list(range(len(self.inputs) - len(self.masks)))
        source = [*sequences, self.masks] if self.masks else sequences
        return Case(tuple(self.inputs), named, positional, forward, source)


def _lengths(draw: Draw) -> tuple[int, int]:
    return draw.size(0 if draw.chance(0.02) else 1, 7), draw.size(1, 7)


def multihead_attention(draw: Draw) -> Case:
    """Draw a MultiheadAttention."""
    heads = draw.pick(1, 2, 4, 8, 3)
    width = heads * draw.pick(1, 2, 4) + (1 if draw.chance(0.03) else 0)
    named: dict[str, object] = {"embed_dim": width, "num_heads": heads}
    named |= {**draw.some(0.15, dropout=0.1), **draw.some(0.2, bias=draw.pick(True, False, False))}
    named |= {
        **draw.some(0.2, add_bias_kv=draw.pick(True, True, False)),
        **draw.some(0.2, add_zero_attn=draw.pick(True, True, False)),
    }
    named |= {
        **draw.some(0.22, kdim=draw.pick(width, 3, 5, 1)),
        **draw.some(0.22, vdim=draw.pick(width, 5, 7, 1)),
    }
    named |= draw.some(0.4, batch_first=draw.pick(True, True, False))
    sequences = Sequences(draw, named)
    target, source = _lengths(draw)
    for length, name in ((target, ""), (source, "kdim"), (source, "vdim")):
        sequences.add(length + (1 if draw.chance(0.02) else 0), int(str(named.get(name, width))))
    per_head = (
        (sequences.batch * heads, target, source)
        if not sequences.unbatched
        else (heads, target, source)
    )
    sequences.mask("attn_mask", draw.pick((target, source), (target, source), per_head), 0.25)
    sequences.mask("key_padding_mask", sequences.padding(source), 0.2)
    forward = {
        **draw.some(0.25, need_weights=draw.pick(True, False, False)),
        **draw.some(0.2, average_attn_weights=draw.pick(True, False, False)),
    }
    return sequences.case(named, forward)


def _layer_options(draw: Draw, *, prefix_names: bool) -> tuple[int, dict[str, object]]:
    heads = draw.pick(1, 2, 4)
    width = heads * draw.pick(1, 2, 4, 8) + (1 if draw.chance(0.04) else 0)
    named: dict[str, object] = {"d_model": width, "nhead": heads}
    if prefix_names:
        named |= draw.some(0.85, dim_feedforward=draw.pick(4, 8, 16, 32))
    named |= draw.some(0.3, batch_first=draw.pick(True, True, False))
    named |= {
        **draw.some(0.2, norm_first=draw.pick(True, False)),
        **draw.some(0.15, bias=draw.pick(True, False, False)),
    }
    named |= {
        **draw.some(0.25, activation=draw.pick("gelu", "relu", "gelu", "tanh")),
        **draw.some(0.3, dropout=0.2),
    }
    return width, named


def _written(draw: Draw, name: str, named: Mapping[str, object]) -> Text:
    first = ["d_model", "nhead"][: draw.pick(0, 2, 2)]
    words = [repr(named[key]) for key in first] + [
        f"{key}={value!r}" for key, value in named.items() if key not in first
    ]
    return Text(f"{name}({', '.join(words)})")


def _short(named: dict[str, object], draw: Draw) -> dict[str, object]:
    return named | ({} if "dim_feedforward" in named else {"dim_feedforward": draw.pick(4, 8)})


def encoder(draw: Draw, *, stack: bool = False) -> Case:
    """Draw a TransformerEncoderLayer, or a TransformerEncoder of some."""
    width, named = _layer_options(draw, prefix_names=True)
    sequences = Sequences(draw, named)
    length, _ = _lengths(draw)
    sequences.add(length, width)
    sequences.mask("mask" if stack else "src_mask", (length, length), 0.2)
    sequences.mask("src_key_padding_mask", sequences.padding(length), 0.15)
    forward = draw.some(0.05, is_causal=False)
    if not stack:
        return sequences.case(_short(named, draw), forward)
    options = _stack_options(draw, width)
    options |= draw.some(0.3, enable_nested_tensor=draw.pick(True, False, False))
    return sequences.case(
        options,
        forward,
        (_written(draw, "TransformerEncoderLayer", _short(named, draw)), draw.pick(1, 2, 2, 0)),
    )


def decoder(draw: Draw, *, stack: bool = False) -> Case:
    """Draw a TransformerDecoderLayer, or a TransformerDecoder of some."""
    width, named = _layer_options(draw, prefix_names=True)
    sequences = Sequences(draw, named)
    target, memory = _lengths(draw)
    sequences.add(target, width)
    sequences.add(memory, width)
    sequences.mask("tgt_mask", (target, target), 0.15)
    sequences.mask("memory_mask", (target, memory), 0.15)
    sequences.mask("tgt_key_padding_mask", sequences.padding(target), 0.12)
    sequences.mask("memory_key_padding_mask", sequences.padding(memory), 0.12)
    if not stack:
        return sequences.case(_short(named, draw), {})
    layer = _written(draw, "TransformerDecoderLayer", _short(named, draw))
    return sequences.case(_stack_options(draw, width), {}, (layer, draw.pick(1, 2, 2, 0)))


def _stack_options(draw: Draw, width: int) -> dict[str, object]:
    options = draw.some(
        0.3,
        norm=Text(
            draw.pick(f"LayerNorm({width})", f"LayerNorm({width})", f"LayerNorm({width + 1})")
        ),
    )
    return options if draw.chance(0.95) else {"norm": None}


def transformer(draw: Draw) -> Case:
    """Draw a Transformer."""
    width, named = _layer_options(draw, prefix_names=False)
    counts = {
        "num_encoder_layers": draw.pick(1, 1, 2),
        "num_decoder_layers": draw.pick(1, 1, 2),
        "dim_feedforward": draw.pick(4, 8, 32),
    }
    sequences = Sequences(draw, named)
    source, target = _lengths(draw)
    sequences.add(source, width)
    sequences.add(target, width)
    sequences.mask("src_mask", (source, source), 0.12)
    sequences.mask("tgt_mask", (target, target), 0.12)
    sequences.mask("memory_mask", (target, source), 0.1)
    sequences.mask("src_key_padding_mask", sequences.padding(source), 0.1)
    order = ("d_model", "nhead")
    return sequences.case(
        {key: named[key] for key in order}
        | counts
        | {k: v for k, v in named.items() if k not in order},
        {},
    )


LAYERS: dict[str, Generator] = {
    **{name: partial(recurrent, kind=name) for name in ("RNN", "LSTM", "GRU")},
    **{f"{name}Cell": partial(cell, kind=name) for name in ("RNN", "LSTM", "GRU")},
    "MultiheadAttention": multihead_attention,
    "TransformerEncoderLayer": encoder,
    "TransformerDecoderLayer": decoder,
    "TransformerEncoder": partial(encoder, stack=True),
    "TransformerDecoder": partial(decoder, stack=True),
    "Transformer": transformer,
}

"""Which generator draws the calls of which class or function, and how many rows each has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from cases import (
    activations,
    arithmetic,
    dense,
    functional,
    indexing,
    joining,
    losses,
    products,
    resampling,
    sequence,
    shaping,
    spatial,
)
from cases.draw import Generator, words

Table: TypeAlias = Mapping[str, Generator]

LAYERS: Table = {
    **spatial.LAYERS,
    **resampling.LAYERS,
    **dense.LAYERS,
    **activations.LAYERS,
    **sequence.LAYERS,
    **losses.LAYERS,
}
FUNCTIONS: Table = {
    **shaping.FUNCTIONS,
    **joining.FUNCTIONS,
    **indexing.FUNCTIONS,
    **arithmetic.FUNCTIONS,
    **products.FUNCTIONS,
    **functional.FUNCTIONS,
}

_USED_MOST = words(
    "flatten permute transpose squeeze unsqueeze concat stack chunk split expand repeat narrow "
    "select unfold roll flip movedim swapaxes tile unbind tensor_split unflatten repeat_interleave "
    "add sub mul div bmm mean sum max amax one_hot where cumsum topk sort argmax linear softmax "
    "adaptive_avg_pool2d max_pool2d avg_pool2d pixel_shuffle conv2d"
)
_HARDLY_DIFFERENT = words(
    "ravel new_ones new_empty concatenate moveaxis swapdims adjoint column_stack atleast_1d clip "
    "nansum logcumsumexp count_nonzero addcdiv bucketize gelu elu celu leaky_relu hardtanh "
    "softplus threshold dropout"
)
_PLAIN_LAYERS = words("Threshold Dropout AlphaDropout FeatureAlphaDropout Identity")

# How many rows: more where there is more to get wrong. A type that is not here has as many as its
# table's name says.
ROWS = {
    "layers": 36,
    "functions": 15,
    "odd": 8,
    **dict.fromkeys(activations.ACTIVATIONS, 16),
    **dict.fromkeys(_PLAIN_LAYERS, 16),
    **dict.fromkeys(words("Conv2d ConvTranspose2d MaxPool2d Upsample CrossEntropyLoss"), 60),
    **dict.fromkeys(words("RNN LSTM GRU MultiheadAttention"), 50),
    **{name: 24 for name in LAYERS if name.startswith("Transformer")},
    **dict.fromkeys(arithmetic.SAME, 5),
    **dict.fromkeys(arithmetic.WITH_NUMBER, 10),
    **dict.fromkeys(_HARDLY_DIFFERENT, 8),
    **dict.fromkeys(_USED_MOST, 32),
    **dict.fromkeys(words("view reshape cat"), 40),
    **dict.fromkeys(words("pad einsum matmul interpolate scaled_dot_product_attention"), 55),
    "getitem": 80,
}

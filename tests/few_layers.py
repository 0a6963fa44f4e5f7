"""A registry of a few layers, which tests of readers have instead of the whole `layers.yaml`."""

from __future__ import annotations

from shapecalc.registry import Registry

REGISTRY = Registry(
    {
        "test.yaml": """
Conv:
  layers: {Conv1d: 1, Conv2d: 2}
  parameters:
    in_channels: features
    out_channels: features
    kernel_size: sizes
    stride: sizes = 1
    padding: counts | 'same' | 'valid' = 0
    bias: bool = True
    padding_mode: "'zeros' | 'reflect' = 'zeros'"
  input: any
  weights: {weight: "(1,)"}
Transposed:
  layers: {ConvTranspose2d: 2}
  parameters: {in_channels: size, out_channels: size, kernel_size: sizes, stride: sizes = 1}
  forward: {output_size: ints | None = None}
  input: any
Linear:
  layers: [Linear]
  parameters: {in_features: size, out_features: size, bias: bool = True}
  input: any
Norm:
  layers: {BatchNorm2d: 2}
  parameters: {num_features: size}
  input: any
Plain:
  layers: [ReLU, Sigmoid]
  parameters: {inplace: bool = False}
  input: any
Pool:
  layers: {MaxPool2d: 2}
  parameters: {kernel_size: sizes, stride: sizes | None = None}
  input: any
LSTM:
  layers: [LSTM]
  parameters: {input_size: size, hidden_size: size, nonlinearity: str = 'tanh'}
  inputs: {input: any, hx?: any}
Attention:
  layers: [MultiheadAttention]
  parameters: {embed_dim: size, num_heads: size}
  forward: {need_weights: bool = True}
  inputs: {query: any, key: any, value: any, attn_mask?: any}
Encoder:
  layers: [TransformerEncoder]
  parameters: {encoder_layer: module, num_layers: size}
  input: any
EncoderLayer:
  layers: [TransformerEncoderLayer]
  parameters: {d_model: size, nhead: size}
  input: any
Parallel:
  layers: [DataParallel, DistributedDataParallel]
  parameters: {module: module}
  wrapper: module
  input: any
Unary:
  layers: [relu, flatten]
  parameters: {start_dim: int = 0}
  input: any
Binary:
  layers: [add, mul]
  parameters: {alpha: number = 1}
  inputs: {input: any, other: any | number}
Cat:
  layers: [cat]
  parameters: {dim: int = 0}
  inputs: {"*tensors": any}
View:
  layers: [view]
  parameters: {"*shape": int}
  input: any
Item:
  layers: [getitem]
  parameters: {index: any}
  input: any
Chunk:
  layers: [chunk]
  parameters: {chunks: int, dim: int = 0}
  input: any
Made:
  layers: [empty, parameter]
  parameters: {"*size": int}
  inputs: {}
  weights: {weight: size}
"""
    }
)

"""Causal convolutions with weight_norm, and recurrent nets that carry their state along."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd import Variable
from torch.nn.utils import weight_norm


class Chomp1d(nn.Module):
    def __init__(self, chomp_size):
        super(Chomp1d, self).__init__()
        self.chomp_size = chomp_size

    def forward(self, x):
        return x[:, :, : -self.chomp_size].contiguous()


class TemporalBlock(nn.Module):
    def __init__(self, n_inputs, n_outputs, kernel_size, stride, dilation, padding, dropout=0.2):
        super(TemporalBlock, self).__init__()
        self.conv1 = weight_norm(
            nn.Conv1d(
                n_inputs, n_outputs, kernel_size, stride=stride, padding=padding, dilation=dilation
            )
        )
        self.chomp1 = Chomp1d(padding)
        self.relu1 = nn.ReLU()
        self.net = nn.Sequential(self.conv1, self.chomp1, self.relu1, nn.Dropout(dropout))
        self.downsample = nn.Conv1d(n_inputs, n_outputs, 1) if n_inputs != n_outputs else None
        self.relu = nn.ReLU()
        self.init_weights()

    def init_weights(self):
        self.conv1.weight.data.normal_(0, 0.01)
        if self.downsample is not None:
            self.downsample.weight.data.normal_(0, 0.01)

    def forward(self, x):
        out = self.net(x)
        res = x if self.downsample is None else self.downsample(x)
        return self.relu(out + res)


class TCN(nn.Module):
    def __init__(self, input_size, output_size, num_channels, kernel_size=2, dropout=0.2):
        super(TCN, self).__init__()
        layers = []
        num_levels = len(num_channels)
        for i in range(num_levels):
            dilation_size = 2**i
            in_channels = input_size if i == 0 else num_channels[i - 1]
            layers += [
                TemporalBlock(
                    in_channels, num_channels[i], kernel_size, stride=1, dilation=dilation_size,
                    padding=(kernel_size - 1) * dilation_size, dropout=dropout,
                )
            ]
        self.tcn = nn.Sequential(*layers)
        self.linear = nn.Linear(num_channels[-1], output_size)

    def forward(self, inputs):
        y1 = self.tcn(inputs)
        o = self.linear(y1[:, :, -1])
        return F.log_softmax(o, dim=1)


class Tagger(nn.Module):
    """Embedding, LSTM, and a linear layer over the last state."""

    def __init__(self, vocabulary=100, embedding=16, hidden=32, layers=2, classes=5):
        super().__init__()
        self.hidden, self.layers = hidden, layers
        self.embed = nn.Embedding(vocabulary, embedding)
        self.lstm = nn.LSTM(embedding, hidden, layers, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(2 * hidden, classes)

    def init_hidden(self, batch):
        state = torch.zeros(self.layers * 2, batch, self.hidden)
        return (Variable(state), Variable(state.clone()))

    def forward(self, words):
        batch_size = words.size(0)
        hidden = self.init_hidden(batch_size)
        out, (h, c) = self.lstm(self.embed(words), hidden)
        return self.fc(out[:, -1, :]), h, c


class Unrolled(nn.Module):
    """A cell that is called once for each step."""

    def __init__(self, inputs=8, hidden=12):
        super().__init__()
        self.cell = nn.GRUCell(inputs, hidden)
        self.hidden_size = hidden
        self.out = nn.Linear(hidden, 3)

    def forward(self, x):
        steps, batch = x.shape[0], x.shape[1]
        h = x.new_zeros(batch, self.hidden_size)
        outputs = []
        for t in range(steps):
            h = self.cell(x[t], h)
            outputs.append(self.out(h))
        return torch.stack(outputs, dim=0)

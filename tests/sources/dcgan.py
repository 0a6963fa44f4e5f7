"""A generator and a discriminator of the DCGAN kind, as scripts have them."""

import argparse
import os
import random

import torch
import torch.nn as nn
import torch.nn.parallel
import torchvision.datasets as dset

parser = argparse.ArgumentParser()
parser.add_argument("--dataset", required=False, help="cifar10 | lsun")
parser.add_argument("--nz", type=int, default=100)
parser.add_argument("--ngf", type=int, default="64")
parser.add_argument("--ndf", type=int, default=64)
parser.add_argument("--ngpu", type=int, default=1)
parser.add_argument("--cuda", action="store_true")
opt = parser.parse_args()
print(opt)

try:
    os.makedirs(opt.outf)
except OSError:
    pass

seed = random.randint(1, 10000)
if opt.dataset == "cifar10":
    dataset = dset.CIFAR10(root="data", download=True)
    nc = 3
device = torch.device("cuda:0" if opt.cuda else "cpu")
ngpu = int(opt.ngpu)
nz = int(opt.nz)
nc = 3


def weights_init(m):
    classname = m.__class__.__name__
    if classname.find("Conv") != -1:
        torch.nn.init.normal_(m.weight, 0.0, 0.02)
    elif classname.find("BatchNorm") != -1:
        m.weight.data.normal_(1.0, 0.02)
        m.bias.data.fill_(0)


class Generator(nn.Module):
    def __init__(self, ngpu):
        super(Generator, self).__init__()
        self.ngpu = ngpu
        layers = [
            nn.ConvTranspose2d(nz, opt.ngf * 8, 4, 1, 0, bias=False),
            nn.BatchNorm2d(opt.ngf * 8),
            nn.ReLU(True),
        ]
        for factor in (8, 4, 2):
            layers += [
                nn.ConvTranspose2d(opt.ngf * factor, opt.ngf * factor // 2, 4, 2, 1, bias=False),
                nn.BatchNorm2d(opt.ngf * factor // 2),
                nn.ReLU(True),
            ]
        layers.extend([nn.ConvTranspose2d(opt.ngf, nc, 4, 2, 1, bias=False), nn.Tanh()])
        self.main = nn.Sequential(*layers)

    def forward(self, input):
        if input.is_cuda and self.ngpu > 1:
            output = nn.parallel.data_parallel(self.main, input, range(self.ngpu))
        else:
            output = self.main(input)
        return output


class Discriminator(nn.Module):
    def __init__(self, ngpu):
        super(Discriminator, self).__init__()
        self.ngpu = ngpu
        self.main = nn.Sequential()
        channels = nc
        for i, width in enumerate([opt.ndf * 2**k for k in range(4)]):
            self.main.add_module("conv{}".format(i), nn.Conv2d(channels, width, 4, 2, 1, bias=False))
            if i > 0:
                self.main.add_module(f"norm{i}", nn.BatchNorm2d(width))
            self.main.add_module("act%d" % i, nn.LeakyReLU(0.2, inplace=True))
            channels = width
        self.main.add_module("last", nn.Conv2d(channels, 1, 4, 1, 0, bias=False))

    def forward(self, input):
        output = self.main(input)
        return torch.sigmoid(output).view(-1, 1).squeeze(1)


netG = Generator(ngpu).to(device)
netG.apply(weights_init)

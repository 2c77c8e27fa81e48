"""A generator and a discriminator, trained one after the other."""

import argparse
import os

import numpy as np
import torch
import torch.nn as nn
from torch.autograd import Variable

os.environ.setdefault("OMP_NUM_THREADS", "1")
parser = argparse.ArgumentParser()
parser.add_argument("--n_epochs", type=int, default=3, help="number of epochs of training")
parser.add_argument("--lr", type=float, default=0.01, help="adam: learning rate")
parser.add_argument("--latent_dim", type=int, default=4)
opt = parser.parse_args()
print(opt)

cuda = True if torch.cuda.is_available() else False
Tensor = torch.cuda.FloatTensor if cuda else torch.FloatTensor


def block(in_feat, out_feat, normalize=True):
    layers = [nn.Linear(in_feat, out_feat)]
    if normalize:
        layers.append(nn.BatchNorm1d(out_feat, 0.8))
    layers.append(nn.LeakyReLU(0.2, inplace=True))
    return layers


def weights_init(m):
    classname = m.__class__.__name__
    if classname.find("Linear") != -1:
        n = m.weight.data.numel()
        m.weight.data.copy_(
            torch.from_numpy(np.sin(np.arange(n)).astype("float32")).view_as(m.weight)
        )
        torch.nn.init.constant_(m.bias.data, 0.1)


generator = nn.Sequential(
    *block(opt.latent_dim, 8, False), *block(8, 8), nn.Linear(8, 2), nn.Tanh()
)
discriminator = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1), nn.Sigmoid())
generator.apply(weights_init)
discriminator.apply(weights_init)
adversarial_loss = nn.BCELoss()
if cuda:
    generator.cuda()
    discriminator.cuda()
optimizer_G = torch.optim.Adam(generator.parameters(), lr=opt.lr, betas=(0.5, 0.999))
optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=opt.lr, betas=(0.5, 0.999))
real = np.stack([np.cos(np.arange(16)), np.sin(np.arange(16))], 1)
for epoch in range(opt.n_epochs):
    valid = Variable(Tensor(16, 1).fill_(1.0), requires_grad=False)
    fake = Variable(Tensor(16, 1).fill_(0.0), requires_grad=False)
    real_imgs = Variable(torch.from_numpy(real).type(Tensor))
    optimizer_G.zero_grad()
    z = Variable(Tensor(np.cos(np.arange(16 * opt.latent_dim)).reshape(16, -1)))
    gen_imgs = generator(z)
    g_loss = adversarial_loss(discriminator(gen_imgs), valid)
    g_loss.backward()
    optimizer_G.step()
    optimizer_D.zero_grad()
    real_loss = adversarial_loss(discriminator(real_imgs), valid)
    fake_loss = adversarial_loss(discriminator(gen_imgs.detach()), fake)
    d_loss = (real_loss + fake_loss) / 2
    d_loss.backward()
    optimizer_D.step()
    print(
        "[Epoch %d/%d] [D loss: %.3f] [G loss: %.3f]"
        % (epoch, opt.n_epochs, d_loss.item(), g_loss.item())
    )
print(gen_imgs.data[:25].shape, gen_imgs.requires_grad, real_imgs.type())

"""REINFORCE on a bandit with two arms: distributions, log probabilities, returns."""

from collections import deque
from itertools import count

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.distributions import Bernoulli, Categorical, MultivariateNormal
from torch.distributions.multinomial import Multinomial

eps = torch.finfo(torch.float32).eps


class Policy(nn.Module):
    saved_log_probs: list
    rewards: list

    def __init__(self):
        super(Policy, self).__init__()
        self.affine1 = nn.Linear(2, 8)
        self.affine2 = nn.Linear(8, 2)
        self.saved_log_probs = []
        self.rewards = []

    def forward(self, x):
        return F.softmax(self.affine2(F.relu(self.affine1(x))), dim=1)


torch.manual_seed(3)
policy = Policy()
optimizer = optim.Adam(policy.parameters(), lr=1e-1)


def select_action(state):
    state = torch.from_numpy(state.numpy()).float().unsqueeze(0)
    m = Categorical(policy(state))
    action = m.sample()
    policy.saved_log_probs.append(m.log_prob(action))
    return action.item()


def finish_episode():
    R, policy_loss, returns = 0, [], deque()
    for r in policy.rewards[::-1]:
        R = r + 0.5 * R
        returns.appendleft(R)
    returns = torch.tensor(returns)
    returns = (returns - returns.mean()) / (returns.std() + eps)
    for log_prob, R in zip(policy.saved_log_probs, returns):
        policy_loss.append(-log_prob * R)
    optimizer.zero_grad()
    policy_loss = torch.cat(policy_loss).sum()
    policy_loss.backward()
    optimizer.step()
    del policy.rewards[:]
    del policy.saved_log_probs[:]


for episode in count(1):
    for t in range(10):
        policy.rewards.append(float(select_action(torch.tensor([1.0, 0.0]))))
    finish_episode()
    if episode == 40:
        break
print(policy(torch.tensor([[1.0, 0.0]]))[0, 1].item() > 0.8)
print(Multinomial(10, torch.ones(4) / 4).sample().sum(), Bernoulli(0.25).mean)
print(MultivariateNormal(torch.zeros(2), torch.eye(2)).log_prob(torch.ones(2)))

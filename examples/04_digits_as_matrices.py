"""Digits as matrices: one picture a row, and a classifier that learns nothing but ten averages.

N pictures of 28 x 28 pixels are a matrix X (N, 784), one example a row; their labels a vector (N,).
The pixels are normalised, x <- (x - mean) / std, with one mean and one std for all of them.

The classifier keeps the average picture of each digit.  A new picture belongs to the digit whose
average is nearest, by the mean absolute difference: (1/784) sum_j |x_j - average_j|.
"""

import matplotlib.pyplot as plt
import story

import tinygrad_edu as tg

options = story.begin(__doc__)
name, training, testing = story.digits()
X, labels = training.images, training.labels
X_test, labels_test = testing.images, testing.labels
side, mnist = training.side, name == "MNIST"
print(f"{name}: X {X.shape} and {X_test.shape}, pixels from {X.min().item()} to {X.max().item()}")

# ---------------------------------------------------------------- normalised

mean, std = (0.1307, 0.3081) if mnist else (X.mean().item(), X.std().item())
if mnist:
    story.number(
        "mean of all pixels", X.mean().item(), source=mean, at_least=0.13065, at_most=0.13075
    )
    story.number("their deviation", X.std().item(), source=std, at_least=0.30805, at_most=0.30815)
X, X_test = (X - mean) / std, (X_test - mean) / std
story.equal("mean and deviation, once normalised", [X.mean(), X.std()], [0, 1], 1e-3)

figure, grid = plt.subplots(4, 10, figsize=(8, 3.6))
for digit, column in enumerate(grid.T):
    for axes, picture in zip(column, X[labels == digit][:4], strict=True):
        axes.imshow(picture.numpy().reshape(side, side))
        axes.axis("off")
figure.suptitle(f"{name}: four rows of X for each label, as pictures")
story.picture(figure, "digits")

# ---------------------------------------------------------------- ten averages, by one product

# Y (N, 10) has a 1 in each row, at its label: Y' X sums the pictures of each digit.
Y = tg.eye(10)[labels]
averages = (Y.T @ X) / Y.sum(0).reshape(10, 1)
story.equal("the average 3, by picking", averages[3], X[labels == 3].mean(0), 1e-3)


def nearest(X):
    """For each row, the digit whose average has the least mean absolute difference to it."""
    differences = [(X - average).abs().mean(1) for average in averages]
    return tg.stack(differences, 1).argmin(1)


# ---------------------------------------------------------------- beside random guessing

found = nearest(X_test)
right = found == labels_test
guessed = tg.randint(10, labels_test.shape) == labels_test
print()
story.number("accuracy of guessing at random", guessed.float().mean().item(), at_most=0.15)
accuracy = right.float().mean().item()
story.number("accuracy of the nearest average", accuracy, at_least=0.66 if mnist else 0.85)
each = [right[labels_test == digit].float().mean().item() for digit in range(10)]

figure, (top, bottom) = plt.subplots(2, 10, figsize=(10, 3))
for digit in range(10):
    top[digit].imshow(averages[digit].numpy().reshape(side, side))
    top[digit].set_title(f"{each[digit]:.1%}", fontsize="medium")
    mistaken = tg.argwhere(~right & (labels_test == digit))
    for (i,) in mistaken[:1].tolist():
        bottom[digit].imshow(X_test[i].numpy().reshape(side, side))
        bottom[digit].set_title(f"as a {found[i].item()}", fontsize="medium")
    top[digit].axis("off")
    bottom[digit].axis("off")
figure.suptitle("The average digits, how many of each are recognised, and one that is mistaken")
story.picture(figure, "averages")
story.end()

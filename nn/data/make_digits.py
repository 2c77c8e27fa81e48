"""Makes digits.npz from scikit-learn's copy of the UCI optical digits: `python
nn/data/make_digits.py`.

The source, E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine
Learning Repository (1998), doi 10.24432/C50P49, is licensed CC BY 4.0.  The images are shuffled
once with a fixed seed, so that any leading part holds all digits and all writers.
"""

from pathlib import Path

import numpy as np


def main() -> None:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    order = np.random.Generator(np.random.PCG64(1797)).permutation(len(bunch.target))
    path = Path(__file__).with_name("digits.npz")
    np.savez_compressed(
        path,
        images=bunch.images[order].astype(np.uint8),
        labels=bunch.target[order].astype(np.uint8),
    )
    print(f"{path}: {len(order)} digits, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

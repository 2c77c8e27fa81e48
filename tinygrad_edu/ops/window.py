"""Ops on sliding windows: convolution, pooling, and the copying of windows that carries them."""

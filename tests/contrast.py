"""The contrast of two colours, as the guidelines for readable web pages (WCAG) define it."""


def rgb(text):
    if text.startswith("#"):
        return tuple(int(text[k : k + 2], 16) for k in (1, 3, 5))
    return tuple(map(int, text.split()))


def contrast(a, b):
    def luminance(colour):
        parts = [c / 255 for c in colour]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    low, high = sorted([luminance(a), luminance(b)])
    return (high + 0.05) / (low + 0.05)

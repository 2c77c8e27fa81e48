"""Losses: one number that says how far the input is from the target.

`nn` and `nn.functional` name what stands in the files beside this one.
"""

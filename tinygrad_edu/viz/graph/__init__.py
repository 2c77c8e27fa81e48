"""The graph: the record as boxes and arrows, before anything is drawn.

`picture.py` reads the record; `repeats.py`, `groups.py` and `fold.py` make a picture smaller;
`compare.py` finds what differs between two.
"""

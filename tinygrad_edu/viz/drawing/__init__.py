"""Drawing: a picture of the graph in the DOT language, and its layout by Graphviz.

`labels.py` and `headline.py` say what is written, `theme.py` in which colours, `box.py`,
`legend.py` and `dot.py` put it into DOT, `layout.py` and `svg.py` make the file of it.
"""

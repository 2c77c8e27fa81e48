"""The stepper: a page on which a reader steps through forward and backward.

`lesson.py` and `backward.py` turn a Picture into steps, `graph.py` draws it, `page.py` writes the
file, in which `page.js` only shows what was made here; `steps.py` is the function for all that.
"""

"""docs/glossary.md explains every term of the courses, and its links lead where they say."""

import operator
import re
from pathlib import Path

import pytest

import nn
import tinygrad_edu as tg

PAGE = Path(__file__).parents[1] / "docs" / "glossary.md"
TEXT = PAGE.read_text()
SECTIONS = dict(re.findall(r"^### ([^\n]+)\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL))
LINKS = re.findall(r"\[([^\]]+)\]\(([^)]+)\)", TEXT)
NAMED = [(text.strip("`"), link) for text, link in LINKS if text.startswith("`")]

TERMS = """Sigmoid, Tanh, ReLU, Leaky ReLU, Softmax; Convolution filter, Pooling, Autoencoder, RNN,
LSTM; Dropout, Batch normalisation, Attention, Embedding, Data augmentation, Transfer learning,
Fine-tuning; Momentum, AdaGrad, AdaDelta, RMSProp, Adam; Vanishing gradients, Exploding gradients;
Backpropagation through time"""


@pytest.mark.parametrize("term", re.split(r"[,;]\s+", TERMS))
def test_a_term_of_the_courses_is_explained_and_leads_to_the_code(term):
    text = SECTIONS[term]
    assert len(text.split("```")[0].split()) >= 15, "no explanation"
    assert re.search(r"\[`[^`]+`\]\(\.\./(nn|tinygrad_edu)/", text), "no link to what implements it"


def test_terms_stand_in_the_five_groups():
    groups = re.findall(r"^## (.+)$", TEXT, re.MULTILINE)
    assert groups == ["Learning", "Networks", "Activations", "Techniques", "Optimisation"]
    headings = re.findall(r"^### (.+)$", TEXT, re.MULTILINE)
    assert len(headings) == len(set(headings))


@pytest.mark.parametrize(("name", "link"), NAMED, ids=[name for name, _ in NAMED])
def test_a_name_exists_and_its_link_leads_to_the_file_that_defines_it(name, link):
    package, _, path = name.partition(".")
    assert operator.attrgetter(path)({"nn": nn, "tg": tg}[package]) is not None
    source = (PAGE.parent / link).read_text()
    defined = name.rpartition(".")[2]
    assert re.search(rf"^ *(class|def) {defined}\b", source, re.MULTILINE), f"not in {link}"


def test_every_other_link_has_a_target():
    """A heading of this page, or a file beside it."""
    anchors = {
        heading.lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    }
    for text, link in LINKS:
        file, _, anchor = link.partition("#")
        assert anchor in anchors if not file else (PAGE.parent / file).exists(), (text, link)


def test_no_line_is_too_long_to_read_as_text():
    assert all(len(line) <= 100 for line in TEXT.splitlines())

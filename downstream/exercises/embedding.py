"""Plugins with embedding models only; their heavy packages are replaced by stand-ins."""

from __future__ import annotations

from downstream.exercise import Exercise, Step, llm

SENTENCE_TRANSFORMER = """
import numpy

class SentenceTransformer:
    def __init__(self, name, **named): pass
    def encode(self, texts, **named):
        return numpy.array([[float(len(text)), 1.0, 0.5] for text in texts], dtype="float32")
"""
AUTO_MODEL = """
import numpy

class AutoModel:
    @classmethod
    def from_pretrained(cls, name, trust_remote_code): return cls()
    def encode(self, texts): return numpy.array([[float(len(text)), 1.0, 0.5] for text in texts])
"""


def embedding(model: str) -> tuple[Step, ...]:
    """Embed one text, many, and look for similar ones."""
    return (
        llm("embed-models", prints=(model,)),
        llm("embed", "-m", model, "-c", "four", prints=("[4.0, 1.0, 0.5]",)),
        llm("embed-multi", "words", "-m", model, "--store", "words.json", stdin=""),
        llm("similar", "words", "-c", "longest of all", "-n", "1", prints=('"b"', "a longer text")),
        llm("collections", prints=(f"words: {model}", "2 embeddings")),
    )


WORDS = '[{"id": "a", "text": "x"}, {"id": "b", "text": "a longer text"}]'
SENTENCE_TRANSFORMERS = Exercise(
    plugin="llm-sentence-transformers",
    what="with a stand-in for sentence_transformers: register, embed, embed-multi, similar",
    steps=(
        llm("sentence-transformers", "register", "stub-model", "--lazy", "--alias", "st"),
        llm("aliases", prints=("st",)),
        *embedding("sentence-transformers/stub-model"),
    ),
    files={"words.json": WORDS},
    modules={"sentence_transformers/__init__.py": SENTENCE_TRANSFORMER},
    without_dependencies=True,
)
JINA = Exercise(
    plugin="llm-embed-jina",
    what="with a stand-in for transformers: embed, embed-multi, similar",
    steps=embedding("jina-embeddings-v2-small-en"),
    files={"words.json": WORDS},
    modules={"transformers/__init__.py": AUTO_MODEL},
    without_dependencies=True,
)

EMBEDDING = (SENTENCE_TRANSFORMERS, JINA)

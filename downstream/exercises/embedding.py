"""Plugins with embedding models only; heavy packages are replaced by stand-ins, services by the stub."""

from __future__ import annotations

from downstream import replies
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

NOMIC_VECTORS = {"embeddings": [[4.0, 1.0, 0.5]], "model": "stub", "usage": {"total_tokens": 1}}
NOMIC = Exercise(
    plugin="llm-nomic-api-embed",
    what="texts, a picture, and a model that asks two others; an alias with fewer dimensions; similar",
    steps=(
        llm("embed-models", prints=("nomic-embed-text-v1.5-256 (aliases: nomic-1.5-256)", "nomic-embed-vision-v1")),
        llm("embed", "-m", "nomic-1.5-256", "-c", "four", prints=("[4.0, 1.0, 0.5]",), asks=('"dimensionality":256',)),
        llm("embed", "pictures", "dot", "-m", "nomic-embed-combined-v1.5", "--binary", "-i", "dot.gif"),
        llm(
            "similar", "pictures", "-c", "a dot", prints=('"dot"', '"score": 1.0'),
            asks=("api-atlas.nomic.ai/v1/embedding/text", "a dot"),
        ),
        llm("embed", "-m", "nomic-embed-vision-v1", "-c", "four", prints=("Error: ",), code=1),
    ),
    replies={
        "api-atlas.nomic.ai/v1/embedding/text": replies.fixed(NOMIC_VECTORS),
        "api-atlas.nomic.ai/v1/embedding/image": replies.fixed(NOMIC_VECTORS),
    },
    environment={"NOMIC_API_KEY": "a-key"},
    files={"dot.gif": "GIF89a\x01\0\x01\0\0\0\0"},
)  # fmt: skip
OLLAMA_VECTOR = {"embedding": [4.0, 1.0, 0.5]}
EMBED_OLLAMA = Exercise(
    plugin="llm-embed-ollama",
    what="embed, embed-multi, similar, over the client of ollama",
    steps=(
        llm("embed-models", prints=("mxbai-embed-large",)),
        llm("embed", "-m", "all-minilm", "-c", "four", prints=("[4.0, 1.0, 0.5]",), asks=("/api/embeddings", "four")),
        llm("embed-multi", "words", "-m", "bge-m3", "--store", "words.json", asks=('"bge-m3"', "a longer text")),
        llm("similar", "words", "-c", "longest of all", prints=('"b"', "a longer text", '"score": 1.0')),
        llm("collections", prints=("words: bge-m3", "2 embeddings")),
    ),
    replies={"/api/embeddings": replies.fixed(OLLAMA_VECTOR)},
    environment={"OLLAMA_HOST": "http://{stub}"},
    files={"words.json": WORDS},
)

EMBEDDING = (SENTENCE_TRANSFORMERS, JINA, NOMIC, EMBED_OLLAMA)

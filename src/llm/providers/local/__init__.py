"""Models that run inside this process: llama.cpp chat models in GGUF files, among them the embedded `smollm2`."""

DEFAULT_EMBEDDING_CONTEXT = 2048  #: tokens; a text is read as a whole, so more take a lot of memory
DEFAULT_CONTEXT = 8192  #: tokens; llama.cpp takes less where the model was trained on less
EXTRA_MODULE = "xllamacpp"  #: what the optional part `llm[local]` brings along to run them


def available() -> bool:
    """Tell whether local models can run here. Imports nothing."""
    from importlib.util import find_spec

    return find_spec(EXTRA_MODULE) is not None

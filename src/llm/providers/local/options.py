"""The options of local models, apart because they need Pydantic, which a prompt without options does not."""

from pydantic import Field

from llm.engine.base_options import Options


class LocalOptions(Options):
    """Options of models that llama.cpp runs."""

    temperature: float | None = Field(
        default=None, ge=0, le=2, description="How freely words are chosen: 0 always takes the likeliest"
    )
    top_p: float | None = Field(
        default=None, ge=0, le=1, description="Choose among the likeliest words that together reach this probability"
    )
    max_tokens: int | None = Field(default=None, ge=1, description="Stop after this many tokens")
    # llama.cpp takes 32 bits, and the highest number as a wish for a random seed.
    seed: int | None = Field(
        default=None, ge=0, le=2**32 - 2, description="With the same seed, the same prompt gets the same answer"
    )

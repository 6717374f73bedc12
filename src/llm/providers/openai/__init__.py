"""Models of OpenAI, and of every server that speaks its API."""

#: The historical import path of this provider, under which its public classes are known.
PLUGIN = "llm.default_plugins.openai_models"

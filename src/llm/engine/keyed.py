"""API keys of models: which key a model uses and what happens when there is none."""

from __future__ import annotations

from llm.core.errors import NeedsKeyException


class Keyed:
    """What models with an API key share. `needs_key` names the stored key; None means that no key is used."""

    model_id: str
    key: str | None = None
    needs_key: str | None = None
    key_env_var: str | None = None

    def get_key(self, explicit_key: str | None = None) -> str | None:
        """Return the key to use: the explicit one (literal or name of a stored key), else the one set on this
        object, else the stored key, else the environment variable's.

        Returns None when the model uses no key. Raises `NeedsKeyException` when it needs one and there is none.
        """
        import llm

        if self.needs_key is None:
            return None
        if not explicit_key and self.key is not None:
            return self.key
        key = llm.get_key(explicit_key=explicit_key, key_alias=self.needs_key, env_var=self.key_env_var)
        if key:
            return key
        raise NeedsKeyException(_no_key(self.needs_key, self.key_env_var))


def _no_key(alias: str, env_var: str | None) -> str:
    message = f"No key found - add one using 'llm keys set {alias}'"
    if env_var:
        message += f" or set the {env_var} environment variable"
    return message

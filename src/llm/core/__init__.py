"""Vocabulary: data and pure functions, standard library only at import."""

"""Executing prompts: one implementation for blocking and async code."""

"""The folder that exercises put on their path; nothing else may be in it."""

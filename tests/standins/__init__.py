"""Model plugins as published ones are written: the import lines, base classes and habits of the nine most used.

Each module is named after the plugin that it stands for. Written from a survey of what plugins use, not from them.
"""

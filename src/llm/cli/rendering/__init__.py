"""Showing an answer as Markdown while it streams.

`blocks` cuts the text into blocks as it arrives, `markdown` draws one block, `region` keeps count of the rows that the
unfinished block takes on the screen, `display` puts them together, and `choice` decides whether any of it is used.
"""

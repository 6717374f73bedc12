"""Chatting: `readers` get what is entered, `loop` does what it means, `terminal` edits it where there is one."""

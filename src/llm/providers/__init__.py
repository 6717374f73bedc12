"""The built-in plugins: each talks to models of one kind and registers them like any other plugin would."""

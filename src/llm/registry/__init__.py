"""What is installed and configured: plugins, models, tools, keys, aliases and other settings."""

"""The built-in plugins, under the module names that other code imports them by."""

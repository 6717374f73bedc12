"""The commands, one file a group; a module is imported when its command is looked up."""

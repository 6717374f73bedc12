"""Runs published plugins against this package, each in an environment of its own and without a network."""

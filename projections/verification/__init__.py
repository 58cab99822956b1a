"""The parts of `parley verify`: the log against itself, and the read models against the log."""

//! A world for tests: engine, practice marketplace, memory vault, recording shell.

"""The GTP commands, by topic. Each module registers its commands when it is imported."""

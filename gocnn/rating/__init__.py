"""The rank that moves speak of: what each move tells of its player, and a model of ranks."""

"""Game records: SGF files and archives in, checked games out, and games written as SGF."""

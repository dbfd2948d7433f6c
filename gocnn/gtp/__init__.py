"""The Go Text Protocol (GTP 2): gocnn as an engine for any Go program."""

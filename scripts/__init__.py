"""Tools for working on gocnn; none of them is part of the package."""

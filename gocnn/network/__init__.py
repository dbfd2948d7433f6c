"""Network architectures, one module each. They know nothing of Go."""

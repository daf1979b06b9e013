"""Redis's packed encodings: small collections as one piece of memory, written to files as they are."""

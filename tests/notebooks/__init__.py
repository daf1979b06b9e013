"""The notebooks: they run, they end what they start, and what is committed is what a run has shown."""

"""Every reader against input that nobody wrote: what is fuzzed (targets.py), how (run.py), and what it has found (corpus/, found.json)."""

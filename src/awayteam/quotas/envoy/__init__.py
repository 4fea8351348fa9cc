"""Limits as Envoy understands them: plain values in, resources out; bootstrap, files, and logs back."""

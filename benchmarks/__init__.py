"""Side-by-side timings against plain ways of doing the same work."""

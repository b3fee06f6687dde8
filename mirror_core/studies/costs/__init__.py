"""What networks cost: a measurement read from its file, and what follows from it for very many of them."""

"""Latent spaces: points, the pictures they give, ways between them, directions through them."""

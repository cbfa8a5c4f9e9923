"""A Space of one's own: `python -m gan_core.space user/name` checks what a Space needs and pushes exactly that in one commit."""

"""The nouns that the rooms share: frozen dataclasses, standard library only."""

"""Items, kits, stock by batch, and distributions with a code on every slip."""
